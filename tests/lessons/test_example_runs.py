"""Code of lessons run on the server: saved output, the editor's panel, and refused publications."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.test.utils.form_data import nested_form_data, streamfield

from accounts.models import User
from lessons import example_runs
from lessons.grading import GraderUnavailable
from lessons.grading.jobs import ExampleRun as Ran
from lessons.grading.jobs import Verdict
from lessons.models import ExampleRun, LessonPage
from lessons.tasks import run_all_examples, run_examples
from tests.conftest import SmallCourse, signed_in
from tests.factories.lessons import make_lesson

pytestmark = pytest.mark.django_db

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


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch) -> Grader:
    stand_in = Grader()
    monkeypatch.setattr(example_runs.grading, "run_example", stand_in.run_example)
    monkeypatch.setattr(example_runs.grading, "grade", stand_in.grade)
    return stand_in


@pytest.fixture
def lesson(course: SmallCourse) -> LessonPage:
    return make_lesson(course.module, slug="live", title="Live code", is_free=True, body=[PRINTS, EXERCISE])


def publish(client: Client, lesson: LessonPage, revision: int) -> Any:
    return client.post(f"/cms/lessons/publish/{revision}/", {"reason": "The checks will be mended tonight."})


def test_readers_without_python_see_what_an_example_printed(
    lesson: LessonPage, grader: Grader, visitor: Client
) -> None:
    run_examples(lesson.pk)

    assert "Vanakkam" in visitor.get(f"{lesson.url}output/").content.decode()


def test_output_of_other_code_is_not_shown(lesson: LessonPage, grader: Grader, visitor: Client) -> None:
    run_examples(lesson.pk)
    ExampleRun.objects.update(digest="0" * 64)

    page = visitor.get(f"{lesson.url}output/").content.decode()

    assert "Vanakkam" not in page
    assert "have not been run on the server yet" in page


def test_the_night_runs_everything_again_and_publishing_only_what_is_new(
    lesson: LessonPage, grader: Grader
) -> None:
    run_examples(lesson.pk)
    run_examples(lesson.pk)
    assert grader.jobs == 2

    run_examples(lesson.pk, again=True)
    assert grader.jobs == 4
    assert ExampleRun.objects.count() == 2


def test_runs_of_code_that_is_gone_are_removed(lesson: LessonPage, grader: Grader) -> None:
    run_examples(lesson.pk)
    lesson.body = [("prose", "Only words.")]
    lesson.save()

    run_examples(lesson.pk)

    assert not ExampleRun.objects.exists()


def test_a_checker_that_is_off_loses_no_saved_output(lesson: LessonPage, grader: Grader) -> None:
    run_examples(lesson.pk)
    grader.is_there = False

    run_examples(lesson.pk, again=True)

    assert ExampleRun.objects.count() == 2


def test_every_published_lesson_is_run_at_night(
    lesson: LessonPage, course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(run_examples, "delay", lambda pk, again: asked.append(pk))
    course.last.unpublish()

    run_all_examples()

    assert set(asked) == {lesson.pk, course.free.pk, course.locked.pk}


def test_authors_see_failing_lessons_on_their_start_page_until_they_run(
    lesson: LessonPage, grader: Grader, author: User
) -> None:
    grader.good = "never"
    run_examples(lesson.pk)
    page = signed_in(author).get("/cms/").content.decode()
    assert "double(2) is 4: It gave 2." in page

    grader.good = "2 * n"
    run_examples(lesson.pk, again=True)
    assert "It gave 2." not in signed_in(author).get("/cms/").content.decode()


def test_admissions_are_not_bothered_with_code(lesson: LessonPage, grader: Grader, admissions: User) -> None:
    grader.good = "never"
    run_examples(lesson.pk)

    assert "It gave 2." not in signed_in(admissions).get("/cms/").content.decode()


def test_an_author_runs_one_example_of_the_draft(lesson: LessonPage, grader: Grader, author: User) -> None:
    lesson.save_revision()

    row = signed_in(author).post(f"/cms/lessons/{lesson.pk}/run/", {"block": "greeting", "part": ""})

    assert 'data-state="good"' in row.content.decode()
    assert grader.jobs == 1
    assert not ExampleRun.objects.exists()


def test_the_page_of_a_draft_names_what_fails(lesson: LessonPage, grader: Grader, author: User) -> None:
    grader.good = "never"
    client = signed_in(author)

    client.post(f"/cms/lessons/{lesson.pk}/run/")
    page = client.get(f"/cms/lessons/{lesson.pk}/run/").content.decode()

    assert "The reference solution fails (Python): double(2) is 4: It gave 2." in page


def test_the_editor_shows_the_panel(lesson: LessonPage, author: User) -> None:
    page = signed_in(author).get(f"/cms/pages/{lesson.pk}/edit/").content.decode()

    assert "Run all examples" in page
    assert f"/cms/lessons/{lesson.pk}/run/" in page


def test_a_lesson_with_a_failing_solution_stays_as_it_is(
    lesson: LessonPage, grader: Grader, reviewer: User
) -> None:
    grader.good = "never"
    revision = _draft(lesson, "Rewritten")

    response = _approve(reviewer, lesson)

    assert response.url == f"/cms/lessons/publish/{revision}/"
    assert LessonPage.objects.get(pk=lesson.pk).title == "Live code"
    reasons = signed_in(reviewer).get(response.url).content.decode()
    assert "double(2) is 4: It gave 2." in reasons


def test_a_lesson_whose_solutions_pass_goes_live(lesson: LessonPage, grader: Grader, reviewer: User) -> None:
    _draft(lesson, "Rewritten")

    _approve(reviewer, lesson)

    assert LessonPage.objects.get(pk=lesson.pk).title == "Rewritten"


def test_without_a_checker_a_lesson_can_still_be_published(
    lesson: LessonPage, grader: Grader, reviewer: User
) -> None:
    grader.is_there = False
    _draft(lesson, "Rewritten")

    _approve(reviewer, lesson)

    assert LessonPage.objects.get(pk=lesson.pk).title == "Rewritten"


def test_a_reviewer_publishes_anyway_and_the_reason_is_in_the_history(
    lesson: LessonPage, grader: Grader, reviewer: User
) -> None:
    grader.good = "never"
    revision = _draft(lesson, "Rewritten")

    publish(signed_in(reviewer), lesson, revision)

    assert LessonPage.objects.get(pk=lesson.pk).title == "Rewritten"
    history = signed_in(reviewer).get(f"/cms/pages/{lesson.pk}/history/").content.decode()
    assert "The checks will be mended tonight." in history


def test_an_author_cannot_override(lesson: LessonPage, grader: Grader, author: User) -> None:
    grader.good = "never"
    revision = _draft(lesson, "Rewritten")

    publish(signed_in(author), lesson, revision)

    assert LessonPage.objects.get(pk=lesson.pk).title == "Live code"


def test_publishing_from_the_editor_is_refused_too(
    lesson: LessonPage, grader: Grader, reviewer: User
) -> None:
    grader.good = "never"
    lesson.body = [EXERCISE]
    lesson.save_revision().publish()

    response = signed_in(reviewer).post(
        f"/cms/pages/{lesson.pk}/edit/", _posted(lesson, "Rewritten") | {"action-publish": "1"}
    )

    assert "/cms/lessons/publish/" in response.url
    assert LessonPage.objects.get(pk=lesson.pk).title == "Live code"


def _posted(lesson: LessonPage, title: str) -> dict:
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


def _draft(lesson: LessonPage, title: str) -> int:
    lesson.title = title
    revision = lesson.save_revision()
    return revision.pk


def _approve(reviewer: User, lesson: LessonPage) -> Any:
    page = LessonPage.objects.get(pk=lesson.pk)
    workflow = page.get_workflow()
    state = workflow.start(page, reviewer)
    address = reverse(
        "wagtailadmin_pages:workflow_action", args=[lesson.pk, "approve", state.current_task_state.pk]
    )
    return signed_in(reviewer).post(address, {"comment": ""})
