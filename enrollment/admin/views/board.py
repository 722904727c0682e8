"""The board and the moves of its cards."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin import messages

from enrollment.admin.board import BoardFilter, columns, filter_choices
from enrollment.admin.permissions import StaffRequest, desk_screen
from enrollment.desk import change_stage
from enrollment.errors import ChangedMeanwhile, EnrollmentError
from enrollment.forms import is_key
from enrollment.models import ClosingReason, Lead, PipelineStage


@desk_screen
@require_safe
def board(request: StaffRequest) -> HttpResponse:
    """Show the pipeline as columns of cards."""
    return _show(request, BoardFilter.read(request.GET))


@desk_screen
@require_POST
def move_card(request: StaffRequest, pk: int) -> HttpResponse:
    """Move one card to the posted stage and come back to the board.

    Closing without a reason asks for one, enrolling leads to the lead's enrolment form, and a card
    that somebody else moved meanwhile is shown with the news and the choice kept.
    """
    lead = get_object_or_404(Lead.objects.select_related("person", "stage"), pk=pk)
    wanted = BoardFilter.read(request.POST)
    stage, shown = request.POST.get("stage", ""), request.POST.get("shown", "")
    if stage == PipelineStage.ENROLLED != lead.stage_id:
        messages.info(request, _("Choose the course to enrol %(name)s in.") % {"name": lead.person.name})
        return redirect(f"{reverse('leads:inspect', args=[pk])}#enrol")
    reason = _reason(request.POST.get("reason", ""))
    if stage == PipelineStage.CLOSED != lead.stage_id and reason is None:
        return _ask_reason(request, lead, wanted)
    try:
        change_stage(lead=lead, stage=stage, actor=request.user, shown=shown, reason=reason)
    except ChangedMeanwhile as error:
        return _show(request, wanted, status=409, problem=_problem(lead, stage, error))
    except EnrollmentError as error:
        messages.error(request, str(error))
        return redirect(_board_url(wanted))
    moved = f"moved={pk}&before={lead.stage_id}" if lead.stage_id not in PipelineStage.ENDED else ""
    return redirect(f"{_board_url(wanted, moved)}#lead-{pk}")


def _show(
    request: StaffRequest,
    wanted: BoardFilter,
    *,
    status: int = 200,
    problem: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "columns": columns(wanted, user=request.user),
        "wanted": wanted,
        "choices": filter_choices(),
        "problem": problem,
        "moved": _moved(request),
        "new_enquiry": PipelineStage.NEW,
    }
    return render(request, "enrollment/admin/board/board.html", context, status=status)


def _ask_reason(request: StaffRequest, lead: Lead, wanted: BoardFilter) -> HttpResponse:
    """Ask why the lead is closed; an error only when the question was put already."""
    asked_before = "reason" in request.POST
    context = {
        "lead": lead,
        "wanted": wanted,
        "shown": request.POST.get("shown", ""),
        "reasons": ClosingReason.objects.filter(is_active=True),
        "error": _("Choose why the lead is closed.") if asked_before else "",
        "board_url": _board_url(wanted),
    }
    return render(request, "enrollment/admin/board/close.html", context, status=422)


def _reason(key: str) -> ClosingReason | None:
    if not is_key(key):
        return None
    return ClosingReason.objects.filter(pk=int(key), is_active=True).first()


def _moved(request: StaffRequest) -> dict[str, Any] | None:
    """Return the card that was just moved, to offer the way back; one query."""
    key, before = request.GET.get("moved", ""), request.GET.get("before", "")
    if not is_key(key):
        return None
    lead = Lead.objects.select_related("person", "stage").filter(pk=int(key)).first()
    stage = PipelineStage.objects.filter(key=before).first()
    if lead is None or stage is None or stage == lead.stage:
        return None
    return {"lead": lead, "before": stage}


def _problem(lead: Lead, stage: str, error: ChangedMeanwhile) -> dict[str, Any]:
    when = date_format(timezone.localtime(error.at), "H:i") if error.at else ""
    text = _("%(by)s moved this to %(what)s at %(when)s. Move again to use your choice.")
    return {
        "lead": lead.pk,
        "name": lead.person.name,
        "stage": stage,
        "text": text % {"by": error.by, "what": error.what, "when": when},
    }


def _board_url(wanted: BoardFilter, more: str = "") -> str:
    query = "&".join(part for part in (wanted.query, more) if part)
    return f"{reverse('desk:board')}?{query}" if query else reverse("desk:board")
