"""How many follow-ups a person gets a day, over all sequences and channels."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from enrollment.models import LeadEvent, Person, SequenceRun
from outbox.models import Message

_LEAVING = [Message.State.SENDING, Message.State.UNKNOWN]


def day_of(moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first moment of somebody's day and that of the next one."""
    day = moment.astimezone(zone).date()
    return (
        datetime.combine(day, time.min, zone),
        datetime.combine(day + timedelta(days=1), time.min, zone),
    )


def count_on_day(person: Person, *, at: datetime, zone: ZoneInfo, besides: Message | None = None) -> int:
    """Return how many follow-ups left to a person on the day of this moment, or are leaving; one query.

    One whose delivery is unclear counts: it may have arrived.
    """
    begin, end = day_of(at, zone)
    told = LeadEvent.objects.filter(
        lead__person=person,
        kind=LeadEvent.Kind.MESSAGE,
        message__purpose=Message.Purpose.MARKETING,
        message__sent_at__gte=begin,
        message__sent_at__lt=end,
    )
    leaving = SequenceRun.objects.filter(
        lead__person=person, message__state__in=_LEAVING, message__due_at__lt=end
    )
    if besides:
        leaving = leaving.exclude(message=besides)
    found = told.order_by().values("message_id").union(leaving.order_by().values("message_id"))
    return found.count()
