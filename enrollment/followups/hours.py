"""When follow-ups may leave: by the clock where the person is, and never while the institute has a holiday.

An SMS that advertises may not leave between 21:00 and 10:00 in India. That holds whatever the institute set
and wherever the person is; where those hours and the person's never meet, it leaves in the first hour that
is allowed.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from courses.calendar import LONGEST_SEARCH, WorkingCalendar
from courses.models import InstituteSettings
from enrollment.models import Person, Step
from outbox.models import Channel

INDIA = ZoneInfo("Asia/Kolkata")
SMS_FROM, SMS_UNTIL = time(10), time(21)
"""What India's rules leave to SMS that nobody asked for."""
USUAL_FROM, USUAL_UNTIL = time(10), time(20)
"""Counts where the institute's own hours end before they begin."""
FIRST_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)

Span = tuple[datetime, datetime]
"""From a moment until before another one, both in UTC."""


def allowed_from(
    moment: datetime,
    *,
    person: Person,
    channel: str,
    institute: InstituteSettings,
    calendar: WorkingCalendar | None = None,
    on_working_days: bool = False,
) -> datetime:
    """Return the first moment, not before this one, at which a follow-up may leave; in the person's zone.

    It never leaves on a holiday, and with `on_working_days` on no day on which the institute is closed.
    Days are the institute's: who answers is closed then. A calendar without an open day within a year
    doesn't count. No query with the calendar; one without it.
    """
    calendar = calendar or institute.calendar()
    zone = zone_of(person, calendar.zone)
    wanted, first = moment.astimezone(UTC), moment.astimezone(calendar.zone).date()
    windows = _Windows(institute, zone=zone, channel=channel, days_in=calendar.zone)
    days = range(first.toordinal(), first.toordinal() + LONGEST_SEARCH.days)
    open_days = (
        day
        for day in map(date.fromordinal, days)
        if is_open_day(day, calendar, on_working_days=on_working_days)
    )
    for day in chain(open_days, map(date.fromordinal, days)):
        for begin, end in windows.of_day(day):
            if end > wanted:
                return max(begin, wanted).astimezone(zone)
    return moment


def is_open_day(day: date, calendar: WorkingCalendar, *, on_working_days: bool) -> bool:
    """Whether follow-ups leave on this day of the institute; one that is never open has no closed weekday."""
    if day in calendar.holidays:
        return False
    return not on_working_days or not calendar.weekdays or day.weekday() in calendar.weekdays


def keeps_working_days(step: Step | None) -> bool:
    """Whether a step that is counted in working time waits for a working day."""
    return step is not None and step.unit in {Step.Unit.WORKING_HOURS, Step.Unit.WORKING_DAYS}


def zone_of(person: Person, otherwise: ZoneInfo) -> ZoneInfo:
    """Return the time zone that the person lives by; one that no longer exists counts as unknown."""
    try:
        return ZoneInfo(person.time_zone) if person.time_zone else otherwise
    except (KeyError, ValueError, OSError):
        return otherwise


@dataclass(frozen=True)
class _Windows:
    """The hours of a day in which a channel may be used for somebody."""

    institute: InstituteSettings
    zone: ZoneInfo
    channel: str
    days_in: ZoneInfo

    def of_day(self, day: date) -> list[Span]:
        """Return the spans of a day of the institute, the earliest first."""
        whole = (_at(day, time.min, self.days_in), _at(day + A_DAY, time.min, self.days_in))
        theirs = _within(whole, zone=self.zone, hours=self._hours)
        if self.channel != Channel.SMS:
            return theirs
        lawful = _within(whole, zone=INDIA, hours=(SMS_FROM, SMS_UNTIL))
        both = [span for one in theirs for other in lawful if (span := _shared(one, other))]
        return both or [(begin, min(begin + FIRST_HOUR, end)) for begin, end in lawful]

    @property
    def _hours(self) -> tuple[time, time]:
        begin, end = self.institute.follow_up_from, self.institute.follow_up_until
        return (begin, end) if begin < end else (USUAL_FROM, USUAL_UNTIL)


def _within(whole: Span, *, zone: ZoneInfo, hours: tuple[time, time]) -> list[Span]:
    """Return the parts of a span in which a clock in this zone shows these hours."""
    day, last = whole[0].astimezone(zone).date(), whole[1].astimezone(zone).date()
    found = []
    while day <= last:
        if span := _shared(whole, (_at(day, hours[0], zone), _at(day, hours[1], zone))):
            found.append(span)
        day += A_DAY
    return found


def _shared(one: Span, other: Span) -> Span | None:
    begin, end = max(one[0], other[0]), min(one[1], other[1])
    return (begin, end) if begin < end else None


def _at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)
