"""The reports and their tables as files."""

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from enrollment.accesses import note_access
from enrollment.admin.permissions import manager_screen
from enrollment.admin.reports import CLICKS, FUNNEL, REPORTS
from enrollment.admin.reports.query import ReportForm
from enrollment.admin.reports.sections import Report, Section
from enrollment.admin.reports.tables import Table
from enrollment.admin.reports.words import days
from enrollment.figures.clicks import has_presses
from enrollment.models import DataAccess
from enrollment.spreadsheets import FORMATS, table_response


@manager_screen
@require_safe
def report(request: HttpRequest, name: str = FUNNEL.name) -> HttpResponse:
    """Show one report; filters that can't be read are told, with nothing counted."""
    form = ReportForm(request.GET)
    return _show(request, _report(name), form)


@manager_screen
@require_safe
def report_table(request: HttpRequest, name: str, table: str, file_format: str) -> HttpResponseBase:
    """Return one table of a report as a file, noted with the filters before it leaves."""
    wanted, form = _report(name), ReportForm(request.GET)
    if file_format not in FORMATS:
        raise Http404
    if not form.is_valid():
        return _show(request, wanted, form)
    tables = {section.table.name: section.table for section in wanted.build(form.query())}
    if table not in tables:
        raise Http404
    full = tables[table].full or tables[table]
    query = f"{name}/{table}?{request.GET.urlencode()}"
    note_access(
        actor=cast(User, request.user), kind=DataAccess.Kind.REPORT, count=len(full.rows), query=query
    )
    return _download(full, name=f"{name}-{table}", file_format=file_format)


def _report(name: str) -> Report:
    try:
        return REPORTS[name]
    except KeyError:
        raise Http404 from None


def _download(table: Table, *, name: str, file_format: str) -> HttpResponseBase:
    return table_response(
        name=name, file_format=file_format, headings=table.headings(), rows=table.plain_rows()
    )


def _show(request: HttpRequest, wanted: Report, form: ReportForm) -> HttpResponse:
    sections: list[Section] = []
    query = None
    if form.is_valid():
        query = form.query()
        sections = wanted.build(query)
    context: dict[str, Any] = {
        "report": wanted,
        "form": form,
        "fields": [form[name] for name in wanted.fields],
        "reports": [found for found in REPORTS.values() if found != CLICKS or has_presses()],
        "sections": sections,
        "period": days(query.period) if query and "period" in wanted.fields else "",
        "before": days(query.before) if query and query.before else "",
        "address_query": request.GET.urlencode(),
        "formats": FORMATS,
        "header_title": _("Report: %(report)s") % {"report": wanted.title},
        "header_icon": "table",
        "breadcrumbs_items": [
            {"url": reverse("leads:list"), "label": _("Leads")},
            {"url": "", "label": _("Reports"), "sublabel": str(wanted.title)},
        ],
    }
    status = 200 if query else 422
    return render(request, "enrollment/admin/reports/report.html", context, status=status)
