"""A checker that dies at any point loses no attempt and decides none twice; doubled presses are one."""

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone

from accounts.models import User
from lessons import attempts, completion, grading
from lessons.grading import GraderStatus, Job, Verdict
from lessons.models import Attempt, LessonPage, Progress
from lessons.progress import note_visit
from lessons.tasks import grade
from lessons.verdicts import LEASE, grade_waiting
from tests.conftest import SmallCourse
from tests.factories.lessons import make_lesson
from tests.factories.work import SOLVED, exercise
from tests.faults.test_crashes import DIED, die_before_statement, in_threads

pytestmark = pytest.mark.django_db(transaction=True)


class CountingGrader:
    """Passes everything and remembers what it was asked, whichever thread asks."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.during: Callable[[], None] = lambda: None

    def grade(self, job: Job) -> Verdict:
        self.jobs.append(job)
        self.during()
        result = {"name": "test_home", "title": "", "state": "passed", "message": ""}
        return Verdict("passed", [{**result, "expected": None, "got": None}], "", "")

    def status(self) -> GraderStatus:
        return GraderStatus("bubblewrap", True, "")


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch) -> CountingGrader:
    counting = CountingGrader()
    monkeypatch.setattr(grading, "grade", counting.grade)
    monkeypatch.setattr(grading, "status", counting.status)
    return counting


@pytest.fixture
def two(course: SmallCourse) -> LessonPage:
    """A lesson that asks for two exercises."""
    return make_lesson(course.module, body=[exercise(), exercise("say-more")], needs_checks=True)


def hand_in(
    learner: User, lesson: LessonPage, *, block_id: str = "say-hello", key: UUID | None = None
) -> Attempt:
    return attempts.submit(
        {"learner": learner},
        lesson,
        block_id=block_id,
        part="flask",
        files={"app.py": SOLVED},
        key=key or uuid4(),
    )


def in_child(work: Callable[[], None]) -> int:
    """Start the work in a forked process and return its id."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def grade_after_the_lease() -> None:
    with time_machine.travel(timezone.now() + LEASE + timedelta(seconds=1)):
        grade()


def test_a_checker_killed_in_the_middle_of_a_job_is_replaced(
    learner: User, two: LessonPage, grader: CountingGrader
) -> None:
    hand_in(learner, two)
    hand_in(learner, two, block_id="say-more")
    reading, writing = os.pipe()

    def hang() -> None:
        os.write(writing, b"!")
        time.sleep(60)

    grader.during = hang
    child = in_child(grade_waiting)
    assert os.read(reading, 1) == b"!"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading), os.close(writing)
    grader.during = lambda: None

    grade()
    assert sorted(Attempt.objects.values_list("state", flat=True)) == ["passed", "running"]
    grade_after_the_lease()

    assert set(Attempt.objects.values_list("state", flat=True)) == {"passed"}
    assert len(grader.jobs) == 2
    assert Progress.objects.done().filter(learner=learner, lesson=two).count() == 1


def test_dying_before_any_statement_loses_nothing_and_decides_once(
    learner: User, two: LessonPage, grader: CountingGrader
) -> None:
    for point in range(100):
        hand_in(learner, two)
        hand_in(learner, two, block_id="say-more")

        def work(point: int = point) -> None:
            with connection.execute_wrapper(die_before_statement(point)):
                grade_waiting()

        died = os.waitstatus_to_exitcode(os.waitpid(in_child(work), 0)[1]) == DIED
        grade_after_the_lease()

        assert set(Attempt.objects.values_list("state", flat=True)) == {"passed"}, point
        assert Progress.objects.done().filter(learner=learner, lesson=two).exists(), point
        Attempt.objects.all().delete()
        Progress.objects.all().delete()
        if not died:
            break

    assert not died, "the checker has more statements than this test tries"
    assert point > 10


def test_checkers_side_by_side_check_each_attempt_once(
    learner: User, two: LessonPage, grader: CountingGrader
) -> None:
    for _ in range(20):
        hand_in(learner, two)

    def work() -> None:
        grade_waiting()
        connection.close()

    in_threads(work, count=4)

    assert len(grader.jobs) == 20
    assert set(Attempt.objects.values_list("state", "tries")) == {("passed", 1)}


def test_the_last_two_verdicts_at_the_same_moment_finish_the_lesson(
    learner: User, two: LessonPage, grader: CountingGrader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a lock neither would see the other's verdict: both read before one commits."""

    def read_slowly(*args: Any) -> dict[str, completion.Standing]:
        found = standings(*args)
        time.sleep(0.4)
        return found

    standings = completion.standings
    monkeypatch.setattr(completion, "standings", read_slowly)
    note_visit(learner, two, None)
    hand_in(learner, two)
    hand_in(learner, two, block_id="say-more")
    barrier = threading.Barrier(2)
    grader.during = barrier.wait

    def work() -> None:
        grade_waiting(seconds=0)
        connection.close()

    in_threads(work, count=2)

    assert Progress.objects.done().filter(learner=learner, lesson=two).count() == 1


def test_presses_at_the_same_moment_make_one_attempt_a_key(
    learner: User, two: LessonPage, grader: CountingGrader
) -> None:
    keys = [uuid4(), uuid4()]
    waiting = iter(keys * 2)
    barrier = threading.Barrier(4)
    numbers: list[int] = []

    def press() -> None:
        key = next(waiting)
        barrier.wait()
        numbers.append(hand_in(learner, two, key=key).number)
        connection.close()

    in_threads(press, count=4)

    assert sorted(numbers) == [1, 1, 2, 2]
    assert Attempt.objects.count() == len(keys)
