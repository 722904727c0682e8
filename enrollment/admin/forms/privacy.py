"""The forms about a person's data."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from enrollment.models import Consent, Lead, Person


class ConsentForm(forms.Form):
    """What the person said about one purpose, and how they said it."""

    purpose = forms.ChoiceField(label=_("Purpose"), choices=Consent.Purpose.choices)
    granted = forms.TypedChoiceField(
        label=_("What they said"),
        choices=[("", _("Choose…")), ("yes", _("They allow it")), ("no", _("They take it back"))],
        coerce=lambda value: value == "yes",
        error_messages={"required": _("Choose what they said")},
    )
    channel = forms.ChoiceField(label=_("Said by"), choices=Lead.ContactBy.choices)


class GuardianForm(forms.Form):
    """Whether the person is under 18, and who speaks for them."""

    under_18 = forms.BooleanField(label=_("Under 18"), required=False)
    guardian_name = LineField(label=_("Guardian's name"), max_length=120, required=False)
    guardian_contact = LineField(label=_("Guardian's phone or e-mail"), max_length=254, required=False)

    def __init__(self, data: Any = None, *, person: Person) -> None:
        super().__init__(data, initial={name: getattr(person, name) for name in self.base_fields})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("under_18"):
            if not cleaned.get("guardian_name"):
                self.add_error("guardian_name", _("Enter the name of a parent or guardian"))
            if not cleaned.get("guardian_contact"):
                self.add_error("guardian_contact", _("Enter a phone number or e-mail address of theirs"))
        return cleaned


class RestrictForm(forms.Form):
    """Why a person is hidden from the desk."""

    reason = LineField(
        label=_("Reason"), max_length=120, error_messages={"required": _("Say why, like “asked by phone”")}
    )
