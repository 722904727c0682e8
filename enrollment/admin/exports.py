"""Leads as a table for other programs."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from enrollment.accesses import note_access
from enrollment.models import DataAccess, Lead
from enrollment.spreadsheets import table_response

CHUNK = 1000
MOST_IN_XLSX = 50_000
"""A workbook is made in memory; CSV is streamed and has no limit."""

HEADINGS = (
    _("Reference"),
    _("Name"),
    _("E-mail"),
    _("Phone"),
    _("Interest"),
    _("Course"),
    _("Stage"),
    _("Reason for closing"),
    _("Owner"),
    _("Contact by"),
    _("Source"),
    _("Campaign"),
    _("Tags"),
    _("Asked at"),
    _("Answer promised by"),
    _("Answered at"),
    _("Next action"),
    _("Next action at"),
    _("Message"),
)


class TooManyForWorkbook(Exception):
    """So many leads go into a CSV file only."""


def export_leads(leads: QuerySet[Lead], *, file_format: str, actor: User, query: str) -> HttpResponseBase:
    """Return the leads as a download, and note who takes which out before the first row leaves.

    Raises TooManyForWorkbook, and then nothing is noted.
    """
    count = leads.order_by().count()
    if file_format == "xlsx" and count > MOST_IN_XLSX:
        raise TooManyForWorkbook
    note_access(actor=actor, kind=DataAccess.Kind.EXPORT, count=count, query=query)
    return table_response(name="leads", file_format=file_format, headings=HEADINGS, rows=export_rows(leads))


def export_rows(leads: QuerySet[Lead]) -> Iterator[list[Any]]:
    """Yield a row for each lead; three queries for each thousand."""
    rows = leads.select_related("person", "course", "owner", "stage", "closing_reason").prefetch_related(
        "person__contact_points", "tags"
    )
    for lead in rows.iterator(chunk_size=CHUNK):
        yield [
            lead.reference,
            lead.person.name,
            lead.email,
            lead.phone,
            lead.get_interest_display(),
            lead.course.title if lead.course else "",
            lead.stage.name,
            lead.closing_reason.name if lead.closing_reason else "",
            lead.owner.email if lead.owner else "",
            lead.get_contact_by_display(),
            lead.get_source_display(),
            lead.campaign,
            ", ".join(tag.name for tag in lead.tags.all()),
            lead.created_at,
            lead.answer_due_at,
            lead.answered_at,
            lead.next_action,
            lead.next_action_at,
            lead.message,
        ]
