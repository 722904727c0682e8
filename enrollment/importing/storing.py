"""Keeping an uploaded table: checked against the limits once, then stored in one plain form."""

import csv
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain, islice
from pathlib import PurePath
from tempfile import TemporaryFile
from typing import IO
from uuid import uuid4

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.importing.columns import guess_fields
from enrollment.importing.errors import UnreadableTable
from enrollment.importing.reading import MAX_BYTES, Row, read_rows
from enrollment.models import LeadImport
from enrollment.models.desk import private_storage

SAMPLE_ROWS = 5


def store_upload(*, upload: UploadedFile, actor: User) -> LeadImport:
    """Read the whole file, store its rows as plain CSV and return the import, its columns guessed.

    Raises UnreadableTable. Memory doesn't grow with a CSV file; of a workbook its texts are held.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise UnreadableTable(
            _("The file is larger than %(size)s MB. Split it and import the parts.")
            % {"size": MAX_BYTES // 1024 // 1024}
        )
    if not upload.size:
        raise UnreadableTable(_("The file is empty. Choose another one."))
    digest = hashlib.sha256()
    with TemporaryFile("w+b") as plain:
        rows = read_rows(upload)
        headings = _headings(next(rows, (0, []))[1])
        first = list(islice(rows, SAMPLE_ROWS))
        count = _write_plain(chain(first, rows), plain, digest, headings)
        if not count:
            raise UnreadableTable(
                _("The file has no row below its headings. The first row must name the columns.")
            )
        plain.seek(0)
        name = private_storage().save(f"imports/{uuid4().hex}.csv", File(plain))
    file_name = PurePath(upload.name or "").name[-150:] or str(_("table"))
    return LeadImport.objects.create(
        actor=actor,
        file=name,
        file_name=file_name,
        columns=headings,
        mapping={
            "columns": guess_fields(headings, sample=[cells for _number, cells in first]),
            "values": {},
        },
        rows_total=count,
        digest=digest.hexdigest(),
    )


@contextmanager
def stored_rows(job: LeadImport, *, skip: int = 0) -> Iterator[Iterator[Row]]:
    """Open the stored table; its rows come one by one, those before `skip` left out."""
    with (
        job.file.storage.open(str(job.file.name), "rb") as file,
        io.TextIOWrapper(file, "utf-8", newline="") as text,
    ):
        lines = islice(csv.reader(text), skip, None)
        yield ((int(number), cells) for number, *cells in lines)


def sample_of(job: LeadImport) -> list[Row]:
    """Return the first rows, to choose columns by."""
    with stored_rows(job) as rows:
        return list(islice(rows, SAMPLE_ROWS))


def same_table_before(job: LeadImport) -> LeadImport | None:
    """Return the last import of the very same cells, whatever its file was called; one query."""
    done = LeadImport.objects.filter(digest=job.digest, state=LeadImport.State.DONE).exclude(pk=job.pk)
    return done.select_related("actor").order_by("-finished_at").first()


def problems_name(job: LeadImport) -> str:
    """Return the one name under which an import's problems are stored, so that none is left behind."""
    return f"{(job.file.name or '').removesuffix('.csv')}-problems.csv"


def forget_files(job: LeadImport) -> None:
    """Delete what was uploaded and its problems, and remember that they are gone."""
    if not job.file:
        return
    storage = private_storage()
    storage.delete(problems_name(job))
    storage.delete(job.file.name or "")
    job.file, job.problems = "", ""
    job.save(update_fields=["file", "problems"])


def forget_old_files() -> int:
    """Delete the files of imports that ended, or that nobody went on with, KEPT_DAYS ago; return how many."""
    before = timezone.now() - timedelta(days=LeadImport.KEPT_DAYS)
    waiting = (LeadImport.State.MAPPING, LeadImport.State.CHECKED)
    LeadImport.objects.filter(state__in=waiting, created_at__lt=before).update(
        state=LeadImport.State.CANCELLED, finished_at=before, last_error=_("Nobody went on with it.")
    )
    old = list(
        LeadImport.objects.filter(finished_at__lte=before, leased_until=None)
        .exclude(state__in=LeadImport.WORKED_ON)
        .exclude(file="")
    )
    for job in old:
        forget_files(job)
    return len(old)


def _headings(cells: list[str]) -> list[str]:
    """Return a name for each column; blank and repeated headings get one that tells them apart."""
    names: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = wanted = " ".join(cell.split())[:100] or _("Column %(number)s") % {"number": position}
        again = 2
        while name in names:
            name, again = f"{wanted} ({again})", again + 1
        names.append(name)
    return names


def _write_plain(rows: Iterator[Row], file: IO[bytes], digest: "hashlib._Hash", headings: list[str]) -> int:
    digest.update("\x1f".join(headings).encode())
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer, count = csv.writer(text), 0
    for number, cells in rows:
        count += 1
        writer.writerow([number, *cells])
        digest.update("\x1f".join(["\x1e", *cells]).encode())
    text.detach()
    return count
