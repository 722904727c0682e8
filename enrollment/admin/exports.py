"""Leads as a table for other programs."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enrollment.models import Lead

EXPORT_HEADINGS = {
    "reference": _("Reference"),
    "name": _("Name"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "interest": _("Interest"),
    "course": _("Course"),
    "stage": _("Stage"),
    "owner": _("Owner"),
    "contact_by": _("Contact by"),
    "source": _("Source"),
    "created_at": _("Asked at"),
    "answer_due_at": _("Answer promised by"),
    "answered_at": _("Answered at"),
    "next_action": _("Next action"),
    "next_action_at": _("Next action at"),
    "message": _("Message"),
}

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\x00")


def export_row(lead: Lead) -> dict[str, Any]:
    """Return one lead's row; no query when person, course, owner and contact points are loaded."""
    moments = {
        name: timezone.localtime(moment).isoformat(sep=" ", timespec="minutes") if moment else ""
        for name in ("created_at", "answer_due_at", "answered_at", "next_action_at")
        for moment in [getattr(lead, name)]
    }
    row = {
        "reference": lead.reference,
        "name": lead.person.name,
        "email": lead.email,
        "phone": lead.phone,
        "interest": str(lead.get_interest_display()),
        "course": lead.course.title if lead.course else "",
        "stage": lead.stage.name,
        "owner": lead.owner.email if lead.owner else "",
        "contact_by": str(lead.get_contact_by_display()),
        "source": str(lead.get_source_display()),
        "next_action": lead.next_action,
        "message": lead.message,
        **moments,
    }
    return {name: defuse(row[name]) for name in EXPORT_HEADINGS}


def defuse(text: str) -> str:
    """Return the text with a quote in front where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
