"""Finding leads by what a caller says: a name, an address, a number in any format, a reference."""

import re

from django.db.models import QuerySet

from enrollment.models import Lead

NUMBER = re.compile(r"[\d\s()+./-]+")
FEWEST_DIGITS = 4


def find_leads(leads: QuerySet[Lead], query: str) -> QuerySet[Lead]:
    """Return the leads that match every word of the query, or the number that it is; no join."""
    for word in [_phone_digits(query)] if _phone_digits(query) else query.casefold().split():
        leads = leads.filter(search_text__contains=word)
    return leads


def _phone_digits(query: str) -> str:
    """Return the digits of something written like a phone number, without leading zeros, or ""."""
    digits = re.sub(r"\D", "", query).lstrip("0")
    return digits if NUMBER.fullmatch(query) and len(digits) >= FEWEST_DIGITS else ""
