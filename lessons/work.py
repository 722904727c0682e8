"""The code that a person is working on: drafts, one a block and framework, saved while they type."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.blocks import StreamValue

from accounts.models import User
from lessons.errors import WorkRefused
from lessons.models import Draft, LessonPage

MOST_FILES = 20
MOST_CHARACTERS = 64 * 1024
"""Of one file."""
MOST_BYTES = 256 * 1024
"""Of all files together, as they travel."""
WITH_CODE = ("code", "parallel", "exercise")
"""Types of the blocks in which code can be edited."""
SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}){0,4}")


@dataclass(frozen=True)
class SavedDraft:
    """A draft as the server keeps it. `is_conflict` says that it is another one than was sent."""

    files: dict[str, str]
    version: int
    saved_at: datetime
    is_conflict: bool = False


def block_with_code(lesson: LessonPage, block_id: str, part: str) -> StreamValue.StreamChild | None:
    """Return the block whose code can be edited in this framework, or None."""
    block = next((b for b in lesson.body if b.id == block_id and b.block_type in WITH_CODE), None)
    return block if block is not None and part in parts_of(block) else None


def parts_of(block: StreamValue.StreamChild) -> list[str]:
    """Return the frameworks that a block has code for; a sample has one part without a name."""
    if block.block_type == "exercise":
        return [track["framework"] for track in block.value["tracks"]]
    return ["django", "flask"] if block.block_type == "parallel" else [""]


def checked_files(files: Any, *, known: set[str]) -> dict[str, str]:
    """Return the files with plain line ends, or raise WorkRefused.

    A name is one of the block's own, or one that can do no harm on any machine.
    """
    if not isinstance(files, dict) or not files:
        raise WorkRefused(_("Send at least one file."))
    if len(files) > MOST_FILES:
        raise WorkRefused(_("Use at most %(count)s files.") % {"count": MOST_FILES})
    for name, source in files.items():
        if name not in known and not SAFE_NAME.fullmatch(name):
            raise WorkRefused(
                _("Name the file “%(name)s” with letters, digits, dots and dashes only.")
                % {"name": name[:80]}
            )
        if not isinstance(source, str) or not is_text(source):
            raise WorkRefused(_("The file “%(name)s” is not text.") % {"name": name})
        if len(source) > MOST_CHARACTERS:
            raise WorkRefused(
                _("Shorten the file “%(name)s”: it may have %(count)s characters.")
                % {"name": name, "count": f"{MOST_CHARACTERS:,}"}
            )
    if sum(len(source.encode()) for source in files.values()) > MOST_BYTES:
        raise WorkRefused(_("Shorten your files: together they are too long to be kept."))
    return {name: source.replace("\r\n", "\n").replace("\r", "\n") for name, source in files.items()}


def is_text(source: str) -> bool:
    """Whether a database takes it: no NUL, no half of a character."""
    try:
        source.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in source


def names_in(block: StreamValue.StreamChild, part: str) -> set[str]:
    """Return the names of the files that a block has in a framework."""
    if block.block_type == "exercise":
        return set(block.value.starter_files(part))
    files = block.value["files"] if block.block_type == "code" else block.value[part]
    return {file["name"] for file in files}


def draft_of(learner: User, lesson: LessonPage, block_id: str, part: str) -> SavedDraft | None:
    """Return the learner's draft of a block, or None; one query."""
    row = Draft.objects.filter(learner=learner, lesson=lesson, block_id=block_id, part=part).first()
    return None if row is None else SavedDraft(row.content["files"], row.version, row.saved_at)


def save_draft(
    learner: User, lesson: LessonPage, *, block_id: str, part: str, files: dict[str, str], version: int
) -> SavedDraft:
    """Keep the files if `version` is the latest one, else return what is kept with `is_conflict`.

    Version 0 is for the first save. A save that is repeated because its answer was lost is no conflict.
    One query, two for the first save, three for a conflict.
    """
    place = {"learner": learner, "lesson": lesson, "block_id": block_id, "part": part}
    now = timezone.now()
    content = {"files": files}
    known = Draft.objects.filter(**place, version=version)
    if version and known.update(content=content, version=F("version") + 1, saved_at=now):
        return SavedDraft(files, version + 1, now)
    Draft.objects.bulk_create([Draft(**place, content=content, saved_at=now)], ignore_conflicts=True)
    row = Draft.objects.get(**place)
    return SavedDraft(row.content["files"], row.version, row.saved_at, is_conflict=row.content != content)


def overwrite_draft(
    learner: User, lesson: LessonPage, *, block_id: str, part: str, files: dict[str, str]
) -> None:
    """Keep what was handed in as the draft, whatever was there: it is what the person sees."""
    place = {"learner": learner, "lesson": lesson, "block_id": block_id, "part": part}
    values = {"content": {"files": files}, "saved_at": timezone.now()}
    changed = Draft.objects.filter(**place).exclude(content=values["content"])
    if not changed.update(version=F("version") + 1, **values):
        Draft.objects.bulk_create([Draft(**place, **values)], ignore_conflicts=True)
