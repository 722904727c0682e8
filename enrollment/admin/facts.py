"""What the lead page tells about a lead besides its own fields and its timeline."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from enrollment.forms import PLACEMENT_STATUSES
from enrollment.models import ContactPoint, Lead, LeadEvent

MOST_RELATED = 8


@dataclass(frozen=True)
class Contact:
    """One way to reach the person, with the links that one press needs."""

    point: ContactPoint
    call: str = ""
    mail: str = ""

    @property
    def is_phone(self) -> bool:
        """Whether it is a number."""
        return bool(self.call)


def contacts(lead: Lead) -> list[Contact]:
    """Return the person's addresses and numbers; no query when they are loaded."""
    return [_contact(point) for point in lead.person.contact_points.all()]


def _contact(point: ContactPoint) -> Contact:
    if point.kind == ContactPoint.Kind.PHONE:
        return Contact(point, call=f"tel:+{digits(point)}")
    return Contact(point, mail=f"mailto:{quote(point.value, safe='@')}")


def digits(point: ContactPoint) -> str:
    """Return a number as links want it."""
    return re.sub(r"\D", "", point.value)


@dataclass(frozen=True)
class Tries:
    """How often nobody answered a call."""

    count: int
    last_at: datetime | None


def calls_without_answer(lead: Lead) -> Tries:
    """Count the calls that nobody answered; one query."""
    unanswered = Q(kind=LeadEvent.Kind.CALL, outcome=LeadEvent.Outcome.NO_ANSWER)
    found = lead.events.filter(unanswered).aggregate(count=Count("pk"), last_at=Max("created_at"))
    return Tries(**found)


@dataclass(frozen=True)
class Related:
    """Another lead of the person, or of somebody with the same address or number."""

    lead: Lead
    why: str
    compare_url: str


def related_leads(lead: Lead) -> list[Related]:
    """Return other leads that may be the same person's: a hint only, since families share phones.

    One query; the newest few.
    """
    points = lead.person.contact_points.all()
    same = Q(pk__in=[])
    for kind in ContactPoint.Kind.values:
        values = [point.value for point in points if point.kind == kind]
        same |= Q(kind=kind, value__in=values)
    people = ContactPoint.objects.filter(same).values("person_id")
    others = (
        Lead.objects.filter(Q(person__in=people) | Q(person=lead.person_id))
        .exclude(pk=lead.pk)
        .select_related("person", "course", "stage")
    )
    return [
        Related(
            other,
            _("the same person") if other.person_id == lead.person_id else _("same address or number"),
            reverse("desk:merge", args=[lead.pk, other.pk]),
        )
        for other in others[:MOST_RELATED]
    ]


DETAIL_LABELS = {
    "status": gettext_noop("Now"),
    "experience_years": gettext_noop("Years of experience"),
    "target_role": gettext_noop("Wanted role"),
    "skills": gettext_noop("Skills"),
}

TOUCH_LABELS = {
    "at": gettext_noop("Day"),
    "page": gettext_noop("Landing page"),
    "referrer": gettext_noop("Came from"),
    "utm_source": gettext_noop("Campaign source"),
    "utm_medium": gettext_noop("Medium"),
    "utm_campaign": gettext_noop("Campaign"),
    "utm_term": gettext_noop("Term"),
    "utm_content": gettext_noop("Content"),
}


def details(lead: Lead) -> list[tuple[str, str]]:
    """Return the answers of the placement form with their labels, empty ones left out."""
    statuses = dict(PLACEMENT_STATUSES)
    return [
        (_(label), str(statuses.get(value, value)))
        for key, label in DETAIL_LABELS.items()
        if (value := lead.details.get(key)) not in (None, "")
    ]


def touches(lead: Lead) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return how the person found the site, first and last; the same touch is told once."""
    kept = lead.attribution if isinstance(lead.attribution, dict) else {}
    first, last = _touch(kept.get("first")), _touch(kept.get("last"))
    if first == last:
        return [(_("First and last visit"), first)] if first else []
    return [(label, rows) for label, rows in ((_("First visit"), first), (_("Last visit"), last)) if rows]


def _touch(values: Any) -> list[tuple[str, str]]:
    if not isinstance(values, dict):
        return []
    return [(_(label), str(values[name])) for name, label in TOUCH_LABELS.items() if values.get(name)]
