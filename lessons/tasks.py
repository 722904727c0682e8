"""The Celery edge of lessons. The schedule is in `lms/celery.py`."""

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError

from lessons import example_runs, verdicts, visitors
from lessons.grading import GraderUnavailable
from lessons.models import LessonPage
from lessons.quizzes import sitting

log = structlog.get_logger(__name__)


@shared_task(name="lessons.grade")
def grade() -> None:
    """Check what was handed in, for 20 seconds at most; the next beat goes on."""
    verdicts.grade_waiting(seconds=20)


@shared_task(name="lessons.run_examples")
def run_examples(lesson_id: int, again: bool = False) -> None:
    """Run the code of a live lesson that is new (`again`: all of it) and keep what it did."""
    lesson = LessonPage.objects.live().filter(pk=lesson_id).first()
    if lesson is None:
        return
    try:
        example_runs.run_lesson(lesson, again=again)
    except GraderUnavailable as error:
        log.warning("examples_not_run", lesson=lesson_id, error=str(error))


@shared_task(name="lessons.forget_visitors")
def forget_visitors() -> None:
    """Delete what visitors did long ago and nobody claimed."""
    visitors.forget_visitors()


@shared_task(name="lessons.run_all_examples")
def run_all_examples() -> None:
    """Have every published lesson's code run again, a task a lesson."""
    for lesson_id in LessonPage.objects.published().values_list("pk", flat=True):
        run_examples.delay(lesson_id, again=True)


def ask_for_run(lesson_id: int) -> None:
    """Have a worker run a lesson's code. A lost call costs the saved output until the night."""
    try:
        run_examples.apply_async((lesson_id,), retry=False)
    except (OperationalError, OSError) as error:
        log.warning("worker_not_woken", error=type(error).__name__)


def ask_for_grading() -> None:
    """Have a worker look now. Losing the call costs seconds, never an attempt: beat looks too."""
    try:
        grade.apply_async(retry=False, expires=30)
    except (OperationalError, OSError) as error:
        log.warning("worker_not_woken", error=type(error).__name__)


@shared_task(name="lessons.close_overdue_quizzes")
def close_overdue_quizzes() -> None:
    """Decide quizzes whose time is over by what was saved in time."""
    sitting.close_overdue()
