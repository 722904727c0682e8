"""Lessons whose code is run by a stand-in of the sandbox, and what the editor posts for them."""

from typing import Any

import pytest
from wagtail.test.utils.form_data import nested_form_data, streamfield

from lessons import example_runs
from lessons.grading import GraderUnavailable
from lessons.grading.jobs import ExampleRun as Ran
from lessons.grading.jobs import Verdict
from lessons.models import LessonPage

PRINTS = {
    "type": "code",
    "id": "greeting",
    "value": {
        "files": [{"name": "hello.py", "language": "python", "code": 'print("Vanakkam")  #=1'}],
        "caption": "",
        "run": "script",
        "requests": [],
    },
}
EXERCISE: dict[str, Any] = {
    "type": "exercise",
    "id": "double",
    "value": {
        "title": "Double a number",
        "statement": "Write `double`.",
        "tracks": [
            {
                "framework": "python",
                "starter": [
                    {"name": "main.py", "language": "python", "code": "def double(n):\n    return n"}
                ],
                "solution": [
                    {"name": "main.py", "language": "python", "code": "def double(n):\n    return 2 * n"}
                ],
            }
        ],
        "checks": (
            'def test_double(app):\n    """double(2) is 4"""\n    expect(app.call("double", 2)).equals(4)'
        ),
        "hidden_checks": "",
        "hints": [],
        "required": True,
    },
}


class Grader:
    """Stands in for the sandbox, which has its own tests: passes files that hold `good`, counts its work."""

    def __init__(self) -> None:
        self.jobs = 0
        self.good = "2 * n"
        self.is_there = True

    def run_example(self, files: dict[str, str], kind: str, requests: list[dict]) -> Ran:
        self._work()
        return Ran(True, [{"console": "Vanakkam\n"}], "Vanakkam\n", None)

    def grade(self, job: Any) -> Verdict:
        self._work()
        passed = any(self.good in source for source in job.files.values())
        check = {
            "name": "test_double",
            "title": "double(2) is 4",
            "state": "passed" if passed else "failed",
            "message": "It gave 2.",
        }
        return Verdict("passed" if passed else "failed", [check], "", "")

    def _work(self) -> None:
        if not self.is_there:
            raise GraderUnavailable("off")
        self.jobs += 1


def stand_in_grader(monkeypatch: pytest.MonkeyPatch) -> Grader:
    """Replace the sandbox for examples and reference solutions."""
    grader = Grader()
    monkeypatch.setattr(example_runs.grading, "run_example", grader.run_example)
    monkeypatch.setattr(example_runs.grading, "grade", grader.grade)
    return grader


def posted(lesson: LessonPage, title: str) -> dict:
    """Return what the editor posts for a lesson that holds the exercise alone."""
    value = EXERCISE["value"]
    track = value["tracks"][0]
    body = streamfield(
        [
            (
                "exercise",
                value
                | {
                    "tracks": inline_list(
                        [
                            {
                                "framework": "python",
                                "starter": inline_list(track["starter"]),
                                "solution": inline_list(track["solution"]),
                            }
                        ]
                    ),
                    "hints": inline_list([]),
                    "required": "on",
                },
            )
        ]
    )
    return nested_form_data(
        {
            "title": title, "slug": lesson.slug, "intro": lesson.intro, "minutes": "8", "is_free": "on",
            "outcomes": lesson.outcomes, "sources": "", "quiz_share": "0", "change_kind": "cosmetic",
            "change_note": "", "body": body,
            "comments": {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MAX_NUM_FORMS": ""},
        }
    )  # fmt: skip


def inline_list(items: list[Any]) -> dict[str, Any]:
    """Return a list block as the editor posts it."""
    posted: dict[str, Any] = {"count": str(len(items))}
    for number, item in enumerate(items):
        posted[str(number)] = {"deleted": "", "order": str(number), "type": "item", "id": "", "value": item}
    return posted
