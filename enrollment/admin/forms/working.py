"""The forms of the lead page by which a lead is worked."""

from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.fields import CleanCharField, LineField
from accounts.models import User
from enrollment.admin.forms.base import KeyField, LeadForm
from enrollment.admin.permissions import lead_workers
from enrollment.desk import plan_shown
from enrollment.models import ClosingReason, Lead, PipelineStage


class NoteForm(LeadForm):
    """A note for the timeline."""

    name = "note"
    text = CleanCharField(
        label=_("Note"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": _("Write the note first"),
            "max_length": _("Shorten the note to 4,000 characters or fewer"),
        },
    )


class StageForm(LeadForm):
    """Where the lead stands, and why when it is closed. Enrolled is left out: only enrolling leads there."""

    name = "stage"
    stage = forms.ChoiceField(
        label=_("Stage"), error_messages={"invalid_choice": _("Choose a stage from the list")}
    )
    reason = KeyField(
        label=_("Reason for closing"),
        queryset=ClosingReason.objects.none(),
        required=False,
        empty_label=_("Only needed to close"),
        error_messages={"invalid_choice": _("Choose a reason from the list")},
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        cast(forms.ChoiceField, self.fields["stage"]).choices = [
            (stage.key, stage.name)
            for stage in PipelineStage.objects.all()
            if stage.key != PipelineStage.ENROLLED or lead.stage_id == stage.key
        ]
        reasons = cast(forms.ModelChoiceField, self.fields["reason"])
        reasons.queryset = ClosingReason.objects.filter(Q(is_active=True) | Q(pk=lead.closing_reason_id))

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {"stage": lead.stage_id, "reason": lead.closing_reason_id, "shown": lead.stage_id}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("stage") == PipelineStage.CLOSED and not cleaned.get("reason"):
            self.add_error("reason", _("Choose why the lead is closed"))
        return cleaned


class OwnerForm(LeadForm):
    """Who looks after the lead."""

    name = "owner"
    owner = KeyField(
        label=_("Owner"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody"),
        error_messages={"invalid_choice": _("Choose an owner from the list")},
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        cast(forms.ModelChoiceField, self.fields["owner"]).queryset = lead_workers()

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {"owner": lead.owner_id, "shown": lead.owner_id or ""}


class NextActionForm(LeadForm):
    """What happens next, and when."""

    name = "next"
    action = LineField(
        label=_("Next action"),
        max_length=120,
        error_messages={
            "required": _("Say what is to be done, like “Call about the January cohort”"),
            "max_length": _("Shorten the next action to 120 characters or fewer"),
        },
    )
    at = forms.DateTimeField(
        label=_("When"),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        error_messages={
            "required": _("Enter a date and time"),
            "invalid": _("Enter a date and time, like 2026-11-24 10:30"),
        },
    )

    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {"action": lead.next_action, "at": lead.next_action_at, "shown": plan_shown(lead)}


class DoneForm(LeadForm):
    """The planned action is done; its button stands in the form above."""

    name = "next"
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
