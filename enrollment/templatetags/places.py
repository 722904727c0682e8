"""What the lead page asks about enrolments and waiting lists."""

from dataclasses import dataclass
from typing import Any

from django import template

from enrollment.admin.forms.enrolling import TransferForm, WithdrawForm
from enrollment.models import Lead, WaitingPlace
from enrollment.waiting import position

register = template.Library()


@dataclass(frozen=True)
class Standing:
    """A waiting place and its number in the line; 0 for one that doesn't stand in it."""

    place: WaitingPlace
    position: int


@register.simple_tag
def transfer_form(lead: Lead, bound: Any = None) -> TransferForm:
    """Return the form that moves an enrolment, as it was sent if it was refused."""
    return bound if isinstance(bound, TransferForm) else TransferForm(lead=lead)


@register.simple_tag
def withdraw_form(lead: Lead, bound: Any = None) -> WithdrawForm:
    """Return the form that ends an enrolment, as it was sent if it was refused."""
    return bound if isinstance(bound, WithdrawForm) else WithdrawForm(lead=lead)


@register.simple_tag
def waiting_places(lead: Lead) -> list[Standing]:
    """Return the open places of a lead; one query, and one for each place, of which there are few."""
    places = lead.waiting_places.open().select_related("cohort__course").order_by("joined_at", "pk")
    return [Standing(place, position(place)) for place in places]
