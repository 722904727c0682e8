"""How often Call and WhatsApp were pressed on the site."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Sum
from django.db.models.functions import TruncWeek

from enrollment.figures.periods import Period
from enrollment.models import ContactClick

DAYS_SHOWN_SINGLY = 31


@dataclass(frozen=True)
class Presses:
    """Presses of Call and of WhatsApp, on a page or in a run of days. Nobody knows who pressed."""

    call: int = 0
    whatsapp: int = 0

    @property
    def total(self) -> int:
        """Both together."""
        return self.call + self.whatsapp


def has_presses() -> bool:
    """Whether anything was ever counted; one query."""
    return ContactClick.objects.exists()


def presses_by_page(period: Period) -> dict[str, Presses]:
    """Return the presses of the period by the page's path, the most pressed first; one query."""
    found = _sums(period, "page")
    return dict(sorted(found.items(), key=lambda item: (-item[1].total, item[0])))


def presses_over_time(period: Period) -> dict[date, Presses]:
    """Return the presses by day, in a period above 31 days by the Monday of the week; one query."""
    found = _sums(period, "day" if period.days <= DAYS_SHOWN_SINGLY else TruncWeek("day"))
    return dict(sorted(found.items()))


def days_of(period: Period) -> tuple[timedelta, list[date]]:
    """Return how long the runs of days in `presses_over_time` are, and the day on which each begins."""
    if period.days <= DAYS_SHOWN_SINGLY:
        return timedelta(days=1), [period.first + timedelta(days=number) for number in range(period.days)]
    monday = period.first - timedelta(days=period.first.weekday())
    weeks = ((period.last - monday).days // 7) + 1
    return timedelta(weeks=1), [monday + timedelta(weeks=number) for number in range(weeks)]


def _sums(period: Period, part: Any) -> dict[Any, Presses]:
    clicks = ContactClick.objects.filter(day__gte=period.first, day__lte=period.last).order_by()
    grouped = clicks.values_list(part, "channel").annotate(Sum("count"))
    counts: dict[Any, dict[str, int]] = {}
    for key, channel, count in grouped:
        counts.setdefault(key, {})[channel] = count
    return {key: Presses(**found) for key, found in counts.items()}
