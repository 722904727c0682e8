"""The days that a report is about, and those that it is compared with."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from courses.wall_clock import midnight


class Named(models.TextChoices):
    """The periods to choose from. Those of the calendar end today while they last."""

    THIS_MONTH = "month", _("This month")
    LAST_MONTH = "last-month", _("Last month")
    DAYS_30 = "30-days", _("Last 30 days")
    DAYS_90 = "90-days", _("Last 90 days")
    THIS_QUARTER = "quarter", _("This quarter")
    THIS_YEAR = "year", _("This year")
    CUSTOM = "custom", _("From … to …")


class Comparison(models.TextChoices):
    """What a period is held against."""

    BEFORE = "before", _("Period before")
    YEAR_BEFORE = "year", _("Year before")
    NOTHING = "none", _("Nothing")


@dataclass(frozen=True)
class Period:
    """Whole days where the institute is, `first` and `last` included.

    `months` is the length of the calendar unit that the period is (1, 3 or 12) or is the beginning of,
    0 if it is just a run of days.
    """

    first: date
    last: date
    months: int = 0

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.last - self.first).days + 1

    @property
    def starts_at(self) -> datetime:
        """The first moment of the period."""
        return midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        """The first moment after the period."""
        return midnight(self.last + timedelta(days=1))

    def months_in(self) -> list[date]:
        """Return the first day of every month that the period touches."""
        first = self.first.replace(day=1)
        count = (self.last.year - first.year) * 12 + self.last.month - first.month + 1
        return [_add_months(first, number) for number in range(count)]

    def before(self) -> "Period":
        """Return as many days before it: of a month as far as it has come, the same days of the month before.

        A whole month, quarter or year is compared with a whole one, however many days that has.
        """
        if not self.months:
            return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))
        first = _add_months(self.first, -self.months)
        end_of_unit = self.first - timedelta(days=1)
        last = end_of_unit if self._is_whole else min(first + timedelta(days=self.days - 1), end_of_unit)
        return Period(first, last, self.months)

    def year_before(self) -> "Period":
        """Return the same days a year before; of 29 February, 28 February.

        A whole month, quarter or year is compared with a whole one, however many days that has.
        """
        first, last = _same_day_last_year(self.first), _same_day_last_year(self.last)
        if self._is_whole:
            last = _add_months(first, self.months) - timedelta(days=1)
        return Period(first, last, self.months)

    @property
    def _is_whole(self) -> bool:
        """Whether the calendar unit is over with the period."""
        return bool(self.months) and self.last == _add_months(self.first, self.months) - timedelta(days=1)

    def compared_with(self, comparison: str) -> "Period | None":
        """Return the period to hold this one against, None for nothing."""
        if comparison == Comparison.BEFORE:
            return self.before()
        return self.year_before() if comparison == Comparison.YEAR_BEFORE else None


def named_period(name: str, day: date) -> Period:
    """Return the period of this name as it is on `day`; of a custom one, this month."""
    month = day.replace(day=1)
    if name == Named.LAST_MONTH:
        return Period(_add_months(month, -1), month - timedelta(days=1), 1)
    if name == Named.DAYS_30:
        return Period(day - timedelta(days=29), day)
    if name == Named.DAYS_90:
        return Period(day - timedelta(days=89), day)
    if name == Named.THIS_QUARTER:
        return Period(_add_months(month, -((day.month - 1) % 3)), day, 3)
    if name == Named.THIS_YEAR:
        return Period(month.replace(month=1), day, 12)
    return Period(month, day, 1)


def _add_months(first_of_month: date, months: int) -> date:
    number = first_of_month.year * 12 + first_of_month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _same_day_last_year(day: date) -> date:
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap_day else day.day)
