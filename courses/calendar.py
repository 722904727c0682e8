"""Working time: when the institute is open, and when a promise falls due."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST_SEARCH = timedelta(days=400)
"""How far ahead an opening is looked for before the calendar counts as never open."""


@dataclass(frozen=True)
class WorkingCalendar:
    """Opening hours that are the same on every working day, with dated holidays."""

    weekdays: Set[int]
    """Working days, Monday is 0."""
    opens_at: time
    closes_at: time
    holidays: Set[date]
    zone: ZoneInfo

    def add_hours(self, start: datetime, hours: float) -> datetime:
        """Return the moment when `hours` of working time have passed since `start`.

        A calendar that is never open counts every hour, so that a promise always has a date.
        """
        left = timedelta(hours=hours)
        local = start.astimezone(self.zone)
        day, end = local.date(), local.date() + LONGEST_SEARCH
        while day < end:
            if self._works_on(day):
                opening = datetime.combine(day, self.opens_at, self.zone)
                closing = datetime.combine(day, self.closes_at, self.zone)
                begin = max(opening, local)
                if begin < closing:
                    if left <= closing - begin:
                        return begin + left
                    left -= closing - begin
            day += timedelta(days=1)
        return start + timedelta(hours=hours)

    def _works_on(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.holidays and self.opens_at < self.closes_at
