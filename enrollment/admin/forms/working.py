"""The forms of the lead page by which a lead is worked."""

from datetime import datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import CleanCharField, LineField
from accounts.models import User
from courses.calendar import WorkingCalendar
from courses.models import InstituteSettings
from enrollment.access import admissions_workers
from enrollment.admin.forms.base import ClosingReasonField, KeyField, LeadForm, MomentField
from enrollment.desk import plan_shown
from enrollment.models import ClosingReason, Lead, PipelineStage

MORNING = time(10)
QUICK_TIMES = [
    ("hour", _("In 1 hour")),
    ("tomorrow", _("Tomorrow 10:00")),
    ("days", _("In 3 days")),
]
"""The usual times of a next action, all in working hours."""


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
    reason = ClosingReasonField()
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


class TakeForm(LeadForm):
    """Taking a lead that is nobody's, or giving back one's own: all that plain admissions may do."""

    name = "owner"
    owner = forms.CharField(required=False)

    def __init__(self, data: Any = None, *, lead: Lead, actor: User) -> None:
        self.actor = actor
        super().__init__(data, lead=lead)

    def clean(self) -> dict[str, Any]:
        """Take it as nobody's lead or give it back as one's own, whatever the form says it showed."""
        owner = (super().clean() or {}).get("owner", "")
        if owner not in {"", str(self.actor.pk)}:
            raise forms.ValidationError(_("Only an admissions lead can give leads to somebody else."))
        if owner:
            return {"owner": self.actor, "shown": ""}
        return {"owner": None, "shown": str(self.actor.pk)}


class OwnerForm(LeadForm):
    """Who looks after the lead, chosen by an admissions lead."""

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
        cast(forms.ModelChoiceField, self.fields["owner"]).queryset = admissions_workers()

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
    at = MomentField(label=_("When"))
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {"action": lead.next_action, "at": lead.next_action_at, "shown": plan_shown(lead)}


class QuickPlanForm(LeadForm):
    """A next action at one of the usual times; its buttons stand in the form above."""

    name = "next"
    action = LineField(
        required=False,
        max_length=120,
        error_messages={"max_length": _("Shorten the next action to 120 characters or fewer")},
    )
    quick = forms.ChoiceField(
        choices=QUICK_TIMES, error_messages={"invalid_choice": _("Choose one of the times")}
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["action"] = cleaned.get("action") or str(_("Call"))
        if cleaned.get("quick"):
            cleaned["at"] = quick_time(cleaned["quick"], InstituteSettings.current().calendar())
        return cleaned


def quick_time(choice: str, calendar: WorkingCalendar) -> datetime:
    """Return the moment of a usual time, moved into the next working hours where it isn't in any."""
    now = timezone.localtime().replace(second=0, microsecond=0)
    if choice == "hour":
        wanted = now + timedelta(hours=1)
    else:
        days = 1 if choice == "tomorrow" else 3
        wanted = datetime.combine(now.date() + timedelta(days=days), MORNING, now.tzinfo)
    return calendar.add_hours(wanted, 0)


class DoneForm(LeadForm):
    """The planned action is done; its button stands in the form above."""

    name = "next"
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
