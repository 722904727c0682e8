"""The forms about a person's data."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from enrollment.models import Consent, Lead, Person


class ConsentForm(forms.Form):
    """What the person said about one purpose, and how they said it."""

    purpose = forms.ChoiceField(label=_("Purpose"), choices=Consent.Purpose.choices)
    granted = forms.TypedChoiceField(
        label=_("What they said"),
        choices=[("", "–"), ("yes", _("They allow it")), ("no", _("They take it back"))],  # noqa: RUF001
        coerce=lambda value: value == "yes",
        error_messages={"required": _("Choose what they said")},
    )
    channel = forms.ChoiceField(label=_("Said by"), choices=Lead.ContactBy.choices)


class GuardianForm(forms.ModelForm):
    """Whether the person is under 18, and who speaks for them."""

    guardian_name = LineField(label=_("Guardian's name"), max_length=120, required=False)
    guardian_contact = LineField(label=_("Guardian's phone or e-mail"), max_length=254, required=False)

    class Meta:
        model = Person
        fields: ClassVar = ["under_18", "guardian_name", "guardian_contact"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("under_18"):
            if not cleaned.get("guardian_name"):
                self.add_error("guardian_name", _("Enter the name of a parent or guardian"))
            if not cleaned.get("guardian_contact"):
                self.add_error("guardian_contact", _("Enter a phone number or e-mail address of theirs"))
        return cleaned

    def save(self, commit: bool = True) -> Person:
        person = super().save(commit=False)
        person.save(update_fields=["under_18", "guardian_name", "guardian_contact"])
        return person


class RestrictForm(forms.Form):
    """Why a person is hidden from the desk."""

    reason = LineField(
        label=_("Reason"), max_length=120, error_messages={"required": _("Say why, like “asked by phone”")}
    )
