"""Time the import of a table of leads, and measure the memory it takes.

    .venv/bin/python bench/lead_import.py [--rows 100000] [--xlsx]

Works in a database of its own beside the one of DATABASE_URL, made and deleted by the test runner. Of the
rows 2 % can't be taken and 3 % are of known people. Prints `name: value` lines; each phase is the worker's
own, slices and leases included. Memory is what the process takes at most above what it took before, as Linux
counts it.
"""

import argparse
import csv
import os
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import perf_counter
from typing import IO

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.test")

import django

django.setup()

from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.test.runner import DiscoverRunner
from openpyxl import Workbook

from accounts.models import User
from enrollment.importing import steps
from enrollment.importing.storing import store_upload
from enrollment.importing.working import CHUNK, work
from enrollment.models import Lead, LeadImport, Person
from tests.factories.courses import make_course, make_site

HEADINGS = [
    "Full name",
    "E-mail ID",
    "Mobile No.",
    "Course",
    "Lead source",
    "Enquiry date",
    "Remarks",
    "City",
]
STEP = 100
BAD, KNOWN = 2, 3
"""Of a hundred rows."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--xlsx", action="store_true", help="a workbook instead of CSV")
    options = parser.parse_args()
    runner = DiscoverRunner(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        measure(options.rows, as_workbook=options.xlsx)
    finally:
        runner.teardown_databases(databases)


def measure(count: int, *, as_workbook: bool) -> None:
    """Import known people first, then the table, and print what that took."""
    make_site()
    make_course(slug="python-full-stack", title="Python full-stack")
    actor = User.objects.create_superuser("admin@example.com", "learn-both-2026")
    known = [row for number, row in enumerate(rows(count)) if number % STEP < KNOWN]
    run(store(known, actor, as_workbook=False))
    before = Lead.objects.count()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    base = memory_mb("VmRSS")
    started = perf_counter()
    job = store(rows(count), actor, as_workbook=as_workbook)
    show("database", connection.vendor)
    show("rows", count)
    show("upload_s", perf_counter() - started)
    check_s, import_s = run(job)
    job.refresh_from_db()
    show("check_rows_per_s", count / check_s)
    show("import_rows_per_s", count / import_s)
    show("peak_mb_above_base", memory_mb("VmHWM") - base)
    show("new", job.rows_new)
    show("known", job.rows_known)
    show("refused", job.rows_refused)
    show("chunk_rows", CHUNK)
    assert Lead.objects.count() - before == job.rows_new == Lead.everything.count() - before
    started = perf_counter()
    steps.undo(job=job)
    finish(job)
    show("undo_rows_per_s", job.rows_new / (perf_counter() - started))
    assert Lead.everything.count() == Person.objects.count() == before


def run(job: LeadImport) -> tuple[float, float]:
    """Check and import; return the seconds of both."""
    started = perf_counter()
    steps.start_check(job=job, mapping=job.mapping)
    finish(job)
    checked = perf_counter()
    steps.start_import(job=job)
    finish(job)
    return checked - started, perf_counter() - checked


def finish(job: LeadImport) -> None:
    """Work in slices as the beat has it, until nothing is left to do."""
    while LeadImport.objects.filter(pk=job.pk, leased_until__isnull=False).exists():
        work(seconds=20)


def rows(count: int) -> Iterator[list[str]]:
    """Yield the rows: in every hundred three of known people first, then two that can't be taken."""
    for number in range(count):
        place = number % STEP
        email = "nobody" if KNOWN <= place < KNOWN + BAD else f"person{number}@example.com"
        yield [
            f"Person Number {number}",
            email,
            f"9{number:09}",
            "Python full-stack",
            "Partner",
            f"{number % 28 + 1:02}/10/2026",
            f"Met at stand {number % 40}, asks about evenings and fees",
            "Madurai",
        ]


def store(table: Iterator[list[str]] | list[list[str]], actor: User, *, as_workbook: bool) -> LeadImport:
    """Write the table to a file and upload it."""
    with NamedTemporaryFile("w+b", suffix=".xlsx" if as_workbook else ".csv") as file:
        (write_workbook if as_workbook else write_csv)(file, table)
        size = file.tell()
        file.seek(0)
        return store_upload(upload=UploadedFile(file, name=file.name, size=size), actor=actor)


def write_csv(file: IO[bytes], table: Iterator[list[str]] | list[list[str]]) -> None:
    with Path(file.name).open("w", newline="", encoding="utf-8") as text:
        csv.writer(text).writerows(chain([HEADINGS], table))
    file.seek(0, os.SEEK_END)


def write_workbook(file: IO[bytes], table: Iterator[list[str]] | list[list[str]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in chain([HEADINGS], table):
        sheet.append(row)
    book.save(file)
    file.seek(0, os.SEEK_END)


def memory_mb(name: str) -> float:
    """Return the memory that the process takes now (VmRSS), or took at most (VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{name}:")[2].split()[0]) / 1024


def show(name: str, value: object) -> None:
    print(f"{name}: {value:.1f}" if isinstance(value, float) else f"{name}: {value}", flush=True)


if __name__ == "__main__":
    main()
