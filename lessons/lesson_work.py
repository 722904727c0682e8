"""What one person has done in a lesson, gathered for its page with a constant number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, F, Func, JSONField, Max, Q, Value, When, Window
from django.db.models.functions import RowNumber

from lessons.completion import NOTHING_REACHED, Requirement, Standing, requirements
from lessons.models import Attempt, Draft, LessonPage, Owner

LATEST = 10
"""Attempts of one block that are shown; older ones are kept and counted."""
TYPES_WITH_ATTEMPTS = ("exercise", "quiz")


@dataclass(frozen=True)
class BlockWork:
    """The attempts in one block, the newest first, and the best that was reached."""

    attempts: tuple[Attempt, ...] = ()
    standing: Standing = NOTHING_REACHED
    failures: int = 0

    @property
    def latest(self) -> Attempt | None:
        """The newest attempt, or None."""
        return self.attempts[0] if self.attempts else None

    @property
    def older(self) -> int:
        """How many attempts are kept that `attempts` leaves out."""
        return self.attempts[-1].number - 1 if self.attempts else 0


@dataclass(frozen=True)
class Refusal:
    """Work that was handed in and not taken: why, and what it was, so that nothing typed is lost."""

    block_id: str
    part: str
    message: str
    files: dict[str, str]


@dataclass
class LessonWork:
    """A person's work in one lesson, by block."""

    lesson: LessonPage
    is_kept: bool = False
    """Whether the server keeps drafts and has work checked: for learners."""
    blocks: dict[str, BlockWork] = field(default_factory=dict)
    drafts: dict[tuple[str, str], Draft] = field(default_factory=dict)
    refusal: Refusal | None = None

    def of(self, block_id: str) -> BlockWork:
        """The attempts in a block."""
        return self.blocks.get(block_id, BlockWork())

    @property
    def quiz_attempts(self) -> dict[str, Attempt]:
        """The newest attempt at each quiz by block id, with the `best` score and how many are `spent`."""
        latest = (work.latest for work in self.blocks.values())
        return {item.block_id: item for item in latest if item and item.kind == Attempt.Kind.QUIZ}

    @property
    def requirements(self) -> list[Requirement]:
        """What the lesson asks for before it is finished, met or not."""
        reached = {block_id: work.standing for block_id, work in self.blocks.items()}
        return requirements(self.lesson, reached)


def work_in(
    lesson: LessonPage,
    owner: Owner | None,
    *,
    block_id: str | None = None,
    refusal: Refusal | None = None,
) -> LessonWork:
    """Return somebody's work in a lesson, or in one of its blocks; two queries, fewer where none can be."""
    asking = [
        block
        for block in lesson.body
        if block.block_type in TYPES_WITH_ATTEMPTS and block_id in {None, block.id}
    ]
    work = LessonWork(lesson, is_kept=owner is not None and "learner" in owner, refusal=refusal)
    if owner is None or not asking:
        return work
    work.blocks = _attempts_in(owner, lesson, [block.id for block in asking])
    exercises = [block.id for block in asking if block.block_type == "exercise"]
    if work.is_kept and exercises:
        drafts = Draft.objects.of(owner).filter(lesson=lesson, block_id__in=exercises)
        work.drafts = {(draft.block_id, draft.part): draft for draft in drafts}
    return work


def _attempts_in(owner: Owner, lesson: LessonPage, block_ids: Iterable[str]) -> dict[str, BlockWork]:
    """Return the work in each block with one query. What was asked and answered comes with quizzes only."""
    passed, failed = Q(state=Attempt.State.PASSED), Q(state=Attempt.State.FAILED)
    is_quiz = Q(kind=Attempt.Kind.QUIZ)

    def in_block(expression: Func, **order: Any) -> Window:
        return Window(expression, partition_by=[F("block_id")], **order)

    rows = (
        Attempt.objects.of(owner)
        .filter(lesson=lesson, block_id__in=block_ids)
        .defer("asked", "answers", "claimed")
        .annotate(
            place=in_block(RowNumber(), order_by=F("number").desc()),
            passes=in_block(Count("pk", filter=passed)),
            failures=in_block(Count("pk", filter=failed)),
            best=in_block(Max("score")),
            spent=in_block(Count("pk", filter=Q(asked__mode="assessed"))),
            quiz_asked=Case(When(is_quiz, then=F("asked")), default=Value(None, JSONField())),
            quiz_answers=Case(When(is_quiz, then=F("answers")), default=Value(None, JSONField())),
        )
        .filter(place__lte=LATEST)
        .order_by("block_id", "place")
    )
    found: dict[str, list[Any]] = {}
    for row in rows:
        if row.kind == Attempt.Kind.QUIZ:
            row.asked, row.answers = row.quiz_asked, row.quiz_answers
        found.setdefault(row.block_id, []).append(row)
    return {
        block_id: BlockWork(
            attempts=tuple(attempts),
            standing=Standing(attempts[0].passes > 0, attempts[0].best),
            failures=attempts[0].failures,
        )
        for block_id, attempts in found.items()
    }
