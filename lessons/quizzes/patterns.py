"""Short answers that are told by a regular expression, and which expressions are safe to run."""

import re
from re import _constants, _parser  # type: ignore[attr-defined] # the only door to a parsed expression
from typing import Any

from django.utils.translation import gettext

MOST_CHARACTERS = 100
"""Of an answer that is matched; a longer one is wrong."""
FEW = 20
"""A repeat that may come more often than this is wide."""
MOST_WIDE = 3
MOST_REPEATS = 12
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
    choice inside a repeat, and many repeats without an end.
    """
    try:
        parsed = _parser.parse(pattern)
    except (re.error, OverflowError) as error:
        return str(error)
    census = _Census()
    census.read(parsed)
    if census.nested:
        return gettext("a repeat holds a repeat or a choice")
    if census.odd:
        return gettext("it looks around or back")
    if census.wide > MOST_WIDE:
        return gettext("more than %(most)s repeats have no end") % {"most": MOST_WIDE}
    if census.repeats > MOST_REPEATS:
        return gettext("it has more than %(most)s repeats") % {"most": MOST_REPEATS}
    return ""


class _Census:
    """What an expression holds that costs time."""

    def __init__(self) -> None:
        self.nested = self.odd = False
        self.wide = self.repeats = 0

    def read(self, parsed: Any, *, repeated: bool = False) -> None:
        for kind, detail in parsed:
            if kind in _REPEATS:
                self._read_repeat(*detail, repeated=repeated)
            elif kind is _constants.BRANCH:
                self.nested |= repeated
                for way in detail[1]:
                    self.read(way, repeated=repeated)
            elif kind is _constants.SUBPATTERN:
                self.read(detail[-1], repeated=repeated)
            elif kind not in _ONE_OF:
                self.odd = True

    def _read_repeat(self, least: int, most: int, body: Any, *, repeated: bool) -> None:
        if least != most:
            self.nested |= repeated
            self.repeats += 1
            self.wide += most > FEW and not _is_space(body)
        self.read(body, repeated=repeated or most > 1)


def _is_space(body: Any) -> bool:
    """Whether only white space is repeated, of which an answer has one at a place."""
    return list(body) in (
        [(_constants.IN, [(_constants.CATEGORY, _constants.CATEGORY_SPACE)])],
        [(_constants.LITERAL, ord(" "))],
    )
