"""The dry run of a sequence on a past month, as a screen and as a table for other programs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import SignedInRequest
from courses import wall_clock
from enrollment.accesses import note_access
from enrollment.admin.permissions import manager_screen
from enrollment.admin.sequence_words import moments, what_stops, who_enters
from enrollment.followups.candidates import Entry
from enrollment.followups.rehearsing import MOST, Outcome, Rehearsal, Rehearsed, month_bounds, rehearse
from enrollment.models import DataAccess, Sequence
from enrollment.spreadsheets import table_response

MONTHS = 12
PAGE = 25
Trigger = Sequence.Trigger


class MonthForm(forms.Form):
    """Which month to go through; the last whole one unless another is chosen."""

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.months = {f"{month:%Y-%m}": month for month in past_months()}
        choices = [(key, date_format(month, "F Y")) for key, month in self.months.items()]
        self.fields["month"] = forms.ChoiceField(label=_("Month"), choices=choices)

    @property
    def chosen(self) -> date:
        """The chosen month; the last whole one for an odd choice."""
        found = self.cleaned_data.get("month", "") if self.is_valid() else ""
        return self.months.get(found) or next(iter(self.months.values()))


def past_months() -> list[date]:
    """Return the first days of the last whole months, the newest first."""
    found, day = [], wall_clock.today().replace(day=1)
    for _number in range(MONTHS):
        day = (day - timedelta(days=1)).replace(day=1)
        found.append(day)
    return found


@dataclass(frozen=True)
class Day:
    """A bar of the plot: its place, and how many messages would have left."""

    place: int
    top: int
    count: int


@dataclass(frozen=True)
class Days:
    """The days from the first of the month to the last message."""

    bars: list[Day]
    width: int
    height: int
    first: date
    last: date
    busiest: date


@manager_screen
@require_safe
def rehearsal(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Show who would have got what and when; a download is noted."""
    sequence = get_object_or_404(Sequence.objects.select_related("course", "stage"), pk=pk)
    form = MonthForm(request.GET if "month" in request.GET else {"month": f"{past_months()[0]:%Y-%m}"})
    month = form.chosen
    found = rehearse(sequence, month=month)
    if request.GET.get("export") == "csv":
        return _download(request, sequence, month, found)
    context = {
        "sequence": sequence,
        "who": who_enters(sequence),
        "stops": what_stops(sequence),
        "moments": moments(list(sequence.steps.select_related("text").order_by("sort_order", "pk"))),
        "form": form,
        "month": month,
        "found": found,
        "most": MOST,
        "counts": [(outcome, found.counts[outcome]) for outcome in Outcome if found.counts[outcome]],
        "days": plot(found, month),
        "page": Paginator(found.entries, PAGE).get_page(request.GET.get("page")),
        "why": why_entered(sequence),
    }
    return render(request, "enrollment/admin/sequences/rehearsal.html", context)


def plot(found: Rehearsal, month: date) -> Days | None:
    """Return a bar for each day on which something would have left, or None for nothing at all."""
    per_day = found.per_day
    if not per_day:
        return None
    first, after = (moment.date() for moment in month_bounds(month))
    last = max([*per_day, after - timedelta(days=1)])
    highest = max(per_day.values())
    bars = [Day((day - first).days, highest - count, count) for day, count in sorted(per_day.items())]
    busiest = max(per_day, key=lambda day: per_day[day])
    return Days(bars, (last - first).days + 1, highest, first, last, busiest)


def why_entered(sequence: Sequence) -> str:
    """Return what made people enter, in a word or two."""
    return {
        Trigger.ENQUIRY: _("asked"),
        Trigger.STAGE: _("came into “%(stage)s”") % {"stage": sequence.stage},
        Trigger.WAITING: _("joined the waiting list"),
        Trigger.ENROLLED: _("was enrolled"),
        Trigger.INACTIVE: _("%(days)s days without a lesson") % {"days": sequence.days},
        Trigger.COHORT: _("%(days)s days before the start") % {"days": sequence.days},
    }[Trigger(sequence.trigger)]


def _download(
    request: SignedInRequest, sequence: Sequence, month: date, found: Rehearsal
) -> HttpResponseBase:
    query = f"sequence={sequence.pk}&month={month:%Y-%m}"
    note_access(actor=request.user, kind=DataAccess.Kind.EXPORT, count=len(found.entries), query=query)
    headings = [
        _("Reference"), _("Name"), _("Entered at"), _("Why"), _("Step"), _("At"), _("Channel"), _("Text"),
        _("Outcome"), _("Reason"),
    ]  # fmt: skip
    rows = (line for row in found.entries for line in _lines(row, why_entered(sequence)))
    name = f"dry-run-{sequence.pk}-{month:%Y-%m}"
    return table_response(name=name, file_format="csv", headings=headings, rows=rows)


def _lines(row: Rehearsed, why: str) -> Iterator[list[Any]]:
    entry: Entry = row.entry
    for tried in row.steps:
        yield [
            row.lead.reference,
            row.lead.person.name,
            entry.at,
            why,
            tried.number,
            tried.at,
            tried.step.get_channel_display(),
            tried.step.text.name,
            tried.outcome.label,
            tried.why,
        ]
