"""What templates of the admissions desk say about times, and how leads stand against the clock."""

from typing import Any

from django import template
from django.template import Context
from django.utils.translation import gettext as _

from enrollment.admin.now import clock_for, roster_for
from enrollment.admin.words import age, due_words, is_past
from enrollment.assignment import given_by_hand, why_waiting
from enrollment.clock import Standing
from enrollment.models import Lead, PipelineStage

register = template.Library()
register.filter(age)
register.filter(due_words)
register.filter(is_past)


@register.filter
def initials(person: object) -> str:
    """Return the first letters of the first and the last word of a name: "MN"."""
    words = str(person).split()
    return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()


@register.inclusion_tag("enrollment/admin/_chip.html", takes_context=True)
def lead_chip(context: Context, lead: Lead) -> dict[str, Any]:
    """Show how old an enquiry is and, in words, whether it is late, due soon or stuck.

    Costs four queries for the first lead of a request and none for the others.
    """
    return {"lead": lead, **_standing(context, lead)}


@register.inclusion_tag("enrollment/admin/_mark.html", takes_context=True)
def lead_mark(context: Context, lead: Lead) -> dict[str, Any]:
    """Show the words of the chip alone, or nothing for a lead that is fine; costs what a chip does."""
    return _standing(context, lead)


def _standing(context: Context, lead: Lead) -> dict[str, Any]:
    standing = clock_for(context.get("request")).standing(lead)
    words = {
        Standing.LATE: _("late"),
        Standing.SOON: due_words(lead.answer_due_at),
        Standing.STUCK: _("stuck for %(age)s") % {"age": age(lead.stage_since)},
        Standing.FINE: "",
    }
    return {"standing": standing, "words": words[standing]}


@register.simple_tag(takes_context=True, name="why_waiting")
def why_waiting_tag(context: Context, lead: Lead) -> str:
    """Return why nobody owns an open lead yet, or ""; eight queries for a lead without an owner."""
    if lead.owner_id or lead.stage_id in PipelineStage.ENDED:
        return ""
    by_hand = Lead.everything.filter(given_by_hand(), pk=lead.pk).exists()
    return why_waiting(lead, roster_for(context.get("request")), by_hand=by_hand)
