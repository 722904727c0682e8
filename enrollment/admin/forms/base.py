"""What the small forms of the lead page share. Hidden `shown` fields carry what the user saw."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import CleanCharField, LineField
from enrollment.forms import LONGEST_ID
from enrollment.models import ClosingReason, Lead
from enrollment.tagging import LONGEST_TAG, MOST_TAGS


class KeyField(forms.ModelChoiceField):
    """One row by its key; a number that no database holds is no choice rather than a failure."""

    def to_python(self, value: Any) -> Any:
        if len(str(value)) >= LONGEST_ID:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


class LeadForm(forms.Form):
    """A form about one lead; ids carry its name, because several stand on one page."""

    name = ""

    def __init__(self, data: Any = None, *, lead: Lead, files: Any = None) -> None:
        self.lead = lead
        super().__init__(data, files, initial=self.initial_for(lead), auto_id=f"{self.name}-%s")
        for field in self.fields.values():
            field.widget.is_required = False

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {}


class LetterFields(forms.Form):
    """What a mail says."""

    subject = LineField(
        label=_("Subject"),
        max_length=150,
        error_messages={
            "required": _("Enter a subject"),
            "max_length": _("Shorten the subject to 150 characters or fewer"),
        },
    )
    text = CleanCharField(
        label=_("Text"),
        max_length=10000,
        widget=forms.Textarea(attrs={"rows": 9}),
        error_messages={
            "required": _("Write the text first"),
            "max_length": _("Shorten the text to 10,000 characters or fewer"),
        },
    )


class MomentField(forms.DateTimeField):
    """A date and a time of the institute, chosen with the browser's own control."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
            error_messages={
                "required": _("Enter a date and time"),
                "invalid": _("Enter a date and time, like 2026-11-24 10:30"),
            },
            **kwargs,
        )


class ClosingReasonField(KeyField):
    """Why leads are closed, of the reasons that are offered."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Reason for closing"),
            queryset=ClosingReason.objects.filter(is_active=True),
            required=False,
            empty_label=_("Only needed to close"),
            error_messages={"invalid_choice": _("Choose a reason from the list")},
        )


class TagsField(LineField):
    """The names of tags, with commas between them."""

    def clean(self, value: Any) -> list[str]:
        names = [name for part in super().clean(value).split(",") if (name := part.strip())]
        if self.required and not names:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(names) > MOST_TAGS:
            raise forms.ValidationError(_("Enter at most %(most)d tags at once") % {"most": MOST_TAGS})
        if any(len(name) > LONGEST_TAG for name in names):
            raise forms.ValidationError(_("Shorten each tag to 40 characters or fewer"))
        return names


def refuse_past(moment: datetime | None) -> None:
    """Raise ValidationError for a moment that is over."""
    if moment and moment < timezone.now():
        raise forms.ValidationError(_("This time is over. Enter one that is still to come."))
