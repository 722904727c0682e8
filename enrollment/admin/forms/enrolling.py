"""The forms of the lead page that give and take places in courses."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.models import Cohort, CoursePage
from enrollment.admin.forms.base import KeyField, LeadForm
from enrollment.models import Enrollment, Lead


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
