"""Drafts: one a block and framework, saved while somebody types, and never over another device's."""

import json
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction

from accounts.models import User
from lessons.models import Draft, LessonPage
from tests.conftest import SmallCourse, signed_in
from tests.factories.lessons import BODY, make_lesson
from tests.factories.work import STARTER, exercise

pytestmark = pytest.mark.django_db

FILES = {"app.py": "x = 1\n"}


def save(
    client: Client,
    lesson: LessonPage,
    files: Any = FILES,
    *,
    version: Any = 0,
    block: str = "say-hello",
    part: str = "flask",
) -> HttpResponse:
    """Send a draft as the page's script does."""
    sent = json.dumps({"part": part, "files": files, "version": version})
    return client.post(f"{lesson.url}work/{block}/draft/", sent, content_type="application/json")


def test_a_draft_is_given_back_and_stands_in_the_page(learner: User, lesson: LessonPage) -> None:
    client = signed_in(learner)
    address = f"{lesson.url}work/say-hello/draft/?part=flask"
    assert client.get(address).json() == {"files": None, "version": 0}
    assert STARTER in client.get(lesson.url).content.decode()

    saved = save(client, lesson, {"app.py": "written = True\n", "models.py": "new = 1"}).json()

    assert saved["version"] == 1
    assert client.get(address).json() == saved
    page = client.get(lesson.url).content.decode()
    assert "written = True" in page
    assert 'name="file:models.py"' in page


def test_each_framework_has_its_own_draft(learner: User, lesson: LessonPage) -> None:
    client = signed_in(learner)
    save(client, lesson)
    save(client, lesson, {"views.py": "y = 2"}, part="django")

    address = f"{lesson.url}work/say-hello/draft/"
    assert client.get(f"{address}?part=flask").json()["files"] == FILES
    assert client.get(f"{address}?part=django").json()["files"] == {"views.py": "y = 2"}


def test_saves_that_know_the_latest_version_follow_each_other(learner: User, lesson: LessonPage) -> None:
    client = signed_in(learner)
    version = 0
    for number in range(4):
        version = save(client, lesson, {"app.py": f"x = {number}"}, version=version).json()["version"]

    assert version == 4
    assert Draft.objects.get().content == {"files": {"app.py": "x = 3"}}


def test_a_save_that_does_not_know_the_latest_changes_nothing_and_is_given_the_other(
    learner: User, lesson: LessonPage
) -> None:
    phone, laptop = signed_in(learner), signed_in(learner)
    save(phone, lesson, {"app.py": "phone = 1"})
    save(phone, lesson, {"app.py": "phone = 2"}, version=1)

    for version in (0, 1):
        response = save(laptop, lesson, {"app.py": "laptop = 1"}, version=version)
        assert response.status_code == 409
        assert response.json()["files"] == {"app.py": "phone = 2"}
        assert response.json()["version"] == 2

    answer = save(laptop, lesson, {"app.py": "laptop = 1"}, version=2)
    assert answer.status_code == 200
    assert Draft.objects.get().content == {"files": {"app.py": "laptop = 1"}}


def test_a_save_repeated_after_a_lost_answer_is_no_conflict(learner: User, lesson: LessonPage) -> None:
    client = signed_in(learner)
    save(client, lesson)

    again = save(client, lesson)

    assert again.status_code == 200
    assert again.json()["version"] == 1


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "Send at least one file."),
        ("app.py", "Send at least one file."),
        ({"app.py": 1}, "is not text"),
        ({"app.py": "a\0b"}, "is not text"),
        ({"app.py": "half a character: \ud83d"}, "is not text"),
        ({"app.py": "x" * 65_537}, "Shorten the file"),
        ({f"f{number}.py": "" for number in range(21)}, "at most 20 files"),
        ({"../app.py": ""}, "Name the file"),
        ({"/etc/passwd": ""}, "Name the file"),
        ({"templates/../x.html": ""}, "Name the file"),
        ({"a b.py": ""}, "Name the file"),
        ({"": ""}, "Name the file"),
    ],
)
def test_files_that_cannot_be_kept_are_refused_with_the_reason(
    files: Any, reason: str, learner: User, lesson: LessonPage
) -> None:
    response = save(signed_in(learner), lesson, files)

    assert response.status_code == 422
    assert reason in response.json()["error"]
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"part": 1}', "[" * 100_000, '{"files":' * 50_000, "9" * 5_000], ids=range(7)
)
def test_a_body_that_is_no_draft_is_refused(body: str, learner: User, lesson: LessonPage) -> None:
    address = f"{lesson.url}work/say-hello/draft/"
    response = signed_in(learner).post(address, body, content_type="application/json")

    assert response.status_code == 400
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("block", "part", "name"),
    [
        ("match-a-path-pair", "django", "urls.py"),
        ("match-a-path-pair", "flask", "app.py"),
        ("answer-code", "", "hello.py"),
    ],
)
def test_panes_and_samples_keep_drafts_too(
    block: str, part: str, name: str, learner: User, course: SmallCourse
) -> None:
    save(signed_in(learner), course.locked, {name: "x"}, block=block, part=part)

    draft = Draft.objects.get()
    assert (draft.block_id, draft.part, draft.content) == (block, part, {"files": {name: "x"}})


@pytest.mark.parametrize(
    ("block", "part"), [("nowhere", ""), ("answer", ""), ("say-hello", "cobol"), ("answer-code", "django")]
)
def test_only_code_of_the_lesson_has_drafts(
    block: str, part: str, learner: User, course: SmallCourse
) -> None:
    lesson = make_lesson(course.module, body=[*BODY, exercise()])
    client = signed_in(learner)

    assert save(client, lesson, block=block, part=part).status_code == 404
    assert client.get(f"{lesson.url}work/{block}/draft/?part={part}").status_code == 404
    assert not Draft.objects.exists()


def test_a_visitor_keeps_drafts_in_the_browser_only(visitor: Client, course: SmallCourse) -> None:
    lesson = make_lesson(course.module, is_free=True, body=[exercise()])

    assert save(visitor, lesson).status_code == 401
    assert not Draft.objects.exists()


@pytest.mark.parametrize("who", ["stranger", "admissions", "author"])
def test_a_locked_lesson_gives_and_takes_no_draft(
    who: str, lesson: LessonPage, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(who))

    assert save(client, lesson).status_code == 403
    assert client.get(f"{lesson.url}work/say-hello/draft/?part=flask").status_code == 403
    assert not Draft.objects.exists()


def test_a_draft_is_seen_by_nobody_else(learner: User, stranger: User, course: SmallCourse) -> None:
    lesson = make_lesson(course.module, is_free=True, body=[exercise()])
    save(signed_in(learner), lesson, {"app.py": "mine = 1"})
    other = signed_in(stranger)

    assert other.get(f"{lesson.url}work/say-hello/draft/?part=flask").json()["files"] is None
    assert "mine = 1" not in other.get(lesson.url).content.decode()
    assert save(other, lesson, {"app.py": "theirs = 1"}).status_code == 200
    assert Draft.objects.get(learner=learner).content == {"files": {"app.py": "mine = 1"}}


def test_a_privacy_setting_above_the_lesson_holds_for_its_work(stranger: User, course: SmallCourse) -> None:
    lesson = make_lesson(course.module, is_free=True, body=[exercise()])
    PageViewRestriction.objects.create(page=course.module, restriction_type="password", password="x")
    client = signed_in(stranger)

    assert save(client, lesson).status_code == 403
    assert client.get(f"{lesson.url}work/say-hello/").status_code == 403
    assert client.post(f"{lesson.url}done/").status_code == 403
    assert client.get(f"{lesson.url}output/").status_code == 403


def test_saving_costs_the_same_whatever_is_kept_already(learner: User, course: SmallCourse) -> None:
    lesson = make_lesson(course.module, body=[exercise(f"block-{number}") for number in range(5)])
    client = signed_in(learner)

    def cost(block: str, version: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert (
                save(client, lesson, {"app.py": str(version)}, block=block, version=version).status_code
                == 200
            )
        return len(captured)

    cost("block-0", 0)
    alone = cost("block-0", 1)
    for number in range(1, 5):
        cost(f"block-{number}", 0)
    assert cost("block-0", 2) == alone <= 7


def test_many_large_files_are_refused_in_words(learner: User, lesson: LessonPage) -> None:
    files = {f"part{number}.py": "🐍" * 60_000 for number in range(2)}

    response = save(signed_in(learner), lesson, files)

    assert response.status_code == 422
    assert "together they are too long" in response.json()["error"]
    assert not Draft.objects.exists()
