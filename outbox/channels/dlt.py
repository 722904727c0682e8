"""What India's registered templates (DLT) and the length of an SMS ask of a text."""

import re
from math import ceil

from django.utils.text import Truncator
from django.utils.translation import gettext as _

LONGEST_VALUE = 30
"""Characters that may stand for one variable of a registered text."""
_VARIABLE = re.compile(r"\{#\w+#\}|\{\w+\}")
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_DOUBLE = frozenset("^{}\\[~]|€\f")


def dlt_mismatch(text: str, registered: str) -> str:
    """Return in words where a text differs from its registered template; an empty string if it doesn't.

    Variables, {#var#} or {name}, stand for up to 30 characters each; everything else counts exactly.
    """
    fixed = _VARIABLE.split(registered)
    value = f"(.{{0,{LONGEST_VALUE}}}?)"
    if re.fullmatch(value.join(re.escape(part) for part in fixed), text, re.DOTALL):
        return ""
    if not text.startswith(fixed[0]):
        return _("The text must begin with “%(words)s”.") % {"words": _short(fixed[0])}
    return _difference(text[len(fixed[0]) :], before=fixed[0], fixed=fixed[1:])


def is_unicode(text: str) -> bool:
    """Whether a text has letters beyond the GSM alphabet, as Tamil has: its parts are shorter then."""
    return not _GSM.union(_GSM_DOUBLE).issuperset(text)


def count_parts(text: str) -> int:
    """Return how many SMS a text is sent, and paid, as."""
    if is_unicode(text):
        length, alone, joined = len(text.encode("utf-16-be")) // 2, 70, 67
    else:
        length, alone, joined = sum(2 if letter in _GSM_DOUBLE else 1 for letter in text), 160, 153
    return 1 if length <= alone else ceil(length / joined)


def _difference(rest: str, *, before: str, fixed: list[str]) -> str:
    """Return in words where a text leaves the registered one; what is left of it begins with a variable."""
    for place, part in enumerate(fixed):
        at = _begin(rest, part, is_last=place == len(fixed) - 1)
        if at < 0:
            return _("After “%(before)s” and a value, the registered text goes on with “%(words)s”.") % {
                "before": _short(before),
                "words": _short(part),
            }
        if at > LONGEST_VALUE:
            return _("“%(value)s” is longer than %(longest)s characters.") % {
                "value": _short(rest[:at]),
                "longest": LONGEST_VALUE,
            }
        before, rest = part, rest[at + len(part) :]
    return _("“%(words)s” is not in the registered text.") % {"words": _short(rest)}


def _begin(rest: str, part: str, *, is_last: bool) -> int:
    """Return where the next fixed part begins, -1 for nowhere; the last one ends the text if it can."""
    if is_last and rest.endswith(part):
        return len(rest) - len(part)
    return rest.find(part)


def _short(words: str) -> str:
    return str(Truncator(words.strip()).chars(60))
