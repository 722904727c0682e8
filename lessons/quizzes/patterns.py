"""Short answers that are told by a regular expression, and which expressions are safe to run."""

import re
from math import comb
from re import _constants, _parser  # type: ignore[attr-defined] # the only door to a parsed expression
from typing import Any

from django.utils.translation import gettext

MOST_CHARACTERS = 100
"""Of an answer that is matched; a longer one is wrong."""
FEW = 20
"""A repeat that may come more often than this is wide."""
MOST_WIDE = 3
MOST_WAYS = 6_000_000
"""In which the repeats of an expression may share out an answer."""
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
_ONE_OF = (_constants.LITERAL, _constants.NOT_LITERAL, _constants.ANY, _constants.IN, _constants.AT)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the expression; spaces at the ends don't matter, runs count as one.

    Nothing fits an expression that `trouble_of` refuses, so that the time of a search is bounded.
    """
    text = " ".join(text.split())
    if len(text) > MOST_CHARACTERS or trouble_of(pattern):
        return False
    return re.fullmatch(pattern, text) is not None


def trouble_of(pattern: str) -> str:
    """Return why an expression can't be used, "" if it can.

    Refused is what can make the search try more ways than can be counted: a repeat inside a repeat, a
    choice inside a repeat, many repeats that can share out an answer, and repeats of nothing.
    """
    try:
        parsed = _parser.parse(pattern)
    except (re.error, OverflowError) as error:
        return str(error)
    census = _Census()
    census.read(parsed)
    ways = census.ways * comb(MOST_CHARACTERS + census.wide, census.wide)
    reasons = [
        (census.nested, gettext("a repeat holds a repeat or a choice")),
        (census.odd, gettext("it looks around or back")),
        (
            census.wide > MOST_WIDE,
            gettext("more than %(most)s repeats have no end") % {"most": MOST_WIDE},
        ),
        (ways > MOST_WAYS, gettext("its repeats can fit in too many ways")),
        (
            census.forced > MOST_CHARACTERS,
            gettext("it asks for more repeats than an answer has characters"),
        ),
    ]
    return next((reason for holds, reason in reasons if holds), "")


class _Census:
    """What an expression holds that costs time."""

    def __init__(self) -> None:
        self.nested = self.odd = False
        self.wide = 0
        self.ways = self.forced = 1

    def read(self, parsed: Any, *, repeated: bool = False, times: int = 1) -> None:
        for kind, detail in parsed:
            if kind in _REPEATS:
                self._read_repeat(*detail, repeated=repeated, times=times)
            elif kind is _constants.BRANCH:
                self.nested |= repeated
                self.ways *= len(detail[1])
                for way in detail[1]:
                    self.read(way, repeated=repeated, times=times)
            elif kind is _constants.SUBPATTERN:
                self.read(detail[-1], repeated=repeated, times=times)
            elif kind not in _ONE_OF:
                self.odd = True

    def _read_repeat(self, least: int, most: int, body: Any, *, repeated: bool, times: int) -> None:
        times *= max(1, least)
        self.forced = max(self.forced, times)
        if least != most:
            self.nested |= repeated
            if _is_space(body):
                self.ways *= 2
            elif most > FEW:
                self.wide += 1
            else:
                self.ways *= most - least + 1
        self.read(body, repeated=repeated or most > 1, times=times)


def _is_space(body: Any) -> bool:
    """Whether only white space is repeated, of which an answer has one at a place."""
    return list(body) in (
        [(_constants.IN, [(_constants.CATEGORY, _constants.CATEGORY_SPACE)])],
        [(_constants.LITERAL, ord(" "))],
    )
