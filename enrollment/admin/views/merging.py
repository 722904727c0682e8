"""Merging two leads side by side, and taking a merge back."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from wagtail.admin import messages

from courses import wall_clock
from enrollment.admin.permissions import StaffRequest, manager_screen
from enrollment.errors import EnrollmentError, LeadsChanged, NotWorkedAnyMore
from enrollment.forms import LONGEST_ID
from enrollment.merge_choices import KEPT, OTHER, Choice, choices_for, fingerprint_of, likely, points_of
from enrollment.merging import UNDO_FOR, count_followers, kept_key, merge, refusal
from enrollment.models import Lead, Merge
from enrollment.people import fold_name
from enrollment.unmerging import undo


@dataclass(frozen=True)
class Offer:
    """One choice as it is shown: both values in words, and which one is marked."""

    choice: Choice
    kept: str
    other: str
    marked: str

    @property
    def differs(self) -> bool:
        return self.kept != self.other


@dataclass(frozen=True)
class OfferedPoint:
    """An address or number as it is shown: whose it is, and whether it is ticked."""

    key: int
    as_typed: str
    whose: str
    is_ticked: bool


@manager_screen
@require_http_methods(["GET", "HEAD", "POST"])
def merge_leads(request: StaffRequest, kept_pk: int, other_pk: int) -> HttpResponse:
    """Show two leads side by side, and make them one as chosen."""
    leads = {lead.pk: lead for lead in _leads().filter(pk__in={kept_pk, other_pk})}
    if len(leads) < 2:
        return _one_is_gone(request, kept_pk, other_pk)
    kept, other = leads[kept_pk], leads[other_pk]
    if request.method != "POST":
        return _show(request, kept, other)
    chosen = {
        choice.name: request.POST[choice.name]
        for choice in choices_for(kept, other)
        if request.POST.get(choice.name) in (KEPT, OTHER)
    }
    try:
        merge(
            kept=kept,
            other=other,
            actor=request.user,
            chosen=chosen,
            points=_ticked(request),
            shown=request.POST.get("shown", ""),
        )
    except NotWorkedAnyMore:
        return _one_is_gone(request, kept_pk, other_pk)
    except EnrollmentError as error:
        status = 409 if isinstance(error, LeadsChanged) else 422
        pair = _leads().get(pk=kept_pk), _leads().get(pk=other_pk)
        return _show(request, *pair, problem=str(error), chosen=chosen, status=status)
    messages.success(
        request,
        _("%(other)s is part of this lead now. Until %(day)s you can take that back under Duplicates.")
        % {"other": other.reference, "day": date_format(wall_clock.today() + UNDO_FOR, "j F")},
    )
    return redirect("leads:inspect", kept.pk)


@manager_screen
@require_POST
def undo_merge(request: StaffRequest, pk: int) -> HttpResponse:
    """Part two merged leads again, and say what stayed as it is because it was changed since."""
    done = get_object_or_404(Merge.objects.select_related("absorbed"), pk=pk)
    try:
        stayed = undo(done, actor=request.user)
    except EnrollmentError as error:
        messages.error(request, str(error))
        return redirect("desk:duplicates")
    said = _("%(reference)s is a lead of its own again.") % {"reference": done.absorbed.reference}
    if stayed:
        more = _("Changed since and therefore kept: %(fields)s.") % {"fields": ", ".join(stayed)}
        messages.warning(request, f"{said} {more}")
    else:
        messages.success(request, said)
    return redirect("desk:duplicates")


def _leads() -> QuerySet[Lead]:
    return Lead.objects.select_related(
        "person__user", "course", "owner", "stage", "closing_reason", "capture_source"
    )


def _show(
    request: StaffRequest,
    kept: Lead,
    other: Lead,
    *,
    problem: str = "",
    chosen: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    points = _points(kept, other, None if chosen is None else _ticked(request))
    context = {
        "kept": kept,
        "other": other,
        "are_strangers": _are_strangers(kept, other, points),
        "offers": [
            Offer(
                choice,
                choice.words(kept),
                choice.words(other),
                (chosen or {}).get(choice.name) or likely(choice, kept, other),
            )
            for choice in choices_for(kept, other)
        ],
        "points": points,
        "followers": count_followers(other, to=kept),
        "shown": fingerprint_of(kept, other),
        "problem": problem,
        "refusal": refusal(kept, other),
        "undo_days": UNDO_FOR.days,
    }
    return render(request, "enrollment/admin/duplicates/merge.html", context, status=status)


def _points(kept: Lead, other: Lead, ticked: set[int] | None) -> list[OfferedPoint]:
    """Return every address and number once, all ticked at first; one person's two leads choose none."""
    if kept.person_id == other.person_id:
        return []
    mine, theirs = points_of(kept.person), points_of(other.person)
    values = {(point.kind, point.value) for point in theirs}
    known = {(point.kind, point.value) for point in mine}
    rows = [(point, _("both") if (point.kind, point.value) in values else kept.reference) for point in mine]
    rows += [(point, other.reference) for point in theirs if (point.kind, point.value) not in known]
    return [
        OfferedPoint(point.pk, point.as_typed, whose, ticked is None or point.pk in ticked)
        for point, whose in rows
    ]


def _are_strangers(kept: Lead, other: Lead, points: list[OfferedPoint]) -> bool:
    """Whether nothing says that the two people are one: no name, address or number in common."""
    return (
        kept.person_id != other.person_id
        and fold_name(kept.person.name) != fold_name(other.person.name)
        and all(point.whose != _("both") for point in points)
    )


def _ticked(request: StaffRequest) -> set[int]:
    keys = request.POST.getlist("points")
    return {int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < LONGEST_ID}


def _one_is_gone(request: StaffRequest, *keys: int) -> HttpResponse:
    """Say that a lead was merged or hidden meanwhile, and lead to where it went."""
    if Lead.everything.filter(pk__in=keys).count() < 2:
        raise Http404
    messages.warning(request, str(NotWorkedAnyMore()))
    went_to = next(filter(None, map(kept_key, keys)), None)
    return redirect("leads:inspect", went_to) if went_to else redirect("desk:duplicates")
