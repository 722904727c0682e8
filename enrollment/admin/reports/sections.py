"""What a report is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from enrollment.admin.reports.plots import Bars, Histogram, Lines
from enrollment.admin.reports.query import ReportQuery
from enrollment.admin.reports.tables import Pair, Table
from enrollment.admin.reports.words import Kind, change, write


@dataclass(frozen=True)
class Headline:
    """One number to see first."""

    label: str
    text: str
    change: str


def headline(label: str, pair: Pair, kind: Kind = Kind.COUNT) -> Headline:
    """Return the number of the period with the change since the one before."""
    return Headline(label, write(pair.now, kind), change(pair.now, pair.before, kind))


@dataclass(frozen=True)
class Section:
    """One plot with its table: what it counts (`about`), and what to say when there is nothing to see.

    `outlined` says that the plot outlines the period before; `table_open` shows the table at once.
    """

    heading: str
    about: str
    table: Table
    plot: Bars | Histogram | Lines | None = None
    headlines: tuple[Headline, ...] = ()
    notes: tuple[str, ...] = ()
    empty: str = ""
    outlined: bool = True
    table_open: bool = False


@dataclass(frozen=True)
class Report:
    """A page of sections. `fields` are the filters that make a difference to it."""

    name: str
    title: str | Promise
    build: Callable[[ReportQuery], list[Section]]
    fields: tuple[str, ...]


def paired(now: Any, before: Any, key: str) -> Pair:
    """Return the number of this name in both, none of one that isn't there."""
    return Pair(getattr(now, key, None), getattr(before, key, None))
