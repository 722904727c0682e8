"""By what a lesson is finished, and finishing it once all of that is met."""

from dataclasses import dataclass
from typing import Literal

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from lessons.models import Attempt, LessonPage, Owner, Progress

Kind = Literal["exercise", "quiz"]


@dataclass(frozen=True)
class Standing:
    """The best that a person has reached in one block."""

    passed: bool = False
    score: int | None = None


NOTHING_REACHED = Standing()


@dataclass(frozen=True)
class Requirement:
    """One thing that a lesson asks for before it is finished."""

    kind: Kind
    block_id: str
    title: str
    is_met: bool
    share: int = 0
    """What a quiz must reach, in per cent."""
    score: int | None = None

    @property
    def words(self) -> str:
        """What is asked, as the end of a sentence that starts with "To finish:"."""
        if self.kind == "exercise":
            return _("pass “%(title)s”") % {"title": self.title}
        values = {"share": self.share, "title": self.title}
        return _("reach %(share)s\N{NO-BREAK SPACE}%% in “%(title)s”") % values


def asks_for_work(lesson: LessonPage) -> bool:
    """Whether the lesson is finished by more than reading. A rule without its blocks asks for nothing."""
    return bool(requirements(lesson, {}))


def requirements(lesson: LessonPage, reached: dict[str, Standing]) -> list[Requirement]:
    """Return what the lesson asks for, in its order, met or not; no query. `reached` is by block id."""
    found = []
    for block in lesson.body:
        standing = reached.get(block.id, NOTHING_REACHED)
        if block.block_type == "exercise" and lesson.needs_checks and block.value["required"]:
            found.append(Requirement("exercise", block.id, block.value["title"], standing.passed))
        elif block.block_type == "quiz" and lesson.quiz_share and block.value["required"]:
            is_met = standing.score is not None and standing.score >= lesson.quiz_share
            title, share = block.value["title"], lesson.quiz_share
            found.append(Requirement("quiz", block.id, title, is_met, share, standing.score))
    return found


def standings(owner: Owner, lesson: LessonPage) -> dict[str, Standing]:
    """Return the best that somebody has reached in each block of a lesson; one query."""
    rows = (
        Attempt.objects.of(owner)
        .filter(lesson=lesson)
        .decided()
        .values("block_id")
        .annotate(
            passes=Count("pk", filter=Q(state=Attempt.State.PASSED)),
            best=Max("score"),
        )
    )
    return {row["block_id"]: Standing(row["passes"] > 0, row["best"]) for row in rows}


def settle(learner: User, lesson: LessonPage) -> bool:
    """Finish the lesson if the learner has met all that it asks for; return whether it is finished now.

    Nothing is ever taken back: a finished lesson stays as it was finished. The row of progress is locked
    before the attempts are read, so that of two verdicts at the same moment the later one sees both.
    """
    if not asks_for_work(lesson):
        return False
    now = timezone.now()
    with transaction.atomic():
        Progress.objects.bulk_create(
            [Progress(learner=learner, lesson=lesson, opened_at=now, visited_at=now)], ignore_conflicts=True
        )
        row = Progress.objects.select_for_update().get(learner=learner, lesson=lesson)
        if row.done_at:
            return True
        reached = standings({"learner": learner}, lesson)
        if not all(item.is_met for item in requirements(lesson, reached)):
            return False
        row.done_at, row.rule, row.revision_id = now, lesson.completion_rule, lesson.live_revision_id
        row.save(update_fields=["done_at", "rule", "revision"])
        return True
