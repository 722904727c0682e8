"""Moving a learner's progress. Nothing else sets or clears it."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from lessons import completion
from lessons.errors import WorkRefused
from lessons.models import LessonPage, Progress

VISIT_WORTH_NOTING = timedelta(minutes=1)
"""A second visit within this time isn't written again."""


def note_visit(learner: User, lesson: LessonPage, known: Progress | None) -> None:
    """Remember that a learner opened a lesson; `known` is the row at hand, if any. One query at most."""
    now = timezone.now()
    if known is None:
        Progress.objects.bulk_create(
            [Progress(learner=learner, lesson=lesson, opened_at=now, visited_at=now)],
            ignore_conflicts=True,
        )
    elif now - known.visited_at > VISIT_WORTH_NOTING:
        Progress.objects.filter(pk=known.pk).update(visited_at=now)


def note_passage(learner: User, lesson: LessonPage, passage: str) -> None:
    """Remember the passage being read, if the lesson has it; others are ignored."""
    if any(block.id == passage for block in lesson.body if block.block_type == "passage"):
        Progress.objects.filter(learner=learner, lesson=lesson).update(
            passage=passage, visited_at=timezone.now()
        )


def mark_done(learner: User, lesson: LessonPage) -> Progress:
    """Finish a lesson by reading it; finishing it again changes nothing.

    Raises WorkRefused for a lesson that asks for more than reading; only `completion.settle` finishes that.
    """
    if completion.asks_for_work(lesson):
        raise WorkRefused(_("This lesson is finished by its exercises and quizzes, not by a button."))
    now = timezone.now()
    progress, _created = Progress.objects.get_or_create(
        learner=learner, lesson=lesson, defaults={"opened_at": now, "visited_at": now}
    )
    Progress.objects.filter(pk=progress.pk, done_at__isnull=True).update(
        done_at=now, rule=Progress.Rule.READ, revision=lesson.live_revision_id
    )
    progress.refresh_from_db()
    return progress


def undo_done(learner: User, lesson: LessonPage) -> None:
    """Take back "done" of a lesson that was finished by reading; the visits stay."""
    Progress.objects.filter(learner=learner, lesson=lesson, rule=Progress.Rule.READ).update(
        done_at=None, rule="", revision=None
    )
