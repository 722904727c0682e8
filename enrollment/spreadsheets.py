"""Tables for other programs, as CSV and XLSX, with everything defused that a spreadsheet would run."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from openpyxl import Workbook

from courses import wall_clock

FORMATS = ("csv", "xlsx")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are full-width = + - @, which some programs read as the plain ones."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Rows = Iterable[Sequence[Any]]


def defuse(value: Any) -> Any:
    """Return the value for a cell: text that would be taken for a formula gets a quote in front."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return wall_clock.local(value).isoformat(sep=" ", timespec="minutes")
    if isinstance(value, int | float | Decimal):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def table_response(*, name: str, file_format: str, headings: Sequence[Any], rows: Rows) -> HttpResponseBase:
    """Return the table as a download, `file_format` "csv" (streamed) or "xlsx" (made in memory)."""
    table = ([defuse(value) for value in row] for row in _with_headings(headings, rows))
    response: HttpResponseBase
    if file_format == "xlsx":
        response = HttpResponse(_workbook(table), content_type=XLSX)
    else:
        response = StreamingHttpResponse(_lines(table), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _with_headings(headings: Sequence[Any], rows: Rows) -> Iterator[Sequence[Any]]:
    yield headings
    yield from rows


class _Echo:
    def write(self, line: str) -> str:
        return line


def _lines(table: Iterable[list[Any]]) -> Iterator[str]:
    yield "\ufeff"
    writer = csv.writer(_Echo())
    for row in table:
        yield writer.writerow(row)


def _workbook(table: Iterable[list[Any]]) -> bytes:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in table:
        sheet.append(row)
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()
