"""The forms of the lead page about follow-ups. Each names its run, since several stand on one page."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.fields import CleanCharField
from courses import wall_clock
from enrollment.admin.forms.base import KeyField, LeadForm, LetterFields
from enrollment.models import Lead, Sequence, SequenceRun
from outbox.models import Message

LONGEST_SNOOZE = timedelta(days=365)
USUAL_SNOOZE = timedelta(days=7)


class ReplyForm(LeadForm):
    """An answer that came outside of the product."""

    name = "reply"
    text = CleanCharField(
        label=_("What they said"),
        max_length=10000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": _("Write what they said first"),
            "max_length": _("Shorten it to 10,000 characters or fewer"),
        },
    )


class RunField(KeyField):
    """One of the lead's runs."""

    def __init__(self, **kwargs: Any) -> None:
        gone = _("These follow-ups aren't this lead's any more. Open the page again.")
        super().__init__(
            queryset=SequenceRun.objects.none(),
            widget=forms.HiddenInput,
            error_messages={"required": gone, "invalid_choice": gone},
            **kwargs,
        )


class RunForm(LeadForm):
    """A form about one run; alone it is a button."""

    run = RunField()

    def __init__(self, data: Any = None, *, lead: Lead, run: SequenceRun | None = None) -> None:
        self.shown_run = run
        super().__init__(data, lead=lead)
        self.fields["run"].queryset = SequenceRun.objects.filter(lead=lead)  # type: ignore[attr-defined]
        key = run.pk if run else (data or {}).get("run", "")
        self.auto_id = f"{self.name}-{key}-%s"

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {"run": self.shown_run.pk if self.shown_run else None}


class ResumeForm(RunForm):
    """Let a snoozed run go on."""

    name = "run-resume"


class StopForm(RunForm):
    """End a run."""

    name = "run-stop"


class SnoozeForm(RunForm):
    """Let a run wait until a day."""

    name = "run-snooze"
    until = forms.DateField(
        label=_("Nothing leaves before"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": _("Enter a day"),
            "invalid": _("Enter a day, like 2026-11-24"),
        },
    )

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return super().initial_for(lead) | {"until": wall_clock.today() + USUAL_SNOOZE}

    def clean_until(self) -> date:
        until, today = self.cleaned_data["until"], wall_clock.today()
        if until <= today:
            raise forms.ValidationError(_("Enter a day that is still to come."))
        if until > today + LONGEST_SNOOZE:
            raise forms.ValidationError(
                _("Enter a day within a year, or stop these follow-ups and plan a next action instead.")
            )
        return until


class OriginalForm(RunForm):
    """Take an edited mail back to what the sequence says."""

    name = "run-original"
    shown = forms.CharField(widget=forms.HiddenInput, required=False)


class EditForm(LetterFields, RunForm):
    """What the next mail of a run says. `shown` is the message that the editor saw."""

    name = "run-edit"
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    @classmethod
    def of(cls, run: SequenceRun, message: Message, *, shown: str) -> "EditForm":
        """Return the form with the message as it would leave now."""
        form = cls(lead=run.lead, run=run)
        form.initial.update(
            subject=message.subject, text=message.content.get("body", message.text), shown=shown
        )
        return form


class StartForm(LeadForm):
    """Letting the lead into a sequence. The hidden key makes pressing twice harmless."""

    name = "run-start"
    sequence = KeyField(
        label=_("Follow-ups"),
        queryset=Sequence.objects.running(),
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ["required", "invalid_choice"], _("Choose follow-ups that are switched on")
        ),
    )
    key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(["required", "invalid"], _("Open the page again and start from there")),
    )

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {"key": uuid4()}
