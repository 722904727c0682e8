"""What is chosen when two leads are made one, field by field, and what is joined by itself."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from courses import wall_clock
from enrollment.models import ContactPoint, Lead, Person, PipelineStage

KEPT, OTHER = "kept", "other"


@dataclass(frozen=True)
class Choice:
    """Fields that are chosen together from one lead or the other, or from their people."""

    name: str
    label: str | Promise
    words: Callable[[Lead], str]
    fields: tuple[str, ...] = ()
    person_fields: tuple[str, ...] = ()


def _owner(lead: Lead) -> str:
    return str(lead.owner) if lead.owner else ""


def _course(lead: Lead) -> str:
    return lead.course.title if lead.course else ""


def _stage(lead: Lead) -> str:
    return f"{lead.stage.name}: {lead.closing_reason}" if lead.closing_reason else lead.stage.name


def _source(lead: Lead) -> str:
    more = [lead.campaign, str(lead.capture_source or "")]
    return ", ".join([lead.get_source_display(), *filter(None, more)])


def _next_action(lead: Lead) -> str:
    at = lead.next_action_at
    when = date_format(wall_clock.local(at), ", D j M Y, H:i") if at else ""
    return f"{lead.next_action}{when}"


CHOICES = (
    Choice("name", gettext_lazy("Name"), lambda lead: lead.person.name, person_fields=("name",)),
    Choice(
        "guardian",
        gettext_lazy("Guardian"),
        lambda lead: lead.person.guardian_in_words,
        person_fields=("under_18", "guardian_name", "guardian_contact"),
    ),
    Choice("interest", gettext_lazy("Interest"), lambda lead: lead.get_interest_display(), ("interest",)),
    Choice("course", gettext_lazy("Course"), _course, ("course_id",)),
    Choice("stage", gettext_lazy("Stage"), _stage, ("stage_id", "stage_since", "closing_reason_id")),
    Choice("owner", gettext_lazy("Owner"), _owner, ("owner_id",)),
    Choice("next_action", gettext_lazy("Next action"), _next_action, ("next_action", "next_action_at")),
    Choice(
        "contact_by",
        gettext_lazy("Contact by"),
        lambda lead: str(dict(Lead.ContactBy.choices).get(lead.contact_by, "")),
        ("contact_by",),
    ),
    Choice(
        "best_time",
        gettext_lazy("Best time"),
        lambda lead: str(dict(Lead.BestTime.choices).get(lead.best_time, "")),
        ("best_time",),
    ),
    Choice("source", gettext_lazy("Source"), _source, ("source", "campaign", "capture_source_id")),
    Choice("message", gettext_lazy("Message"), lambda lead: lead.message, ("message",)),
)


def choices_for(kept: Lead, other: Lead) -> list[Choice]:
    """Return what there is to choose; one person's two leads have one name and one guardian."""
    if kept.person_id == other.person_id:
        return [choice for choice in CHOICES if choice.fields]
    return list(CHOICES)


def likely(choice: Choice, kept: Lead, other: Lead) -> str:
    """Return whose value is offered: the kept lead's, unless it has none or the other got further."""
    if choice.name == "stage":
        return OTHER if _progress(other) > _progress(kept) else KEPT
    return OTHER if choice.words(other) and not choice.words(kept) else KEPT


def joined_values(kept: Lead, other: Lead) -> dict[str, Any]:
    """Return what nobody chooses: the earlier enquiry's time and promise, first answer, both leads' answers.

    Of attribution the earlier lead's first touch and the later one's last touch.
    """
    earlier, later = sorted([kept, other], key=lambda lead: (lead.created_at, lead.pk))
    return {
        "created_at": earlier.created_at,
        "answer_due_at": earlier.answer_due_at,
        "answered_at": _first(kept.answered_at, other.answered_at),
        "escalated_at": _first(kept.escalated_at, other.escalated_at),
        "details": {**other.details, **kept.details},
        "attribution": _joined_attribution(earlier.attribution, later.attribution),
    }


def fingerprint_of(kept: Lead, other: Lead) -> str:
    """Return what tells whether either lead changed since it was shown; two queries."""
    words = [choice.words(lead) for lead in (kept, other) for choice in CHOICES]
    points = [str(point.pk) + point.value for lead in (kept, other) for point in points_of(lead.person)]
    return hashlib.sha256("\0".join([*words, "", *points]).encode()).hexdigest()[:16]


def points_of(person: Person) -> list[ContactPoint]:
    """Return the addresses and numbers of a person, in the order in which they came."""
    return list(person.contact_points.order_by("pk"))


def _progress(lead: Lead) -> int:
    """How far the lead got; a closed one has got nowhere."""
    return -1 if lead.stage_id == PipelineStage.CLOSED else lead.stage.position


def _first(*times: datetime | None) -> datetime | None:
    return min((time for time in times if time), default=None)


def _joined_attribution(earlier: dict | None, later: dict | None) -> dict | None:
    if not earlier or not later:
        return earlier or later
    first = earlier.get("first") or earlier.get("last")
    last = later.get("last") or later.get("first")
    return {name: touch for name, touch in (("first", first), ("last", last)) if touch}
