"""People who may be one: the list that admissions leads decide on, and merges that can be taken back."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin import messages

from enrollment import duplicates
from enrollment.accesses import note_access
from enrollment.admin.permissions import StaffRequest, manager_screen
from enrollment.merging import UNDO_FOR
from enrollment.models import (
    ContactPoint,
    DataAccess,
    DuplicateSuggestion,
    Lead,
    Merge,
    Person,
    PipelineStage,
)

ROWS = 20
DECIDED_ROWS = 10


@manager_screen
@require_safe
def overview(request: StaffRequest) -> HttpResponse:
    """Show open suggestions with both people's facts, and what was decided lately and can be undone."""
    place = _place(request.GET.get("after", ""))
    rows = list(_with_facts(_after(duplicates.open_suggestions(), place))[: ROWS + 1])
    shown = rows[:ROWS]
    if shown:
        people = {key for row in shown for key in (row.person_id, row.other_id)}
        query = request.GET.urlencode()
        note_access(actor=request.user, kind=DataAccess.Kind.DUPLICATES, count=len(people), query=query)
    context = {
        "suggestions": [_pair(row) for row in shown],
        "is_first_page": place is None,
        "after": _written(shown[-1]) if len(rows) > ROWS else "",
        "dismissed": _dismissed_lately() if place is None else [],
        "merges": _merged_lately() if place is None else [],
        "undo_days": UNDO_FOR.days,
        "shared_by_at_most": duplicates.SHARED_BY_AT_MOST,
    }
    return render(request, "enrollment/admin/duplicates/list.html", context)


@manager_screen
@require_POST
def dismiss(request: StaffRequest, pk: int) -> HttpResponse:
    """Say that the two are two people."""
    suggestion = get_object_or_404(DuplicateSuggestion.objects.select_related("person", "other"), pk=pk)
    duplicates.dismiss(suggestion, actor=request.user)
    messages.success(
        request,
        _("%(one)s and %(two)s are two people. You can take that back below.")
        % {"one": suggestion.person.name, "two": suggestion.other.name},
    )
    return redirect("desk:duplicates")


@manager_screen
@require_POST
def restore(request: StaffRequest, pk: int) -> HttpResponse:
    """Take back that the two are two people."""
    duplicates.restore(get_object_or_404(DuplicateSuggestion, pk=pk))
    messages.success(request, _("The two are on the list again."))
    return redirect("desk:duplicates")


@manager_screen
@require_safe
def compare(request: StaffRequest) -> HttpResponse:
    """Lead to the comparison of two leads by their references."""
    typed = [request.GET.get(name, "").replace("\0", "").strip().upper() for name in ("kept", "other")]
    keys = dict(Lead.objects.filter(reference__in=typed).values_list("reference", "pk"))
    missing = [reference for reference in typed if reference not in keys]
    if missing or typed[0] == typed[1]:
        messages.error(
            request,
            _("There is no lead with the reference %(reference)s.") % {"reference": missing[0] or "“”"}
            if missing
            else _("Enter two different references."),
        )
        return redirect("desk:duplicates")
    return redirect("desk:merge", keys[typed[0]], keys[typed[1]])


def _with_facts(suggestions: QuerySet[DuplicateSuggestion]) -> QuerySet[DuplicateSuggestion]:
    leads = Lead.objects.select_related("stage", "course", "owner").order_by("-created_at", "-pk")
    points = ContactPoint.objects.order_by("pk")
    return suggestions.select_related("person__user", "other__user").prefetch_related(
        *(Prefetch(f"{side}__leads", leads) for side in ("person", "other")),
        *(Prefetch(f"{side}__contact_points", points) for side in ("person", "other")),
    )


def _pair(suggestion: DuplicateSuggestion) -> dict[str, Any]:
    older, newer = suggestion.other, suggestion.person
    mine, theirs = _values(older), _values(newer)
    reasons = [
        (suggestion.same_email, _("Same e-mail address")),
        (suggestion.same_phone, _("Same phone")),
        (suggestion.same_name, _("Same name")),
    ]
    return {
        "suggestion": suggestion,
        "people": [(older, _("Known before")), (newer, _("Came later"))],
        "shared": mine & theirs,
        "reasons": [words for holds, words in reasons if holds],
        "kept": _main_lead(older),
        "other": _main_lead(newer),
    }


def _values(person: Person) -> set[str]:
    return {point.value for point in person.contact_points.all()}


def _main_lead(person: Person) -> Lead:
    """Return the newest open lead of somebody, or else the newest."""
    leads = list(person.leads.all())
    return next((lead for lead in leads if lead.stage_id not in PipelineStage.ENDED), leads[0])


def _dismissed_lately() -> list[DuplicateSuggestion]:
    decided = DuplicateSuggestion.objects.filter(
        dismissed_at__gte=timezone.now() - UNDO_FOR, person__restricted_at=None, other__restricted_at=None
    )
    return list(
        decided.select_related("person", "other", "dismissed_by").order_by("-dismissed_at")[:DECIDED_ROWS]
    )


def _merged_lately() -> list[Merge]:
    merges = Merge.objects.filter(
        undone_at=None, created_at__gt=timezone.now() - UNDO_FOR, kept__set_aside=""
    )
    return list(merges.select_related("kept__person", "absorbed", "actor")[:DECIDED_ROWS])


def _after(
    suggestions: QuerySet[DuplicateSuggestion], place: tuple[datetime, int] | None
) -> QuerySet[DuplicateSuggestion]:
    if place is None:
        return suggestions
    at, key = place
    return suggestions.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=key))


def _written(suggestion: DuplicateSuggestion) -> str:
    return f"{suggestion.created_at.timestamp():.6f}_{suggestion.pk}"


def _place(text: str) -> tuple[datetime, int] | None:
    """Return the place that a page begins after, or None for the first page and for what nobody wrote."""
    at, _separator, key = text.partition("_")
    try:
        moment = datetime.fromtimestamp(0, tz=timezone.get_current_timezone()) + timedelta(seconds=float(at))
    except (ValueError, OverflowError):
        return None
    return (moment, int(key)) if key.isascii() and key.isdigit() else None
