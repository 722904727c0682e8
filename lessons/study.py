"""A learner's notes, bookmarks and weekly goal."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from lessons.models import LessonPage, Note, Progress, StudyPlan
from lessons.passages import Section, sections_of


@dataclass(frozen=True)
class Place:
    """A passage of a lesson and whether the learner keeps it."""

    section: Section
    is_kept: bool


def note_of(learner: User, lesson: LessonPage) -> Note | None:
    """Return what the learner wrote beside a lesson, or None; one query."""
    return Note.objects.filter(learner=learner, lesson=lesson).first()


def save_note(learner: User, lesson: LessonPage, text: str) -> None:
    """Keep the learner's text beside a lesson; an empty one removes the note."""
    if not text.strip():
        Note.objects.filter(learner=learner, lesson=lesson).delete()
        return
    Note.objects.update_or_create(
        learner=learner, lesson=lesson, defaults={"text": text, "saved_at": timezone.now()}
    )


def places(learner: User, lesson: LessonPage) -> list[Place]:
    """Return the numbered passages of a lesson with the learner's bookmarks; one query."""
    kept = Progress.objects.filter(learner=learner, lesson=lesson).values_list("bookmarks", flat=True).first()
    return [Place(item, item.id in (kept or [])) for item in sections_of(lesson.body) if item.number]


@transaction.atomic
def set_bookmark(learner: User, lesson: LessonPage, passage: str, *, kept: bool) -> bool:
    """Set or remove a bookmark; other passages are ignored. Return whether it is set."""
    if not any(block.id == passage for block in lesson.body if block.block_type == "passage"):
        return False
    now = timezone.now()
    Progress.objects.bulk_create(
        [Progress(learner=learner, lesson=lesson, opened_at=now, visited_at=now)], ignore_conflicts=True
    )
    row = Progress.objects.select_for_update().get(learner=learner, lesson=lesson)
    row.bookmarks = [item for item in row.bookmarks if item != passage] + ([passage] if kept else [])
    row.save(update_fields=["bookmarks"])
    return kept


def weekly_goal(learner: User) -> int:
    """Return how many lessons the learner wants to finish a week; one query."""
    goal = StudyPlan.objects.filter(learner=learner).values_list("weekly_goal", flat=True).first()
    return goal or StudyPlan.Goal.THREE


def set_weekly_goal(learner: User, goal: StudyPlan.Goal) -> None:
    """Keep the learner's goal."""
    StudyPlan.objects.update_or_create(learner=learner, defaults={"weekly_goal": goal})
