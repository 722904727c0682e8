"""What a report was asked for: its address read into a period, a comparison and filters."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.models import CoursePage
from courses.wall_clock import today
from enrollment.admin.filters import MINE, NOBODY, SOMEBODY, owner_choices
from enrollment.figures.periods import Comparison, Named, Period, named_period
from enrollment.figures.scope import Scope
from enrollment.models import Lead

EARLIEST_YEAR = 2000
NOT_OFFERED = {"invalid_choice": _("Choose one from the list, then press Show.")}
"""Said of an address that was kept or shared and names what is gone since."""

SPLIT_NAMES = [
    ("source", _("Source")),
    ("course", _("Course")),
    ("owner", _("Owner")),
    ("month", _("Month")),
    ("campaign", _("Campaign")),
]


@dataclass(frozen=True)
class ReportQuery:
    """The period, the one that it is compared with (None: with nothing), the filters and the split."""

    period: Period
    before: Period | None
    scope: Scope
    split: str


class ReportForm(forms.Form):
    """The filters above every report; an address without them means this month, all leads."""

    period = forms.ChoiceField(label=_("Period"), choices=Named, error_messages=NOT_OFFERED)
    first = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    compare = forms.ChoiceField(label=_("Compared with"), choices=Comparison, error_messages=NOT_OFFERED)
    course = forms.TypedChoiceField(
        label=_("Course"), required=False, coerce=int, empty_value=None, error_messages=NOT_OFFERED
    )
    source = forms.ChoiceField(
        label=_("Source"),
        required=False,
        choices=[("", _("Any")), *Lead.Source.choices],
        error_messages=NOT_OFFERED,
    )
    owner = forms.ChoiceField(label=_("Owner"), required=False, error_messages=NOT_OFFERED)
    split = forms.ChoiceField(label=_("Split by"), choices=SPLIT_NAMES, error_messages=NOT_OFFERED)

    DEFAULTS = {"period": Named.THIS_MONTH, "compare": Comparison.BEFORE, "split": "source"}

    def __init__(self, data: QueryDict) -> None:
        given = {name: value for name, value in data.items() if name in self.base_fields}
        if given.get("first") and given.get("last") and not given.get("period"):
            given["period"] = Named.CUSTOM.value
        super().__init__(self.DEFAULTS | given)
        courses = CoursePage.objects.order_by("title").values_list("pk", "title")
        owners = owner_choices(str(given.get("owner", "")))
        self.fields["course"].choices = [("", gettext("Any")), *courses]  # type: ignore[attr-defined]
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            ("", gettext("Anybody")), *(owner for owner in owners if owner[0] not in {MINE, SOMEBODY}),
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        if answers.get("period") != Named.CUSTOM:
            return answers
        first, last = answers.get("first"), answers.get("last")
        if "first" not in self.errors and first is None:
            self.add_error("first", gettext("Enter the first day, or choose another period."))
        if "last" not in self.errors and last is None:
            self.add_error("last", gettext("Enter the last day, or choose another period."))
        if first and last and first > last:
            self.add_error("last", gettext("Enter a last day that is not before the first."))
        if first and first.year < EARLIEST_YEAR:
            self.add_error("first", gettext("Enter a day in or after the year 2000."))
        if last and last > today():
            self.add_error("last", gettext("Enter a day that is not in the future."))
        return answers

    def query(self) -> ReportQuery:
        """Return what was asked for, of a valid form."""
        answers = self.cleaned_data
        if answers["period"] == Named.CUSTOM:
            period = Period(answers["first"], answers["last"])
        else:
            period = named_period(answers["period"], today())
        owner = answers["owner"]
        return ReportQuery(
            period=period,
            before=period.compared_with(answers["compare"]),
            scope=Scope(
                course=answers["course"],
                source=answers["source"],
                owner=int(owner) if owner and owner != NOBODY else None,
                without_owner=owner == NOBODY,
            ),
            split=answers["split"],
        )
