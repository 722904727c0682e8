"""The screens of an import: upload, columns, dry run, result; for admissions leads."""

import math
from itertools import islice
from typing import Any, cast

from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages

from accounts.models import User
from enrollment.accesses import note_access
from enrollment.admin.forms.importing import MappingForm, UploadForm
from enrollment.admin.permissions import manager_screen
from enrollment.importing import steps
from enrollment.importing.errors import ImportMovedOn, UnreadableTable
from enrollment.importing.finishing import untouched
from enrollment.importing.storing import same_table_before, sample_of, store_upload
from enrollment.models import DataAccess, Lead, LeadImport
from outbox.wake import nudge

ROWS = 50
EXAMPLES = 3
State = LeadImport.State


@manager_screen
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Take a file, and show the imports before it."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        try:
            job = store_upload(upload=form.cleaned_data["file"], actor=cast(User, request.user))
        except UnreadableTable as error:
            form.add_error("file", str(error))
        else:
            return redirect("desk:import-columns", job.pk)
    earlier = LeadImport.objects.select_related("actor")
    page = Paginator(earlier, ROWS).get_page(request.GET.get("p"))
    context = {"form": form, "page": page}
    return render(
        request, "enrollment/admin/import/imports.html", context, status=422 if form.errors else 200
    )


@manager_screen
@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose what the columns fill, and have every row checked."""
    job = _job(pk)
    if job.state not in steps.CHECKABLE or not job.file:
        return redirect("desk:import", pk)
    form = MappingForm(job, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _do(request, job, lambda: steps.start_check(job=job, mapping=form.mapping()))
    sample = [cells for _number, cells in sample_of(job)]
    context = {
        "job": job,
        "form": form,
        "columns": [
            (field, list(islice((row[at] for row in sample if at < len(row) and row[at]), EXAMPLES)))
            for at, field in enumerate(form.columns())
        ],
        "before": same_table_before(job),
    }
    return render(
        request, "enrollment/admin/import/columns.html", context, status=422 if form.errors else 200
    )


@manager_screen
@require_safe
def show_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where an import is and what can be done next."""
    job = _job(pk)
    if job.state == State.MAPPING:
        return redirect("desk:import-columns", pk)
    return render(request, "enrollment/admin/import/import.html", _standing(job))


@manager_screen
@require_safe
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the progress alone, for the page's script."""
    return render(request, "enrollment/admin/import/_progress.html", _standing(_job(pk)))


@manager_screen
@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Import the checked rows, whose number the button showed."""
    job = _job(pk)
    return _do(request, job, lambda: steps.start_import(job=job))


@manager_screen
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop an import."""
    job = _job(pk)
    return _do(request, job, lambda: steps.cancel(job=job), said=_("Cancelled. Nothing was imported."))


@manager_screen
@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then remove the leads of an import that nobody has worked since."""
    job = _job(pk)
    if request.method == "POST":
        return _do(request, job, lambda: steps.undo(job=job))
    if not steps.may_undo(job):
        return redirect("desk:import", pk)
    removed = untouched(job).count()
    kept = Lead.objects.filter(lead_import=job).count() - removed
    return render(
        request, "enrollment/admin/import/undo.html", {"job": job, "removed": removed, "kept": kept}
    )


@manager_screen
@require_safe
def problems(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand out the refused rows with the problem of each, noted before they leave."""
    job = _job(pk)
    if not job.problems:
        raise Http404
    note_access(
        actor=cast(User, request.user),
        kind=DataAccess.Kind.IMPORT,
        count=job.rows_refused,
        query=job.file_name,
    )
    return FileResponse(
        job.problems.open("rb"),
        as_attachment=True,
        filename=f"problems-{job.pk}.csv",
        content_type="text/csv; charset=utf-8",
    )


def _job(pk: int) -> LeadImport:
    return get_object_or_404(LeadImport.objects.select_related("actor"), pk=pk)


def _do(request: HttpRequest, job: LeadImport, step: Any, *, said: str = "") -> HttpResponse:
    """Take a step and show where the import is; when somebody was faster, say so."""
    try:
        step()
    except ImportMovedOn as error:
        job.refresh_from_db()
        context = _standing(job) | {"problem": str(error)}
        return render(request, "enrollment/admin/import/import.html", context, status=409)
    if said:
        messages.success(request, said)
    transaction.on_commit(lambda: nudge("enrollment.import"), robust=True)
    return redirect("desk:import", job.pk)


def _standing(job: LeadImport) -> dict[str, Any]:
    """Return what the page of an import says; two queries."""
    is_removing = job.state not in LeadImport.WORKED_ON and job.leased_until is not None
    undone = job.state == State.UNDONE and not is_removing
    left = Lead.objects.filter(lead_import=job).select_related("person", "stage", "owner") if undone else None
    left_count = left.count() if left is not None else 0
    return {
        "job": job,
        "is_at_work": job.state in LeadImport.WORKED_ON,
        "is_removing": is_removing,
        "is_last_step": job.state == State.IMPORTING and job.rows_done == job.rows_total,
        "time_left": _time_left(job),
        "may_undo": steps.may_undo(job),
        "undo_days": LeadImport.UNDO_DAYS,
        "kept_days": LeadImport.KEPT_DAYS,
        "to_import": job.rows_new + job.rows_known,
        "left": left[:ROWS] if left is not None else [],
        "left_count": left_count,
        "removed_count": job.rows_new - left_count,
    }


def _time_left(job: LeadImport) -> str:
    """Return how long the rest of the rows will take, roughly; "" while that can't be told."""
    if not job.rows_done or job.rows_done >= job.rows_total or job.started_at is None:
        return ""
    spent = (timezone.now() - job.started_at).total_seconds()
    seconds = math.ceil(spent / job.rows_done * (job.rows_total - job.rows_done))
    if seconds < 60:
        return ngettext("about %(n)d second left", "about %(n)d seconds left", seconds) % {"n": seconds}
    minutes = math.ceil(seconds / 60)
    return ngettext("about %(n)d minute left", "about %(n)d minutes left", minutes) % {"n": minutes}
