"""Finding leads by what a caller says: a name, an address, a number in any format, a reference."""

import re

from django.db.models import Q, QuerySet

from enrollment.models import ContactPoint, Lead, Submission

NUMBER = re.compile(r"[\d\s()+./-]+")
FEWEST_DIGITS = 4


def find_leads(leads: QuerySet[Lead], query: str) -> QuerySet[Lead]:
    """Return the leads that match the query; adds subqueries, no join, so no lead comes twice."""
    submissions = Submission.objects.filter(reference__icontains=query, lead__isnull=False)
    found = Q(reference__icontains=query) | Q(pk__in=submissions.values("lead_id"))
    found |= Q(person__in=_people_at(Q(kind=ContactPoint.Kind.EMAIL, value__icontains=query)))
    found |= _name_matches(query)
    if digits := _phone_digits(query):
        points = Q(kind=ContactPoint.Kind.PHONE, value__contains=digits)
        found |= Q(person__in=_people_at(points))
    return leads.filter(found)


def _people_at(points: Q) -> QuerySet:
    return ContactPoint.objects.filter(points).values("person_id")


def _name_matches(query: str) -> Q:
    """Every word of the query occurs in the name, in any order."""
    matches = Q()
    for word in query.split():
        matches &= Q(person__name__icontains=word)
    return matches


def _phone_digits(query: str) -> str:
    """Return the digits of something written like a phone number, without leading zeros, or ""."""
    digits = re.sub(r"\D", "", query).lstrip("0")
    return digits if NUMBER.fullmatch(query) and len(digits) >= FEWEST_DIGITS else ""
