"""Code of lessons run on the server: saved output, the panel of the editor and that of the home page."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from lessons.models import ExampleRun, LessonPage
from lessons.tasks import run_all_examples, run_examples
from tests.conftest import SmallCourse, signed_in
from tests.factories.lessons import make_lesson
from tests.factories.work import quiz
from tests.lessons.code_pages import EXERCISE, PRINTS, Grader, stand_in_grader

pytestmark = pytest.mark.django_db


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch) -> Grader:
    return stand_in_grader(monkeypatch)


@pytest.fixture
def lesson(course: SmallCourse) -> LessonPage:
    return make_lesson(course.module, slug="live", title="Live code", is_free=True, body=[PRINTS, EXERCISE])


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


def test_the_editor_says_that_the_starter_files_pass_already(
    lesson: LessonPage, grader: Grader, author: User
) -> None:
    grader.good = "return"
    client = signed_in(author)

    client.post(f"/cms/lessons/{lesson.pk}/run/", {"block": "double", "part": "python"})

    page = client.get(f"/cms/lessons/{lesson.pk}/run/?report").content.decode()
    assert "The starter files pass all checks already (Python)." in page


def test_the_editor_says_which_check_has_no_title(course: SmallCourse, grader: Grader, author: User) -> None:
    checks = "def test_double(app):\n    assert app.call('double', 2) == 4"
    body = [EXERCISE | {"value": EXERCISE["value"] | {"hidden_checks": checks}}]
    lesson = make_lesson(course.module, slug="untitled", title="Untitled", body=body)

    page = signed_in(author).get(f"/cms/lessons/{lesson.pk}/run/").content.decode()

    assert "The check test_double has no title" in page


def test_the_editor_names_what_a_draft_leaves_open(course: SmallCourse, author: User) -> None:
    block = quiz()
    block["value"]["questions"][0]["value"]["options"][1]["why"] = ""
    lesson = make_lesson(course.module, slug="open", title="Open", body=[block])

    page = signed_in(author).get(f"/cms/lessons/{lesson.pk}/run/").content.decode()

    assert "Questions: 1. Choice: Options: 2: Why it is right or wrong: This field is required." in page


def test_an_exercise_without_checks_is_not_passed(course: SmallCourse, grader: Grader, author: User) -> None:
    body = [EXERCISE | {"value": EXERCISE["value"] | {"checks": ""}}]
    lesson = make_lesson(course.module, slug="unchecked", title="Unchecked", body=body)

    row = signed_in(author).post(f"/cms/lessons/{lesson.pk}/run/", {"block": "double", "part": "python"})

    assert "The exercise has no checks." in row.content.decode()


def test_without_a_checker_the_editor_says_why_nothing_runs(
    lesson: LessonPage, grader: Grader, author: User
) -> None:
    grader.is_there = False

    answer = signed_in(author).post(f"/cms/lessons/{lesson.pk}/run/", {"block": "greeting", "part": ""})

    assert answer.status_code == 503
    assert "Nothing can be run here: off" in answer.content.decode()


def test_admissions_run_no_code(lesson: LessonPage, grader: Grader, admissions: User) -> None:
    signed_in(admissions).post(f"/cms/lessons/{lesson.pk}/run/")

    assert grader.jobs == 0


def test_failing_code_costs_the_start_page_the_same_for_one_run_and_for_many(
    course: SmallCourse, grader: Grader, author: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    grader.good = "never"
    client = signed_in(author)
    body = [EXERCISE | {"id": "double"}, EXERCISE | {"id": "again"}]
    lessons = [
        make_lesson(course.module, slug=f"live-{number}", title=f"Live {number}", body=body)
        for number in range(6)
    ]
    run_examples(lessons[0].pk)
    cache.clear()
    with CaptureQueriesContext(connection) as one:
        client.get("/cms/")

    for lesson in lessons[1:]:
        run_examples(lesson.pk)
    cache.clear()
    with django_assert_num_queries(len(one)):
        page = client.get("/cms/").content.decode()

    assert page.count("It gave 2.") == 8
    assert "There are more" in page
