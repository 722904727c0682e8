"""Files of a lead: kept where no public address leads, under names that can't be guessed."""

from functools import partial

from django.core.files.base import File
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.contacting import just_written
from enrollment.desk import lock_lead
from enrollment.models import Lead, LeadEvent, LeadFile

LARGEST = 10 * 1024 * 1024
STARTS = {
    ".pdf": (b"%PDF-",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".docx": (b"PK\x03\x04",),
    ".xlsx": (b"PK\x03\x04",),
    ".odt": (b"PK\x03\x04",),
    ".doc": (b"\xd0\xcf\x11\xe0",),
    ".xls": (b"\xd0\xcf\x11\xe0",),
    ".txt": (),
    ".csv": (),
}
"""Endings that are taken, with the bytes that such a file starts with; none for plain text."""


def looks_like(suffix: str, start: bytes) -> bool:
    """Whether a file with this ending may start with these bytes."""
    if suffix not in STARTS:
        return False
    starts = STARTS[suffix]
    return start.startswith(starts) if starts else b"\0" not in start


@transaction.atomic
def add_file(*, lead: Lead, upload: File, name: str, actor: User) -> LeadFile:
    """Keep a file with the lead. A second press adds nothing."""
    lead = lock_lead(lead)
    size = upload.size or 0
    text = _("%(name)s (%(size)s)") % {"name": name, "size": filesizeformat(size)}
    if just_written(lead, kind=LeadEvent.Kind.FILE, text=text, actor=actor):
        known = lead.files.filter(name=name, size=size).first()
        if known:
            return known
    kept = LeadFile(lead=lead, name=name, size=size, actor=actor)
    kept.file.save(name, upload, save=False)
    try:
        with transaction.atomic():
            kept.save()
            LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.FILE, text=text, actor=actor)
    except Exception:
        kept.file.storage.delete(str(kept.file.name))
        raise
    return kept


@transaction.atomic
def remove_file(*, lead: Lead, file: LeadFile, actor: User) -> None:
    """Delete one of the lead's files for good; deleting it again does nothing."""
    lead = lock_lead(lead)
    deleted, _models = lead.files.filter(pk=file.pk).delete()
    if deleted:
        text = _("Deleted: %(name)s") % {"name": file.name}
        LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.FILE, text=text, actor=actor)


def forget_stored(file: LeadFile) -> None:
    """Take the stored bytes of a deleted row off the disk once that is certain."""
    transaction.on_commit(partial(file.file.storage.delete, str(file.file.name)), robust=True)
