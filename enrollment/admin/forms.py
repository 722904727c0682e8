"""The small forms of the lead page. Hidden `shown` fields carry what the user saw."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from accounts.fields import CleanCharField, LineField
from accounts.models import User
from courses.models import Cohort, CoursePage
from enrollment.admin.permissions import lead_workers
from enrollment.desk import plan_shown
from enrollment.forms import LONGEST_ID
from enrollment.models import Enrollment, Lead


class KeyField(forms.ModelChoiceField):
    """One row by its key; a number that no database holds is no choice rather than a failure."""

    def to_python(self, value: Any) -> Any:
        if len(str(value)) >= LONGEST_ID:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


class LeadForm(forms.Form):
    """A form about one lead; ids carry its name, because several stand on one page."""

    name = ""

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        self.lead = lead
        super().__init__(data, initial=self.initial_for(lead), auto_id=f"{self.name}-%s")
        for field in self.fields.values():
            field.widget.is_required = False

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {}


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
    """Where the lead stands. Enrolled is left out: only enrolling leads there."""

    name = "stage"
    stage = forms.ChoiceField(
        label=_("Stage"), error_messages={"invalid_choice": _("Choose a stage from the list")}
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        cast(forms.ChoiceField, self.fields["stage"]).choices = [
            (value, label)
            for value, label in Lead.Stage.choices
            if value != Lead.Stage.ENROLLED or lead.stage == value
        ]

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {"stage": lead.stage, "shown": lead.stage}


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


class CohortField(KeyField):
    """A cohort with its start, its mode and the seats that are left."""

    def label_from_instance(self, cohort: Cohort) -> str:
        seats = (
            _("%(left)d of %(seats)d seats left") % {"left": cohort.seats_left, "seats": cohort.seats}
            if cohort.seats_left
            else _("full")
        )
        return f"{cohort} ({cohort.get_mode_display()}; {seats})"


class EnrolForm(LeadForm):
    """A place in a course, with a seat in one of its cohorts when there is one."""

    name = "enrol"
    course = KeyField(
        label=_("Course"),
        queryset=CoursePage.objects.none(),
        empty_label=_("Choose a course"),
        error_messages={
            "required": _("Choose a course"),
            "invalid_choice": _("Choose a course from the list"),
        },
    )
    cohort = CohortField(
        label=_("Cohort"),
        queryset=Cohort.objects.none(),
        required=False,
        empty_label=_("No cohort: learns alone"),
        error_messages={"invalid_choice": _("Choose a cohort from the list")},
    )

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        courses = cast(forms.ModelChoiceField, self.fields["course"])
        courses.queryset = CoursePage.objects.live().order_by("title")
        cohorts = cast(forms.ModelChoiceField, self.fields["cohort"])
        cohorts.queryset = Cohort.objects.upcoming().select_related("course")

    def initial_for(self, lead: Lead) -> dict[str, Any]:
        return {"course": lead.course_id}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        course, cohort = cleaned.get("course"), cleaned.get("cohort")
        if course and cohort and cohort.course_id != course.pk:
            self.add_error("cohort", _("Choose a cohort of this course"))
        return cleaned


class WithdrawForm(LeadForm):
    """The end of an enrolment that came from this lead."""

    name = "withdraw"
    enrollment = KeyField(
        queryset=Enrollment.objects.none(),
        error_messages={
            "required": _("Choose an enrolment that is still open"),
            "invalid_choice": _("This enrolment is not open any more"),
        },
    )

    def __init__(self, data: Any = None, *, lead: Lead) -> None:
        super().__init__(data, lead=lead)
        enrollments = cast(forms.ModelChoiceField, self.fields["enrollment"])
        enrollments.queryset = Enrollment.objects.open().filter(lead=lead).select_related("course")


LEAD_FORMS: list[type[LeadForm]] = [NoteForm, StageForm, OwnerForm, NextActionForm, EnrolForm]


class CohortForm(WagtailAdminModelForm):
    """A cohort as staff edit it; the seats taken are the enrolment service's alone."""

    def clean_course(self) -> CoursePage:
        course = self.cleaned_data["course"]
        others = Enrollment.objects.filter(cohort=self.instance.pk).exclude(course=course)
        if self.instance.pk and others.exists():
            raise forms.ValidationError(
                _("Learners are or were enrolled in this cohort, so its course stays. Make another cohort.")
            )
        return course

    def clean_seats(self) -> int:
        seats = self.cleaned_data["seats"]
        now = Cohort.objects.filter(pk=self.instance.pk).first()
        if now and seats < now.seats_taken:
            raise too_few_seats(now)
        return seats

    def save(self, commit: bool = True) -> Cohort:
        """Write the edited fields alone, so that a seat taken meanwhile stays taken."""
        if not commit or self.instance._state.adding:
            return super().save(commit=commit)
        cohort = super().save(commit=False)
        cohort.save(update_fields=list(self._meta.fields))
        return cohort


def too_few_seats(cohort: Cohort) -> forms.ValidationError:
    """Say how many seats are taken."""
    return forms.ValidationError(
        _("%(taken)d seats are taken. Enter %(taken)d or more.") % {"taken": cohort.seats_taken}
    )
