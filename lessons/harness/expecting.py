"""What a check says about a value, and what is told when it isn't so."""

import re
from collections.abc import Sized
from typing import Any, Self

LONGEST = 600


class CheckFailed(AssertionError):
    """The program doesn't do what a check asks for."""

    def __init__(self, message: str, *, expected: str | None = None, got: str | None = None) -> None:
        super().__init__(message)
        self.message, self.expected, self.got = message, expected, got


def shown(value: Any) -> str:
    """Return a value as a learner reads it, cut where it is long."""
    text = _without_styling(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


class Expectation:
    """A value and its name; every method raises CheckFailed where it doesn't hold."""

    def __init__(self, value: Any, what: str) -> None:
        self.value, self.what = value, what

    def equals(self, wanted: Any) -> Self:
        """It is exactly this; tuples and lists with the same items are the same."""
        return self._need(_same(self.value, wanted), "is not what it should be", shown(wanted))

    def is_not(self, unwanted: Any) -> Self:
        """It is anything but this."""
        return self._need(not _same(self.value, unwanted), "should be different", f"not {shown(unwanted)}")

    def is_true(self) -> Self:
        """It is there, and neither empty nor zero."""
        return self._need(bool(self.value), "is missing, empty or false", "something")

    def contains(self, *parts: Any) -> Self:
        """Each of the parts is in it."""
        for part in parts:
            self._need(
                _has(self.value, part), f"doesn't contain {shown(part)!r}", f"contains {shown(part)!r}"
            )
        return self

    def leaves_out(self, *parts: Any) -> Self:
        """None of the parts is in it."""
        for part in parts:
            wanted = f"doesn't contain {shown(part)!r}"
            self._need(not _has(self.value, part), f"should not contain {shown(part)!r}", wanted)
        return self

    def matches(self, pattern: str) -> Self:
        """The regular expression is found in it."""
        found = isinstance(self.value, str) and re.search(pattern, self.value)
        return self._need(bool(found), "doesn't have the right form", f"a text like {pattern}")

    def has_keys(self, *keys: str) -> Self:
        """It is a dictionary with at least these keys."""
        names = ", ".join(keys)
        self._need(isinstance(self.value, dict), "is not a dictionary", f"a dictionary with {names}")
        missing = ", ".join(key for key in keys if key not in self.value)
        if missing:
            present = ", ".join(map(str, self.value)) or "no keys"
            raise CheckFailed(f"{self._named()} has no {missing}.", expected=names, got=present)
        return self

    def has_length(self, wanted: int) -> Self:
        """It has exactly so many items."""
        length = len(self.value) if isinstance(self.value, Sized) else None
        if length != wanted:
            got = "nothing that can be counted" if length is None else f"{length}: {shown(self.value)}"
            raise CheckFailed(f"{self._named()} has the wrong length.", expected=str(wanted), got=got)
        return self

    def is_at_least(self, least: Any) -> Self:
        """It is this or more."""
        return self._need(self._compares() and self.value >= least, "is too small", f"{least} or more")

    def is_at_most(self, most: Any) -> Self:
        """It is this or less."""
        return self._need(self._compares() and self.value <= most, "is too large", f"{most} or less")

    def is_one_of(self, *choices: Any) -> Self:
        """It is one of these."""
        wanted = " or ".join(shown(choice) for choice in choices)
        return self._need(any(_same(self.value, choice) for choice in choices), "is not one of them", wanted)

    def is_a(self, kind: type) -> Self:
        """It is a value of this type."""
        return self._need(isinstance(self.value, kind), f"is not of type {kind.__name__}", kind.__name__)

    def _compares(self) -> bool:
        return isinstance(self.value, int | float)

    def _need(self, holds: bool, complaint: str, expected: str) -> Self:
        if not holds:
            raise CheckFailed(f"{self._named()} {complaint}.", expected=expected, got=shown(self.value))
        return self

    def _named(self) -> str:
        return self.what[:1].upper() + self.what[1:]


def expect(value: Any, what: str = "the value") -> Expectation:
    """Begin a sentence about a value: `expect(page.status, "the status").equals(200)`."""
    return Expectation(value, what)


def _without_styling(text: str) -> str:
    """Return a whole page without what nobody reads of it: styles, scripts and the empty lines they leave."""
    if not re.match(r"\s*<(!doctype|html)\b", text, re.IGNORECASE):
        return text
    unread = r"(?is)<(style|script|svg)\b.*?</\1\s*>|<(meta|link)\b[^>]*>|<!--.*?-->"
    return re.sub(r"\s*\n\s*", "\n", re.sub(unread, "", text)).strip()


def _has(value: Any, part: Any) -> bool:
    try:
        return part in value
    except TypeError:
        return False


def _same(one: Any, other: Any) -> bool:
    return _comparable(one) == _comparable(other) and isinstance(one, bool) == isinstance(other, bool)


def _comparable(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_comparable(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _comparable(item) for key, item in value.items()}
    return value
