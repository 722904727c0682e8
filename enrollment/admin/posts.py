"""What was typed into a form, told to the desk in words."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import CoursePage
from enrollment.forms import LONGEST_ID, PLACEMENT_STATUSES
from enrollment.models import Lead, Submission

LABELS = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "contact_by": gettext_lazy("Contact by"),
    "course": gettext_lazy("Course"),
    "best_time": gettext_lazy("Best time"),
    "message": gettext_lazy("Message"),
    "status": gettext_lazy("Now"),
    "experience_years": gettext_lazy("Years of experience"),
    "target_role": gettext_lazy("Wanted role"),
    "skills": gettext_lazy("Skills"),
    "consent_news": gettext_lazy("Course news"),
    "under_18": gettext_lazy("Under 18"),
    "guardian_name": gettext_lazy("Guardian's name"),
    "guardian_contact": gettext_lazy("Guardian's phone or e-mail"),
    "page": gettext_lazy("Sent from"),
    "source": gettext_lazy("Source"),
    "interest": gettext_lazy("Interest"),
}
NOT_TOLD = {"website", "key", "csrfmiddlewaretoken", "owner"}
"""Traps for programs, and what tells a reader nothing."""
MOST_FIELDS = 30
LONGEST_VALUE = 2000


@dataclass(frozen=True)
class TypedField:
    """One field of a form, as its sender filled it in."""

    label: str
    value: str


def typed_fields(posts: Iterable[Submission]) -> dict[int, list[TypedField]]:
    """Return the filled fields of each post by its key; one query for all courses, if any is named."""
    typed = {post.pk: _values(post) for post in posts}
    courses = _course_titles({values.get("course", "") for values in typed.values()})
    return {key: _in_words(values, courses) for key, values in typed.items()}


def _values(post: Submission) -> dict[str, str]:
    """Return the fields that were filled, whatever a sender made of them."""
    try:
        payload = json.loads(post.payload)
    except ValueError:
        return {}
    if not isinstance(payload, dict):
        return {}
    said = {str(name): _text(value) for name, value in list(payload.items())[:MOST_FIELDS]}
    return {name: value for name, value in said.items() if value and name not in NOT_TOLD}


def _text(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    text = ", ".join(str(part).strip() for part in values if part not in (None, ""))
    return text.encode("utf-8", "replace").decode()[:LONGEST_VALUE]


def _course_titles(named: set[str]) -> dict[str, str]:
    keys = {name for name in named if name.isdecimal() and len(name) < LONGEST_ID}
    if not keys:
        return {}
    return {
        str(key): title for key, title in CoursePage.objects.filter(pk__in=keys).values_list("pk", "title")
    }


def _in_words(values: dict[str, str], courses: dict[str, str]) -> list[TypedField]:
    order = {name: place for place, name in enumerate(LABELS)}
    named = sorted(values.items(), key=lambda item: order.get(item[0], len(order)))
    words: dict[str, dict[str, str]] = {
        "course": courses,
        "contact_by": {key: str(label) for key, label in Lead.ContactBy.choices},
        "best_time": {key: str(label) for key, label in Lead.BestTime.choices},
        "interest": {key: str(label) for key, label in Lead.Interest.choices},
        "source": {key: str(label) for key, label in Lead.Source.choices},
        "status": {str(key): str(label) for key, label in PLACEMENT_STATUSES},
    }
    yes = {"on": _("yes"), "True": _("yes"), "False": _("no")}
    return [
        TypedField(
            str(LABELS.get(name, name.replace("_", " ").capitalize())),
            words.get(name, yes).get(value, value),
        )
        for name, value in named
    ]
