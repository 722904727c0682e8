"""The forms of the lead page by which staff get in touch with a person."""

from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import CleanCharField
from enrollment.admin.forms.base import LeadForm, LetterFields, MomentField, refuse_past
from enrollment.desk import plan_shown
from enrollment.models import ContactPoint, Lead, LeadEvent


def points_of(lead: Lead, kind: ContactPoint.Kind) -> list[tuple[str, str]]:
    """Return the person's addresses or numbers as choices; no query when they are loaded."""
    return [(point.value, point.as_typed) for point in lead.person.contact_points.all() if point.kind == kind]


class CallForm(LeadForm):
    """How a call ended; one button for each outcome."""

    name = "call"
    BUTTONS = (LeadEvent.Outcome.REACHED, LeadEvent.Outcome.NO_ANSWER, LeadEvent.Outcome.WRONG_NUMBER)
    """Outcomes that need nothing else."""
    outcome = forms.ChoiceField(
        choices=LeadEvent.Outcome,
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Press how the call ended"),
            "invalid_choice": _("Press how the call ended"),
        },
    )
    text = CleanCharField(
        label=_("Note on the call (optional)"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": _("Shorten the note to 4,000 characters or fewer")},
    )
    at = MomentField(label=_("Call back at"), required=False)
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {"shown": plan_shown(lead)}

    def clean(self) -> dict[str, Any]:
        """Only "Asked to call back" has a time."""
        cleaned = super().clean() or {}
        if cleaned.get("outcome") != LeadEvent.Outcome.CALL_BACK:
            self.errors.pop("at", None)
            return cleaned | {"at": None}
        if "at" in self.errors:
            return cleaned
        try:
            refuse_past(cleaned.get("at"))
        except forms.ValidationError as error:
            self.add_error("at", error)
        if not cleaned.get("at") and "at" not in self.errors:
            self.add_error("at", _("Enter when to call back"))
        return cleaned


class ChatForm(LeadForm):
    """A WhatsApp message, written here and sent by the person's own WhatsApp."""

    name = "chat"
    to = forms.ChoiceField(
        label=_("To"), error_messages={"invalid_choice": _("Choose a number from the list")}
    )
    text = CleanCharField(
        label=_("Text"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": _("Write the text first"),
            "max_length": _("Shorten the text to 2,000 characters or fewer"),
        },
    )

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        cast(forms.ChoiceField, self.fields["to"]).choices = points_of(lead, ContactPoint.Kind.PHONE)


class MailForm(LetterFields, LeadForm):
    """A mail to the person. The hidden key makes sending it twice harmless."""

    name = "mail"
    field_order = ("to", "subject", "text")
    key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(["required", "invalid"], _("Open the page again and send from there")),
    )
    to = forms.ChoiceField(
        label=_("To"), error_messages={"invalid_choice": _("Choose an address from the list")}
    )

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        cast(forms.ChoiceField, self.fields["to"]).choices = points_of(lead, ContactPoint.Kind.EMAIL)

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {"key": uuid4()}


class BookForm(LeadForm):
    """A call at an agreed time."""

    name = "book"
    at = MomentField(label=_("Call on"))
    tell_at = forms.ChoiceField(
        label=_("Tell them by e-mail"),
        required=False,
        error_messages={"invalid_choice": _("Choose an address from the list")},
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        cast(forms.ChoiceField, self.fields["tell_at"]).choices = [
            ("", _("No, they know")),
            *points_of(lead, ContactPoint.Kind.EMAIL),
        ]

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {"shown": plan_shown(lead)}

    def clean_at(self) -> datetime:
        refuse_past(self.cleaned_data["at"])
        return self.cleaned_data["at"]
