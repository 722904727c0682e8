"""Finding leads by what a caller says: a name, an address, a number in any format, a reference."""

import re

from django.db.models import Q, QuerySet

from enrollment.models import Lead

NUMBER = re.compile(r"[\d\s()+./-]*\d[\d\s()+./-]*")
TRUNK_ZERO = re.compile(r"\(0\)")
REFERENCE = re.compile(r"\benq[\s-]*([0-9a-z]{4})[\s-]*([0-9a-z]{2})\b")
"""A reference as it is spoken: with or without its hyphens."""
NOT_DIGITS = re.compile(r"\D")
FEWEST_DIGITS = 4
SHORT = 2
"""A word of so few letters begins a word of the text: an index of trigrams knows no other way to it."""


def find_leads(leads: QuerySet[Lead], query: str) -> QuerySet[Lead]:
    """Return the leads that match every word of the query, or the number that it is; no join."""
    for word in search_words(query):
        leads = leads.filter(_begins(word) if len(word) <= SHORT else Q(search_text__contains=word))
    return leads


def _begins(word: str) -> Q:
    return (
        Q(search_text__startswith=word)
        | Q(search_text__contains=f" {word}")
        | Q(search_text__contains=f"\n{word}")
    )


def search_words(query: str) -> list[str]:
    """Return what must stand in the search text; a number is written as the text writes it, digits alone."""
    digits = _digits(query)
    if NUMBER.fullmatch(query) and len(digits) >= FEWEST_DIGITS:
        return [digits]
    words = REFERENCE.sub(r"enq-\1-\2", query.casefold()).split()
    return [_digits(word) or word if NUMBER.fullmatch(word) else word for word in words]


def _digits(text: str) -> str:
    """Return the digits without a trunk prefix: 0 in front, 00 for abroad, (0) after the country code."""
    return NOT_DIGITS.sub("", TRUNK_ZERO.sub("", text)).lstrip("0")
