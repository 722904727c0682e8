"""The names of what reports group by."""

from collections.abc import Iterable
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from courses.models import CoursePage
from enrollment.models import Lead


def owner_names(keys: Iterable[int | None]) -> dict[int | None, str]:
    """Return the name for each key, also of people who left; one query."""
    people = User.objects.filter(pk__in=[key for key in keys if key is not None])
    return {None: _("Nobody"), **{person.pk: str(person) for person in people}}


def part_names(split: str, values: Iterable[Any]) -> dict[Any, str]:
    """Return what the parts of a split are called; one query at most."""
    values = list(values)
    if split == "owner":
        return owner_names(values)
    if split == "course":
        titles = CoursePage.objects.filter(pk__in=[value for value in values if value is not None])
        return {None: _("Not chosen"), **dict(titles.values_list("pk", "title"))}
    if split == "source":
        known = dict(Lead.Source.choices)
        return {value: str(known.get(value, value)) for value in values}
    if split == "month":
        return {value: date_format(value, "F Y") for value in values}
    return {value: value or _("No campaign") for value in values}
