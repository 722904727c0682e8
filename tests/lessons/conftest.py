"""A lesson with work in it, and a grader that says what a test tells it to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from lessons import grading
from lessons.grading import GraderStatus, Job, Verdict
from lessons.models import LessonPage
from tests.conftest import SmallCourse
from tests.factories.lessons import make_lesson
from tests.factories.work import exercise


@dataclass
class FakeGrader:
    """Stands where the sandbox stands. It passes what contains "Hello"; `before` is called first."""

    jobs: list[Job] = field(default_factory=list)
    trusted: bool = True
    before: Callable[[], None] = lambda: None

    def grade(self, job: Job) -> Verdict:
        self.jobs.append(job)
        self.before()
        passed = any("Hello" in source for source in job.files.values())
        return verdict(passed=passed)

    def status(self) -> GraderStatus:
        return GraderStatus("bubblewrap" if self.trusted else "off", self.trusted, "as the test says")


def verdict(*, passed: bool) -> Verdict:
    home: dict[str, Any] = {"name": "test_home", "title": "The home page says Hello", "state": "passed"}
    home |= {"message": "", "expected": None, "got": None}
    if not passed:
        home |= {"state": "failed", "message": "The page does not say it.", "expected": "Hello", "got": "Bye"}
    hidden = {"name": "test_no_stranger", "title": "Nobody is called heron", "state": "passed"}
    hidden |= {"message": "", "expected": None, "got": None}
    return Verdict("passed" if passed else "failed", [home, hidden], "a line of the console\n", "")


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch) -> FakeGrader:
    """Replace the sandbox, and nothing else, by one that answers at once."""
    fake = FakeGrader()
    monkeypatch.setattr(grading, "grade", fake.grade)
    monkeypatch.setattr(grading, "status", fake.status)
    return fake


@pytest.fixture
def lesson(course: SmallCourse) -> LessonPage:
    """A locked lesson that is finished by its exercise."""
    return make_lesson(course.module, slug="hello", title="Say hello", body=[exercise()], needs_checks=True)
