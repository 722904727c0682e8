"""The tables of reports: for people on the screen, as plain numbers in a download."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from enrollment.admin.reports.words import Kind, change, write


class Pair(NamedTuple):
    """A number of the period and of the one that it is compared with."""

    now: Any
    before: Any


class Noted(NamedTuple):
    """A number with something smaller to say about it."""

    now: Any
    note: str


@dataclass(frozen=True)
class Column:
    """A column; the cells of a compared one are pairs."""

    heading: str
    kind: Kind = Kind.TEXT
    compared: bool = False

    @property
    def is_number(self) -> bool:
        """Whether the cells stand at the right."""
        return self.kind not in {Kind.TEXT, Kind.DAY}


@dataclass(frozen=True)
class Shown:
    """A cell as it is read."""

    text: str
    note: str
    is_number: bool


@dataclass(frozen=True)
class Table:
    """Rows under columns. `name` is what a download is asked for by; `full` has more for it, if given."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    full: "Table | None" = None

    @property
    def shown_rows(self) -> list[list[Shown]]:
        """The rows for people."""
        return [
            [_shown(column, cell) for column, cell in zip(self.columns, row, strict=True)]
            for row in self.rows
        ]

    def headings(self) -> list[str]:
        """Return the headings of the download, units included."""
        headings = []
        for column in self.columns:
            unit = UNITS.get(column.kind)
            heading = f"{column.heading} ({unit})" if unit else column.heading
            headings += [heading]
            if column.compared:
                headings += [f"{heading}, {_('before')}", f"{heading}, {_('change')}"]
        return headings

    def plain_rows(self) -> list[list[Any]]:
        """Return the rows of the download."""
        return [
            [value for column, cell in zip(self.columns, row, strict=True) for value in _plain(column, cell)]
            for row in self.rows
        ]


def _shown(column: Column, cell: Any) -> Shown:
    note = ""
    if isinstance(cell, Pair):
        note = change(cell.now, cell.before, column.kind)
        cell = cell.now
    elif isinstance(cell, Noted):
        cell, note = cell
    return Shown(write(cell, column.kind), note, column.is_number)


def _plain(column: Column, cell: Any) -> list[Any]:
    if not column.compared:
        return [_number(cell.now if isinstance(cell, Noted) else cell, column.kind)]
    now, before = (_number(value, column.kind) for value in cell)
    known = now is not None and before is not None
    return [now, before, round(now - before, 2) if known else None]


def _number(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind == Kind.SHARE:
        return round(float(value) * 100, 1)
    if kind == Kind.TIME:
        return round(value / timedelta(hours=1), 2)
    return round(value, 2) if kind == Kind.HOURS else value


UNITS = {Kind.SHARE: "%", Kind.TIME: "h", Kind.HOURS: "h", Kind.MONEY: "₹"}
