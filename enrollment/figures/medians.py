"""Medians that the database works out, without its own percentile functions: SQLite has none."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import Any

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber


def medians(rows: Any, *, of: str, by: Sequence[str]) -> dict[tuple[Any, ...], timedelta]:
    """Return the median of the duration `of` for each group of rows; one query, two rows a group at most.

    A group without rows is missing. The rows must not be grouped themselves: Django would group by the
    windows too.
    """
    groups = [F(name) for name in by]
    numbered = rows.order_by().annotate(
        number=Window(RowNumber(), partition_by=groups, order_by=F(of).asc()),
        group_size=Window(Count("*"), partition_by=groups),
    )
    middle = numbered.filter(number__gte=F("group_size") / 2.0, number__lte=F("group_size") / 2.0 + 1)
    found = defaultdict(list)
    for value, *group in middle.values_list(of, *by):
        found[tuple(group)].append(value)
    return {group: sum(values, timedelta()) / len(values) for group, values in found.items()}


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """Return the value that `percent` of the ordered values don't exceed (nearest rank); None of nothing."""
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1] if ordered else None


def median(ordered: Sequence[float]) -> float | None:
    """Return the middle of the ordered values, the mean of both of an even number; None of nothing."""
    if not ordered:
        return None
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def share(part: float, whole: float) -> float | None:
    """Return the part of the whole between 0 and 1; None where there is no whole."""
    return part / whole if whole else None
