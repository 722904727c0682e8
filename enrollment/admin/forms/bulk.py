"""The small forms of bulk actions; each asks once for all the chosen leads."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from courses.models import Cohort, CoursePage
from enrollment.access import admissions_workers
from enrollment.admin.exports import MOST_IN_XLSX
from enrollment.admin.forms.base import ClosingReasonField, KeyField, TagsField
from enrollment.admin.forms.enrolling import CohortField
from enrollment.admin.permissions import may_manage_leads
from enrollment.models import LeadTag, PipelineStage


class BulkForm(forms.Form):
    """What an action needs to know; `count` is the number of leads that it is about."""

    def __init__(self, data: Any = None, *, actor: User, count: int) -> None:
        self.actor, self.count = actor, count
        super().__init__(data)
        for field in self.fields.values():
            field.widget.is_required = False


class AssignForm(BulkForm):
    """Who gets the leads. Who doesn't manage leads takes them for themselves, so nothing is asked."""

    NOBODY = "nobody"

    owner = forms.ChoiceField(
        label=_("New owner"),
        error_messages={
            "required": _("Choose an owner, or Nobody"),
            "invalid_choice": _("Choose an owner from the list"),
        },
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if not may_manage_leads(self.actor):
            del self.fields["owner"]
            return
        self.people = {str(person.pk): person for person in admissions_workers()}
        cast(forms.ChoiceField, self.fields["owner"]).choices = [
            ("", _("Choose an owner")),
            (self.NOBODY, _("Nobody")),
            *((key, str(person)) for key, person in self.people.items()),
        ]

    def clean_owner(self) -> User | None:
        return self.people.get(self.cleaned_data["owner"])


class MoveForm(BulkForm):
    """The stage to move to, and why when that is Closed. Enrolled has its own action."""

    stage = forms.ChoiceField(
        label=_("New stage"),
        error_messages={
            "required": _("Choose a stage"),
            "invalid_choice": _("Choose a stage from the list"),
        },
    )
    reason = ClosingReasonField()

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        stages = PipelineStage.objects.exclude(key=PipelineStage.ENROLLED).values_list("key", "name")
        cast(forms.ChoiceField, self.fields["stage"]).choices = [("", _("Choose a stage")), *stages]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("stage") == PipelineStage.CLOSED and not cleaned.get("reason"):
            self.add_error("reason", _("Choose why the leads are closed"))
        return cleaned


class TagForm(BulkForm):
    """Tags to stick on the leads, and one to take off."""

    add = TagsField(
        label=_("Tags to add"),
        required=False,
        max_length=200,
        help_text=_("Several with commas between them; new ones are made."),
        error_messages={"max_length": _("Shorten the tags to 200 characters or fewer")},
    )
    remove = KeyField(
        label=_("Tag to take off"),
        queryset=LeadTag.objects.all(),
        required=False,
        empty_label=_("None"),
        error_messages={"invalid_choice": _("Choose a tag from the list")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("add") and not cleaned.get("remove"):
            self.add_error("add", _("Enter a tag to add, or choose one to take off"))
        return cleaned


class ExportForm(BulkForm):
    """The kind of file."""

    file_format = forms.ChoiceField(
        label=_("File"),
        choices=[("csv", _("CSV")), ("xlsx", _("Excel workbook (XLSX)"))],
        error_messages={
            "required": _("Choose a kind of file"),
            "invalid_choice": _("Choose a kind of file from the list"),
        },
    )

    def clean_file_format(self) -> str:
        chosen = self.cleaned_data["file_format"]
        if chosen == "xlsx" and self.count > MOST_IN_XLSX:
            raise forms.ValidationError(
                _("A workbook takes at most %(most)s leads. Choose CSV, or narrow the list.")
                % {"most": f"{MOST_IN_XLSX:,}"}
            )
        return chosen


class EnrolManyForm(BulkForm):
    """The course for everybody, with a seat in one of its cohorts when there is one."""

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

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        courses = cast(forms.ModelChoiceField, self.fields["course"])
        courses.queryset = CoursePage.objects.live().order_by("title")
        cohorts = cast(forms.ModelChoiceField, self.fields["cohort"])
        cohorts.queryset = Cohort.objects.upcoming().select_related("course")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        course, cohort = cleaned.get("course"), cleaned.get("cohort")
        if course and cohort and cohort.course_id != course.pk:
            self.add_error("cohort", _("Choose a cohort of this course"))
        return cleaned
