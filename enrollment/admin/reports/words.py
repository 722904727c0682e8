"""How reports write numbers, times and changes."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses.rupees import rupees
from enrollment.figures.periods import Period

NONE = "\N{EN DASH}"
FEWEST_FOR_PERCENT = 20
"""Below it a change is told by the number before: "300 % more" than two says little."""


class Kind(StrEnum):
    """What a column of a report holds."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    TIME = "time"
    HOURS = "hours"
    MONEY = "money"
    DAY = "day"


def write(value: Any, kind: Kind) -> str:
    """Return a value as people read it; a dash for none."""
    return NONE if value is None or value == "" else WRITERS[kind](value)


def change(now: Any, before: Any, kind: Kind) -> str:
    """Return the difference in words, such as "12 more (17 %)"; "" where a number is missing."""
    if now is None or before is None:
        return ""
    if now == before:
        return _("no change")
    difference = now - before
    rises = difference > type(difference)(0)
    size = abs(difference)
    if kind == Kind.SHARE:
        word = _("higher") if rises else _("lower")
        return _("%(points)s points %(word)s") % {"points": _short(size * 100), "word": word}
    if kind in {Kind.TIME, Kind.HOURS}:
        return f"{write(size, kind)} {_('longer') if rises else _('shorter')}"
    word = _("more") if rises else _("fewer") if kind == Kind.COUNT else _("less")
    small = kind == Kind.COUNT and before < FEWEST_FOR_PERCENT
    than = _("%(count)s before") % {"count": write(before, kind)} if small or not before else ""
    return f"{write(size, kind)} {word} ({than or percent(size / before)})"


def percent(part: float | Decimal) -> str:
    """Return a share in per cent, with one decimal below ten."""
    value = float(part) * 100
    return _("%(value)s %%") % {"value": _short(value)}


def duration(time: timedelta) -> str:
    """Return a time of the clock in its largest unit: "35 min", "5 h", "2.5 d"."""
    if time < timedelta(days=2):
        return hours(time.total_seconds() / 3600)
    return _("%(count)s d") % {"count": _short(time / timedelta(days=1))}


def hours(count: float) -> str:
    """Return hours, minutes below one: "35 min", "5 h", "2.5 h"."""
    if count < 1:
        return _("%(count)s min") % {"count": round(count * 60)}
    return _("%(count)s h") % {"count": _short(count)}


def days(period: Period) -> str:
    """Return the days of a period in words: "1 to 23 November 2026"."""
    first = "j F Y"
    if period.first.year == period.last.year:
        first = "j" if period.first.month == period.last.month else "j F"
    last = date_format(period.last, "j F Y")
    if period.first == period.last:
        return last
    return _("%(first)s to %(last)s") % {"first": date_format(period.first, first), "last": last}


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.1f}".removesuffix(".0")


def _day(day: date) -> str:
    return date_format(day, "j M Y")


WRITERS: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: str,
    Kind.COUNT: lambda count: f"{count:,}",
    Kind.SHARE: percent,
    Kind.TIME: duration,
    Kind.HOURS: hours,
    Kind.MONEY: rupees,
    Kind.DAY: _day,
}
