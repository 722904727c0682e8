"""How the outbox stands: what is due, what left, which ways are shut. For staff, monitors and the alarm."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from outbox.clock import database_time
from outbox.models import Channel, ChannelState, DeliveryAttempt, Message, Report
from outbox.recovery import goes_again

LATE_AFTER = timedelta(seconds=60)
"""A message that was to leave longer ago is late."""
STANDSTILL = timedelta(minutes=10)
"""How far back it is asked whether anything left at all."""
STANDSTILL_MESSAGES = 3
"""So many messages must have failed to leave meanwhile: one that a server puts off is no standstill."""
_LATEST_TRIES = 50
HOURS = 24
_ON_ITS_WAY = Q(state__in=[Message.State.CLAIMED, Message.State.SENDING])
_NOT_LEFT = [DeliveryAttempt.Outcome.RETRY, DeliveryAttempt.Outcome.UNKNOWN]


@dataclass(frozen=True)
class Lateness:
    """Whether the outbox does its work: what the alarm goes by."""

    at: datetime
    oldest_due_at: datetime | None
    """Since when the message that waits longest could have left; None while nothing is due."""
    due: int
    """Messages that could have left by now."""
    is_standstill: bool
    """Whether several were tried lately and none left."""

    @property
    def waited(self) -> timedelta:
        """How long the longest waiting message is due."""
        return self.at - self.oldest_due_at if self.oldest_due_at else timedelta(0)

    @property
    def is_late(self) -> bool:
        return self.waited > LATE_AFTER or self.is_standstill


def lateness() -> Lateness:
    """Ask how late messages are; at most four queries, each from a small index.

    What a rule or a back-off postponed isn't due: its time to leave lies ahead.
    """
    now = database_time()
    counted = Message.objects.filter(state=Message.State.PENDING, due_at__lte=now).aggregate(
        oldest=Min("due_at"), due=Count("pk")
    )
    leased = Message.objects.filter(_ON_ITS_WAY).aggregate(oldest=Min("due_at"), due=Count("pk"))
    oldest = min(filter(None, [counted["oldest"], leased["oldest"]]), default=None)
    return Lateness(
        at=now,
        oldest_due_at=oldest,
        due=counted["due"] + leased["due"],
        is_standstill=_is_standstill(now),
    )


def _is_standstill(now: datetime) -> bool:
    by_senders = DeliveryAttempt.objects.filter(message__attempts__gt=0)
    latest = by_senders.order_by("-pk").values_list("message_id", "outcome", "finished_at")
    tries = [row for row in latest[:_LATEST_TRIES] if row[2] >= now - STANDSTILL]
    if any(outcome == DeliveryAttempt.Outcome.SENT for _message, outcome, _at in tries):
        return False
    return len({message for message, outcome, _at in tries if outcome in _NOT_LEFT}) >= STANDSTILL_MESSAGES


def planned_until(moment: datetime) -> int:
    """Count the messages that are to leave later than now, up to a moment; one query."""
    later = Message.objects.filter(state=Message.State.PENDING, due_at__gt=timezone.now())
    return later.filter(due_at__lte=moment).count()


def waits_for_decision() -> Q:
    """Return the condition for unclear messages that nothing but a person settles."""
    return Q(state=Message.State.UNKNOWN) & ~goes_again()


def failed() -> Q:
    """Return the condition for refused messages that nobody has dealt with."""
    return Q(state=Message.State.FAILED, handled_at__isnull=True)


@dataclass(frozen=True)
class LeftAlone:
    """A channel that isn't tried for now, because nobody answered."""

    channel: str
    until: datetime
    failures: int

    @property
    def name(self) -> str:
        return str(Channel(self.channel).label)


def channels_left_alone() -> list[LeftAlone]:
    """Return the channels whose provider couldn't be reached; one query."""
    closed = ChannelState.objects.filter(closed_until__gt=timezone.now()).order_by("channel")
    return [LeftAlone(row.channel, row.closed_until, row.failures) for row in closed if row.closed_until]


@dataclass(frozen=True)
class Throughput:
    """What left lately."""

    hours: tuple[tuple[datetime, int], ...]
    """The last 24 full and begun hours, the oldest first, with the messages that left in each."""
    last_hour: Mapping[str, int]
    last_day: Mapping[str, int]
    last_sent_at: datetime | None


def throughput() -> Throughput:
    """Count what left in the last 24 hours, by hour and channel; four queries along one index."""
    now = timezone.now()
    sent = Message.objects.filter(sent_at__isnull=False).order_by()
    first = timezone.localtime(now).replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    by_hour = _counts(sent.filter(sent_at__gte=first).annotate(hour=TruncHour("sent_at")), "hour")
    hours = (first + timedelta(hours=number) for number in range(HOURS))
    return Throughput(
        hours=tuple((hour, by_hour.get(hour, 0)) for hour in hours),
        last_hour=sent_since(hours=1),
        last_day=sent_since(hours=24),
        last_sent_at=sent.aggregate(last=Max("sent_at"))["last"],
    )


def sent_since(*, hours: int) -> dict[str, int]:
    """Count by channel what left in the last hours; one query."""
    since = timezone.now() - timedelta(hours=hours)
    return _counts(Message.objects.filter(sent_at__gte=since).order_by(), "channel")


@dataclass(frozen=True)
class Reported:
    """What providers told about what left in the last seven days."""

    sent: int
    arrived: int
    """Delivered, as far as providers tell, or read."""
    refused: int
    """Came back, or couldn't be delivered."""
    complained: int

    @property
    def reported(self) -> int:
        return self.arrived + self.refused + self.complained


def reported_lately() -> Reported:
    """Count the reports about the last seven days' messages; one query that reads each of them."""
    since = timezone.now() - timedelta(days=7)
    counts = _counts(Message.objects.filter(sent_at__gte=since).order_by(), "report")
    return Reported(
        sent=sum(counts.values()),
        arrived=counts.get(Report.DELIVERED, 0) + counts.get(Report.READ, 0),
        refused=counts.get(Report.BOUNCED, 0) + counts.get(Report.FAILED, 0),
        complained=counts.get(Report.COMPLAINED, 0),
    )


def _counts(messages: QuerySet[Message], name: str) -> dict[Any, int]:
    return dict(messages.values_list(name).annotate(count=Count("pk")))
