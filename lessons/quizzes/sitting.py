"""A person's sitting of a quiz: starting, answering, finishing. What is decided stays as it is.

Every change locks the row of the attempt first, so that of two requests at the same moment the later one
sees what the earlier one did; the same request sent twice changes nothing the second time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Count, Q, Window
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import StreamValue

from lessons import completion
from lessons.errors import WorkRefused
from lessons.models import Attempt, LessonPage, Owner
from lessons.models.work import AttemptQuerySet
from lessons.quizzes import marking
from lessons.quizzes.asking import ask
from lessons.quizzes.marking import Given, Question

log = structlog.get_logger(__name__)

MOST_TRIES = 30
"""Of one question in one attempt; what comes later isn't marked any more."""
TRIES_BEFORE_ANSWER = 2
"""After so many wrong tries the learner may ask for the answer."""

type Posted = Mapping[str, Sequence[str]]


def latest_attempt(owner: Owner, lesson: LessonPage, block_id: str) -> Attempt | None:
    """Return the newest attempt at a quiz, open or decided; one query.

    It carries as `spent` how many count against a limit: none of a time when the quiz was for practice.
    """
    mine = Attempt.objects.of(owner).filter(lesson=lesson, block_id=block_id, kind=Attempt.Kind.QUIZ)
    spent = Window(Count("pk", filter=Q(asked__mode="assessed")))
    return mine.annotate(spent=spent).order_by("-number").first()


def start(owner: Owner, lesson: LessonPage, block: StreamValue.StreamChild, *, key: UUID) -> Attempt:
    """Return the open attempt, else a new one; raise WorkRefused when no attempt is left.

    Numbers are unique for a person and a block: of two starts at the same moment one makes the row, and the
    other one gets it.
    """
    settle_overdue(owner, lesson, block.id)
    latest = latest_attempt(owner, lesson, block.id)
    if latest and (latest.state == Attempt.State.OPEN or latest.key == key):
        return latest
    quiz, number = block.value, latest.number + 1 if latest else 1
    is_assessed = quiz["mode"] == "assessed"
    if is_assessed and "learner" not in owner:
        raise WorkRefused(_("Log in to take this quiz: its result counts."))
    if is_assessed and quiz["attempts"] and getattr(latest, "spent", 0) >= quiz["attempts"]:
        raise WorkRefused(_("No attempt is left."))
    now = timezone.now()
    minutes = quiz["minutes"] if is_assessed else 0
    attempt = Attempt(
        **owner,
        lesson=lesson,
        block_id=block.id,
        key=key,
        number=number,
        kind=Attempt.Kind.QUIZ,
        asked=ask(quiz, block_id=block.id, key=key),
        revision_id=lesson.live_revision_id,
        started_at=now,
        due_at=now + timedelta(minutes=minutes) if minutes else None,
    )
    try:
        with transaction.atomic():
            attempt.save(force_insert=True)
    except IntegrityError:
        if other := latest_attempt(owner, lesson, block.id):
            return other
        raise WorkRefused(_("Load the page again, then start.")) from None
    return attempt


def sit(owner: Owner, lesson: LessonPage, block: StreamValue.StreamChild, *, key: UUID) -> Attempt | None:
    """Return the attempt that an answer belongs to. Practice starts with the first one, nothing else does."""
    if block.value["mode"] == "practice":
        return start(owner, lesson, block, key=key)
    return latest_attempt(owner, lesson, block.id)


def keep(attempt: Attempt, posted: Posted) -> Attempt:
    """Save the given answers without marking them; when the time is over, decide by what was saved before."""
    with transaction.atomic():
        attempt = _locked(attempt)
        if is_overdue(attempt):
            _decide(attempt)
        elif attempt.state == Attempt.State.OPEN:
            _keep(attempt, posted)
            attempt.save(update_fields=["answers"])
    return attempt


def check(attempt: Attempt, question_id: str, posted: Posted) -> Attempt:
    """Mark the answer to one question of a practice quiz; the same answer again is no further try."""
    with transaction.atomic():
        attempt = _locked(attempt)
        question = _question(attempt, question_id)
        if question and _is_practised(attempt):
            _keep(attempt, posted)
            given = None if is_closed(attempt, question) else marking.read_given(question, posted)
            tries = tries_of(attempt, question)
            if given is not None and given not in tries and len(tries) < MOST_TRIES:
                _entry(attempt, question_id)["tries"] = [*tries, given]
            _save(attempt)
    return attempt


def reveal(attempt: Attempt, question_id: str, posted: Posted) -> Attempt:
    """Show the answer to a question of a practice quiz, once it was tried often enough."""
    with transaction.atomic():
        attempt = _locked(attempt)
        question = _question(attempt, question_id)
        if question and _is_practised(attempt):
            _keep(attempt, posted)
            if may_reveal(attempt, question):
                _entry(attempt, question_id)["shown"] = True
            _save(attempt)
    return attempt


def finish(attempt: Attempt, posted: Posted) -> Attempt:
    """Save the given answers if there is time, and decide an assessed quiz by what is saved."""
    with transaction.atomic():
        attempt = _locked(attempt)
        if attempt.state == Attempt.State.OPEN and attempt.asked["mode"] == "assessed":
            if not is_overdue(attempt):
                _keep(attempt, posted)
            _decide(attempt)
    return attempt


def settle_overdue(owner: Owner, lesson: LessonPage, block_id: str | None = None) -> int:
    """Decide a person's attempts in a lesson whose time is over; return how many there were."""
    late = _overdue().of(owner).filter(lesson=lesson)
    return sum(map(_close, late.filter(block_id=block_id) if block_id else late))


def close_overdue(*, most: int = 200) -> int:
    """Decide attempts of anybody whose time is over, oldest first; return how many there were."""
    closed = sum(map(_close, _overdue().order_by("due_at")[:most]))
    if closed:
        log.info("quizzes_closed", attempts=closed)
    return closed


def is_overdue(attempt: Attempt, now: datetime | None = None) -> bool:
    """Whether the attempt is still open and its time is over."""
    is_open = attempt.state == Attempt.State.OPEN
    return is_open and attempt.due_at is not None and attempt.due_at <= (now or timezone.now())


def tries_of(attempt: Attempt, question: Question) -> list[Given]:
    """What was tried in a practice quiz, in order."""
    return attempt.answers.get(question["id"], {}).get("tries", [])


def is_solved(attempt: Attempt, question: Question) -> bool:
    """Whether a question counts as right: by the last try in practice, by what is saved otherwise."""
    entry = attempt.answers.get(question["id"], {})
    if attempt.asked["mode"] == "assessed":
        return marking.is_right(question, entry.get("given"))
    tries = tries_of(attempt, question)
    return not entry.get("shown") and bool(tries) and marking.is_right(question, tries[-1])


def was_shown(attempt: Attempt, question: Question) -> bool:
    """Whether the learner asked for the answer."""
    return attempt.answers.get(question["id"], {}).get("shown", False)


def is_closed(attempt: Attempt, question: Question) -> bool:
    """Whether a question of a practice quiz is answered for good."""
    is_practice = attempt.asked["mode"] == "practice"
    return is_practice and (is_solved(attempt, question) or was_shown(attempt, question))


def may_reveal(attempt: Attempt, question: Question) -> bool:
    """Whether the learner may ask for the answer now."""
    tried = len(tries_of(attempt, question)) >= TRIES_BEFORE_ANSWER
    return tried and not is_closed(attempt, question)


def _overdue() -> AttemptQuerySet:
    return Attempt.objects.filter(
        kind=Attempt.Kind.QUIZ, state=Attempt.State.OPEN, due_at__lte=timezone.now()
    )


def _close(attempt: Attempt) -> bool:
    return finish(attempt, {}).is_decided


def _locked(attempt: Attempt) -> Attempt:
    return Attempt.objects.select_for_update().get(pk=attempt.pk)


def _is_running(attempt: Attempt) -> bool:
    return attempt.state == Attempt.State.OPEN and not is_overdue(attempt)


def _is_practised(attempt: Attempt) -> bool:
    return attempt.asked["mode"] == "practice" and _is_running(attempt)


def _question(attempt: Attempt, question_id: str) -> Question | None:
    return next((item for item in attempt.asked["questions"] if item["id"] == question_id), None)


def _entry(attempt: Attempt, question_id: str) -> dict:
    return attempt.answers.setdefault(question_id, {})


def _keep(attempt: Attempt, posted: Posted) -> None:
    """Take over the given answers. A question that the form asked and that has none is unanswered again."""
    asked = posted.get("asked", ())
    for question in attempt.asked["questions"]:
        if is_closed(attempt, question):
            continue
        given = marking.read_given(question, posted)
        if given is not None:
            _entry(attempt, question["id"])["given"] = given
        elif question["id"] in asked:
            attempt.answers.get(question["id"], {}).pop("given", None)


def _save(attempt: Attempt) -> None:
    """Save the answers; when all questions are closed, with the verdict."""
    if all(is_closed(attempt, question) for question in attempt.asked["questions"]):
        _decide(attempt)
    else:
        attempt.save(update_fields=["answers"])


def _decide(attempt: Attempt) -> None:
    """Save the answers with the verdict, and finish the learner's lesson if that was what it asked for."""
    questions = attempt.asked["questions"]
    right = sum(is_solved(attempt, question) for question in questions)
    attempt.result = {
        "right": right,
        "first": sum(_was_right_at_once(attempt, question) for question in questions),
        "of": len(questions),
    }
    attempt.score = 100 * right // len(questions)
    has_passed = attempt.score >= attempt.asked["pass_mark"]
    attempt.state = Attempt.State.PASSED if has_passed else Attempt.State.FAILED
    attempt.decided_at = timezone.now()
    attempt.submitted_at = min(attempt.decided_at, attempt.due_at or attempt.decided_at)
    attempt.save(update_fields=["answers", "result", "score", "state", "decided_at", "submitted_at"])
    if attempt.learner:
        completion.settle(attempt.learner, attempt.lesson)


def _was_right_at_once(attempt: Attempt, question: Question) -> bool:
    tries = tries_of(attempt, question)
    return bool(tries) and marking.is_right(question, tries[0])
