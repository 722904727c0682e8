"""Plots as the server draws them: lengths and places in per cent, so that they fit any width."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDEST = 100.0


@dataclass(frozen=True)
class Piece:
    """A part of a bar; `look` names its fill: main, part, late, maybe or free."""

    start: str
    length: str
    look: str = "main"


@dataclass(frozen=True)
class Bar:
    """A bar with its words; `before` outlines what it is compared with."""

    label: str
    text: str
    pieces: tuple[Piece, ...]
    before: str | None = None


@dataclass(frozen=True)
class Bars:
    """Lying bars, one below the other."""

    bars: tuple[Bar, ...]
    looks: tuple[tuple[str, str], ...] = ()
    """What the fills mean where there are several: (look, words)."""
    template: str = "enrollment/admin/reports/_bars.html"


@dataclass(frozen=True)
class Histogram:
    """Standing bars side by side, for neighbouring classes."""

    bars: tuple[Bar, ...]
    axis: str
    template: str = "enrollment/admin/reports/_histogram.html"


@dataclass(frozen=True)
class Value:
    """What a bar shows: words, the lengths of its pieces with their looks, and the number before."""

    label: str
    text: str
    pieces: Sequence[tuple[float, str]]
    before: float | None = None

    @property
    def length(self) -> float:
        """The longest thing to draw."""
        return max(sum(length for length, _look in self.pieces), self.before or 0)


def bars(values: Iterable[Value], *, looks: Iterable[tuple[str, str]] = ()) -> Bars:
    """Return lying bars on one scale."""
    return Bars(_scaled(values), tuple(looks))


def histogram(values: Iterable[Value], *, axis: str) -> Histogram:
    """Return standing bars on one scale."""
    return Histogram(_scaled(values), axis)


def _scaled(values: Iterable[Value]) -> tuple[Bar, ...]:
    values = list(values)
    longest = max((value.length for value in values), default=0) or 1
    scaled = []
    for value in values:
        start, pieces = 0.0, []
        for length, look in value.pieces:
            pieces.append(Piece(_percent(start / longest), _percent(length / longest), look))
            start += length
        before = None if value.before is None else _percent(value.before / longest)
        scaled.append(Bar(value.label, value.text, tuple(pieces), before))
    return tuple(scaled)


@dataclass(frozen=True)
class Dot:
    """A point of a line, and where the line came from."""

    x: str
    y: str
    from_x: str | None
    from_y: str | None


@dataclass(frozen=True)
class Line:
    """One line; `look` is main, part or before."""

    name: str
    look: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Mark:
    """A word at a place of an axis."""

    at: str
    text: str


@dataclass(frozen=True)
class Lines:
    """Lines over time, from 0 to `top`."""

    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    top: int
    template: str = "enrollment/admin/reports/_lines.html"


MOST_MARKS = 6


def lines(times: Sequence[str], series: Sequence[tuple[str, str, Sequence[int]]]) -> Lines:
    """Return lines over the times; each of the series has a name, a look and a number for each time."""
    top = max((number for _name, _look, numbers in series for number in numbers), default=0)
    step = -(-len(times) // MOST_MARKS)
    return Lines(
        lines=tuple(Line(name, look, _dots(numbers, top or 1)) for name, look, numbers in series),
        marks=tuple(
            Mark(_place(number, len(times)), text) for number, text in enumerate(times) if number % step == 0
        ),
        top=top,
    )


def _dots(numbers: Sequence[int], top: int) -> tuple[Dot, ...]:
    dots: list[Dot] = []
    for number, value in enumerate(numbers):
        x, y = _place(number, len(numbers)), _percent(1 - value / top)
        dots.append(Dot(x, y, dots[-1].x if dots else None, dots[-1].y if dots else None))
    return tuple(dots)


def _place(number: int, count: int) -> str:
    return _percent((number + 0.5) / count)


def _percent(part: float) -> str:
    return f"{part * WIDEST:.2f}%"
