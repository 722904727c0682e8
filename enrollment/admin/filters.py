"""The filters of the lead list; each combination is an address that can be kept as a link."""

from datetime import datetime
from typing import ClassVar

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet

from courses.models import CoursePage
from enrollment.admin.permissions import lead_workers
from enrollment.models import Lead

NOBODY = "nobody"
MINE = "me"


class OwnerField(forms.ChoiceField):
    """An owner by key, oneself, or nobody; the choices are read when the form is shown."""

    def __init__(self, **kwargs: object) -> None:
        kwargs.pop("empty_label", None)
        super().__init__(choices=owner_choices, **kwargs)


def owner_choices() -> list[tuple[str, str]]:
    """Return everybody who may own a lead, after oneself and nobody; one query."""
    people = [(str(person.pk), str(person)) for person in lead_workers()]
    return [("", _("Anybody")), (MINE, _("Me")), (NOBODY, _("Nobody")), *people]


def source_choices() -> list[tuple[str, str]]:
    """Return the sources that leads came from; one query."""
    sources = Lead.objects.order_by("source").values_list("source", flat=True).distinct()
    return [(source, source.capitalize()) for source in sources]


class OwnerFilter(django_filters.Filter):
    """Leads of one owner, of oneself, or of nobody."""

    field_class = OwnerField

    def filter(self, qs: QuerySet[Lead], value: str) -> QuerySet[Lead]:
        if not value:
            return qs
        if value == NOBODY:
            return qs.filter(owner=None)
        return qs.filter(owner=self.parent.request.user.pk if value == MINE else value)


class LeadFilterSet(WagtailFilterSet):
    """Stage, owner, interest, course, source, what is late or due, and when they asked."""

    stage = django_filters.MultipleChoiceFilter(
        label=_("Stage"), choices=Lead.Stage, widget=forms.CheckboxSelectMultiple
    )
    owner = OwnerFilter(label=_("Owner"))
    late = django_filters.BooleanFilter(
        label=_("Answer"), method="filter_late",
        widget=forms.Select(choices=[("", _("Any")), ("true", _("Late")), ("false", _("Not late"))]),
    )  # fmt: skip
    due = django_filters.BooleanFilter(
        label=_("Next action"), method="filter_due",
        widget=forms.Select(choices=[("", _("Any")), ("true", _("Due")), ("false", _("Not due"))]),
    )  # fmt: skip
    interest = django_filters.MultipleChoiceFilter(
        label=_("Interest"), choices=Lead.Interest, widget=forms.CheckboxSelectMultiple
    )
    course = django_filters.ModelMultipleChoiceFilter(
        label=_("Course"),
        queryset=CoursePage.objects.order_by("title"),
        widget=forms.CheckboxSelectMultiple,
    )
    source = django_filters.MultipleChoiceFilter(
        label=_("Source"), choices=source_choices, widget=forms.CheckboxSelectMultiple
    )
    created_at = django_filters.DateFromToRangeFilter(
        label=_("Asked"), widget=DateRangePickerWidget
    )

    class Meta:
        model = Lead
        fields: ClassVar[list[str]] = []

    def filter_late(self, leads: QuerySet[Lead], name: str, value: bool) -> QuerySet[Lead]:
        return leads.late() if value else leads.exclude(pk__in=Lead.objects.late().values("pk"))

    def filter_due(self, leads: QuerySet[Lead], name: str, value: bool) -> QuerySet[Lead]:
        due = {"next_action_at__lte": end_of_today()}
        return leads.open().filter(**due) if value else leads.exclude(**due)


def end_of_today() -> datetime:
    """Return the last moment of today where the institute is."""
    return timezone.localtime().replace(hour=23, minute=59, second=59, microsecond=999999)
