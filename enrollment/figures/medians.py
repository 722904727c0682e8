"""Medians that the database works out, without its own percentile functions: SQLite has none."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import CumeDist


def medians(rows: Any, *, of: str, by: Sequence[str] = ()) -> dict[tuple[Any, ...], timedelta]:
    """Return the median of the duration `of` for each group of rows; one query.

    The middle values are those which at least half of a group reach from below and half from above:
    one, or two of an even number, whose mean is the median. A group without rows is missing.
    """
    groups = [F(name) for name in by] or None
    ranked = rows.order_by().annotate(
        from_below=Window(CumeDist(), partition_by=groups, order_by=F(of).asc()),
        from_above=Window(CumeDist(), partition_by=groups, order_by=F(of).desc()),
    )
    middle = defaultdict(set)
    for value, *group in ranked.filter(from_below__gte=0.5, from_above__gte=0.5).values_list(of, *by):
        middle[tuple(group)].add(value)
    return {group: sum(values, timedelta()) / len(values) for group, values in middle.items()}


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
