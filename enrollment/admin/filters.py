"""The filters of the lead list; each combination is an address that can be kept as a link."""

from datetime import datetime
from typing import ClassVar

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet

from courses.models import CoursePage
from enrollment.admin.permissions import lead_workers
from enrollment.forms import LONGEST_ID
from enrollment.models import Lead, PipelineStage
from enrollment.models.leads import LeadQuerySet

NOBODY = "nobody"
MINE = "me"


def owner_choices() -> list[tuple[str, str]]:
    """Return everybody who may own a lead, after oneself and nobody; one query."""
    people = [(str(person.pk), str(person)) for person in lead_workers()]
    return [(MINE, gettext("Me")), (NOBODY, gettext("Nobody")), *people]


def stage_choices() -> list[tuple[str, str]]:
    """Return the stages of the pipeline in their order; one query."""
    return list(PipelineStage.objects.values_list("key", "name"))


class CourseChoiceField(django_filters.fields.ModelMultipleChoiceField):
    """Courses by key; a number that no database holds is no choice rather than a failure."""

    def clean(self, value: list[str] | None) -> QuerySet[CoursePage]:
        if too_long := [key for key in value or [] if len(str(key)) >= LONGEST_ID]:
            raise forms.ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": too_long[0]}
            )
        return super().clean(value)


class CourseFilter(django_filters.ModelMultipleChoiceFilter):
    """Leads of one or more courses."""

    field_class = CourseChoiceField


class OwnerFilter(django_filters.ChoiceFilter):
    """Leads of one owner, of oneself, or of nobody."""

    def filter(self, qs: QuerySet[Lead], value: str) -> QuerySet[Lead]:
        if not value:
            return qs
        if value == NOBODY:
            return qs.filter(owner=None)
        owner = self.parent.request.user.pk if value == MINE else int(value)
        return qs.filter(owner=owner)


class LeadFilterSet(WagtailFilterSet):
    """Stage, owner, interest, course, source, what is late or due, and when they asked."""

    stage = django_filters.MultipleChoiceFilter(
        label=_("Stage"), choices=stage_choices, widget=forms.CheckboxSelectMultiple
    )
    owner = OwnerFilter(
        label=_("Owner"), choices=owner_choices, empty_label=_("Anybody"), widget=forms.RadioSelect
    )
    late = django_filters.ChoiceFilter(
        label=_("Answer"),
        choices=[("true", _("Late")), ("false", _("Not late"))],
        empty_label=_("Any"),
        widget=forms.RadioSelect,
        method="filter_late",
    )
    due = django_filters.ChoiceFilter(
        label=_("Next action"),
        choices=[("true", _("Due today or before")), ("false", _("Not due"))],
        empty_label=_("Any"),
        widget=forms.RadioSelect,
        method="filter_due",
    )
    interest = django_filters.MultipleChoiceFilter(
        label=_("Interest"), choices=Lead.Interest, widget=forms.CheckboxSelectMultiple
    )
    course = CourseFilter(
        label=_("Course"),
        queryset=CoursePage.objects.order_by("title"),
        widget=forms.CheckboxSelectMultiple,
    )
    source = django_filters.MultipleChoiceFilter(
        label=_("Source"), choices=Lead.Source, widget=forms.CheckboxSelectMultiple
    )
    created_at = django_filters.DateFromToRangeFilter(label=_("Asked"), widget=DateRangePickerWidget)

    class Meta:
        model = Lead
        fields: ClassVar[list[str]] = []

    def filter_late(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return leads.late() if value == "true" else leads.exclude(pk__in=Lead.objects.late().values("pk"))

    def filter_due(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        due = {"next_action_at__lte": end_of_today()}
        return leads.open().filter(**due) if value == "true" else leads.exclude(**due)


def end_of_today() -> datetime:
    """Return the last moment of today where the institute is."""
    return timezone.localtime().replace(hour=23, minute=59, second=59, microsecond=999999)
