"""Handing work in. Attempts are kept for good; none is overwritten. `lessons.verdicts` decides them."""

import hashlib
import json
import uuid
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.blocks.exercise import ExerciseValue
from lessons.errors import WorkRefused
from lessons.examples import kind_of_track
from lessons.models import Attempt, LessonPage, Owner

MOST_AN_HOUR = 30
"""Attempts that one person may hand in for one exercise."""
MOST_TRIES_TO_NUMBER = 5
"""Attempts of one person at the same moment that may race for a number."""


def submit(
    owner: Owner,
    lesson: LessonPage,
    *,
    block_id: str,
    part: str,
    files: dict[str, str],
    key: uuid.UUID,
    claimed: dict[str, Any] | None = None,
) -> Attempt:
    """Hand in files for an exercise and return its attempt, which waits for the server's check.

    One `key` makes one attempt of the same files, whatever is retried or doubled; other files, sent from a
    form that a browser went back to, make another one. What is asked is written down with it, so that a
    later edit of the lesson changes no verdict. Raises WorkRefused. Four queries.
    """
    key = _key_of_files(key, files)
    block = lesson.block(block_id, "exercise")
    if block is None or block.value.track(part) is None:
        raise WorkRefused(_("This exercise is no longer here. Load the lesson again."))
    values = {
        "lesson": lesson,
        "block_id": block_id,
        "part": part,
        "kind": Attempt.Kind.EXERCISE,
        "state": Attempt.State.QUEUED,
        "asked": what_is_asked(block.value, part),
        "answers": {"files": block.value.starter_files(part) | files},
        "claimed": claimed or {},
        "revision_id": lesson.live_revision_id,
    }
    for tried in range(1, MOST_TRIES_TO_NUMBER + 1):
        if known := Attempt.objects.filter(key=key).first():
            return _same_work(known, owner, values)
        expect_room(owner, lesson, block_id)
        try:
            return _create(owner, key=key, values=values)
        except IntegrityError:  # the key or the number was taken meanwhile
            if tried == MOST_TRIES_TO_NUMBER:
                raise
    raise AssertionError("unreachable")


def _key_of_files(key: uuid.UUID, files: dict[str, str]) -> uuid.UUID:
    """Return the same key for the same files of a form, and another one for others."""
    return uuid.uuid5(key, json.dumps(files, sort_keys=True))


def what_is_asked(exercise: ExerciseValue, part: str) -> dict[str, Any]:
    """Return the snapshot by which an attempt is checked, now and whenever it is checked again."""
    checks = exercise.check_files
    digest = hashlib.sha256("\0".join(file["source"] for file in checks).encode()).hexdigest()
    return {
        "title": exercise["title"],
        "run": kind_of_track(part),
        "checks": checks,
        "digest": digest,
    }


def expect_room(owner: Owner, lesson: LessonPage, block_id: str) -> None:
    """Raise WorkRefused when this person has handed in enough for now; one query."""
    now = timezone.now()
    recent = Attempt.objects.of(owner).filter(
        lesson=lesson, block_id=block_id, submitted_at__gt=now - timedelta(hours=1)
    )
    count, first = recent.aggregate(count=Count("pk"), first=Min("submitted_at")).values()
    if count >= MOST_AN_HOUR:
        wait = max(1, int((first + timedelta(hours=1) - now).total_seconds()))
        minutes = -(-wait // 60)
        message = ngettext(
            "You have handed in %(most)s times within an hour. Your code is kept; try again in %(minutes)s "
            "minute.",
            "You have handed in %(most)s times within an hour. Your code is kept; try again in %(minutes)s "
            "minutes.",
            minutes,
        )  # fmt: skip
        raise WorkRefused(message % {"most": MOST_AN_HOUR, "minutes": minutes}, wait=wait)


def _same_work(known: Attempt, owner: Owner, values: dict[str, Any]) -> Attempt:
    mine = all(getattr(known, field) == value for field, value in owner.items())
    asked = (values["lesson"].pk, values["block_id"], values["part"])
    if mine and (known.lesson_id, known.block_id, known.part) == asked:
        return known
    raise WorkRefused(_("This form was used before. Load the lesson again."))


def _create(owner: Owner, *, key: uuid.UUID, values: dict[str, Any]) -> Attempt:
    now = timezone.now()
    earlier = Attempt.objects.of(owner).filter(lesson=values["lesson"], block_id=values["block_id"])
    with transaction.atomic():
        number = (earlier.aggregate(highest=Max("number"))["highest"] or 0) + 1
        return Attempt.objects.create(
            **owner, **values, key=key, number=number, started_at=now, submitted_at=now
        )
