"""Working time: when the institute is open, how much of it has passed, and when a promise falls due."""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST_SEARCH = timedelta(days=400)
"""How far an opening is looked for before the calendar counts as never open."""


@dataclass(frozen=True)
class WorkingCalendar:
    """Opening hours that are the same on every working day, with dated holidays.

    Time is counted by the clock on the wall of the zone. A calendar that is never open counts every
    hour, so that a promise always has a date.
    """

    weekdays: Set[int]
    """Working days, Monday is 0."""
    opens_at: time
    closes_at: time
    holidays: Set[date]
    zone: ZoneInfo

    def is_open(self, moment: datetime) -> bool:
        """Whether the moment is working time; a calendar that is never open is not."""
        local = moment.astimezone(self.zone)
        return self._works_on(local.date()) and self.opens_at <= local.time() < self.closes_at

    def add_hours(self, start: datetime, hours: float) -> datetime:
        """Return the moment when `hours` of working time have passed since `start`."""
        left = timedelta(hours=hours)
        local = start.astimezone(self.zone)
        day, end = local.date(), local.date() + LONGEST_SEARCH
        while day < end:
            if self._works_on(day):
                opening, closing = self._hours_of(day)
                begin = max(opening, local)
                if begin < closing:
                    if left <= closing - begin:
                        return begin + left
                    left -= closing - begin
            day += timedelta(days=1)
        return start + timedelta(hours=hours)

    def hours_before(self, end: datetime, hours: float) -> datetime:
        """Return the latest moment since which `hours` of working time have passed at `end`."""
        left = timedelta(hours=hours)
        local = end.astimezone(self.zone)
        day, first = local.date(), local.date() - LONGEST_SEARCH
        while day > first:
            if self._works_on(day):
                opening, closing = self._hours_of(day)
                finish = min(closing, local)
                if opening < finish:
                    if left <= finish - opening:
                        return finish - left
                    left -= finish - opening
            day -= timedelta(days=1)
        return end - timedelta(hours=hours)

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """Return how much working time lies between two moments; none when `end` is not after `start`.

        The work is the same for a minute and for years, so that reports may ask for many leads.
        """
        if end <= start:
            return timedelta(0)
        if not self.weekdays or self.opens_at >= self.closes_at:
            return end - start
        return self._worked_until(end) - self._worked_until(start)

    def with_hours(self, *, opens_at: time, closes_at: time, days_off: Set[int]) -> "WorkingCalendar":
        """Return the calendar of somebody with hours of their own, who is off on more weekdays."""
        return replace(self, opens_at=opens_at, closes_at=closes_at, weekdays=self.weekdays - days_off)

    def _works_on(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.holidays and self.opens_at < self.closes_at

    def _hours_of(self, day: date) -> tuple[datetime, datetime]:
        return (
            datetime.combine(day, self.opens_at, self.zone),
            datetime.combine(day, self.closes_at, self.zone),
        )

    def _worked_until(self, moment: datetime) -> timedelta:
        """Return the working time since Monday, 1 January of the year 1."""
        local = moment.astimezone(self.zone)
        day = local.date()
        opening, closing = self._hours_of(day)
        weeks, rest = divmod(day.toordinal() - 1, 7)
        days = weeks * len(self.weekdays) + sum(weekday < rest for weekday in self.weekdays)
        days -= sum(holiday < day and holiday.weekday() in self.weekdays for holiday in self.holidays)
        today = min(local, closing) - opening if self._works_on(day) and local > opening else timedelta(0)
        return days * (closing - opening) + today
