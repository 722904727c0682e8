"""Reading lessons: who may, in which order, and how progress moves."""

from pathlib import Path

import pytest
from django.test import Client
from wagtail.models import PageViewRestriction, Site

from accounts.models import User
from content.exporter import export_course
from lessons.models import LessonPage, Progress
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import make_course, make_module
from tests.factories.lessons import SECRET_SENTENCE, make_lesson

pytestmark = pytest.mark.django_db


def test_anybody_reads_a_free_lesson(visitor: Client, course: SmallCourse) -> None:
    page = visitor.get(course.free.url)

    assert page.status_code == 200
    assert SECRET_SENTENCE in page.content.decode()
    assert not Progress.objects.exists()


@pytest.mark.parametrize("who", ["visitor", "stranger", "admissions"])
def test_a_locked_lesson_shows_title_and_outcomes_and_nothing_else(
    who: str, course: SmallCourse, request: pytest.FixtureRequest
) -> None:
    person = request.getfixturevalue(who)
    client = person if isinstance(person, Client) else signed_in(person)

    response = client.get(course.locked.url)

    page = response.content.decode()
    assert response.status_code == 200
    assert "URLs and views" in page
    assert "Map an address to a function" in page
    assert "This lesson is part of the full course" in page
    assert "blue heron" not in page
    assert "hello" not in page
    assert "Match a path" not in page
    assert "private" in response.headers["Cache-Control"]


def test_an_enrolled_learner_reads_every_lesson(learner: User, course: SmallCourse) -> None:
    assert SECRET_SENTENCE in signed_in(learner).get(course.locked.url).content.decode()


def test_an_author_reads_a_locked_lesson_and_studies_nothing(author: User, course: SmallCourse) -> None:
    page = signed_in(author).get(course.locked.url).content.decode()

    assert SECRET_SENTENCE in page
    assert "Mark done" not in page
    assert "data-place-url" not in page
    assert "to keep your progress" not in page
    assert not Progress.objects.exists()


def test_staff_keep_progress_where_they_study(author: User, course: SmallCourse) -> None:
    assert "Mark done" in signed_in(author).get(course.free.url).content.decode()

    assert Progress.objects.get().lesson == course.free


@pytest.mark.parametrize("part", ["module", "page"])
def test_a_live_lesson_in_an_unpublished_part_is_nowhere(
    part: str, learner: User, course: SmallCourse, site: Site, tmp_path: Path
) -> None:
    other = make_lesson(make_module(course.page), title="Elsewhere", is_free=True)
    getattr(course, part).unpublish()
    client = signed_in(learner)

    assert client.get(course.free.url).status_code == 404
    assert client.get(course.module.url).status_code == 404
    assert client.post(f"{course.free.url}done/").status_code == 404
    assert course.free not in LessonPage.objects.published()
    assert "Why a framework" not in client.get("/learn/").content.decode()
    if part == "module":
        assert client.get(other.url).status_code == 200
        assert "1 lesson" in client.get("/courses/").content.decode()
        assert "Why a framework" not in client.get(course.page.url).content.decode()
        assert export_course(course.page.slug, tmp_path / "out") == 3


def test_the_dashboard_offers_no_free_lesson_of_an_unpublished_module(
    stranger: User, course: SmallCourse
) -> None:
    client = signed_in(stranger)
    assert "Why a framework" in client.get("/learn/").content.decode()

    course.module.unpublish()

    assert "Why a framework" not in client.get("/learn/").content.decode()


def test_marking_done_goes_on_to_the_next_lesson_and_shows_everywhere(
    learner: User, course: SmallCourse
) -> None:
    client = signed_in(learner)
    client.get(course.free.url)

    response = client.post(f"{course.free.url}done/")

    assert response.url == course.locked.url
    assert "1 of 3" in client.get(course.locked.url).content.decode()
    assert "1 of 3" in client.get(course.page.url).content.decode()
    assert "1 of 3" in client.get("/learn/").content.decode()
    progress = Progress.objects.get(learner=learner, lesson=course.free)
    assert progress.rule == Progress.Rule.READ


def test_done_twice_is_done_once_and_can_be_undone(learner: User, course: SmallCourse) -> None:
    client = signed_in(learner)
    client.post(f"{course.free.url}done/")
    first = Progress.objects.get(learner=learner).done_at
    client.post(f"{course.free.url}done/")
    assert Progress.objects.get(learner=learner).done_at == first

    client.post(f"{course.free.url}undo/")

    progress = Progress.objects.get(learner=learner)
    assert progress.done_at is None
    assert progress.rule == ""


@pytest.mark.parametrize("action", ["done", "undo", "place"])
def test_progress_of_a_locked_lesson_cannot_be_moved(
    action: str, stranger: User, course: SmallCourse
) -> None:
    response = signed_in(stranger).post(f"{course.locked.url}{action}/")

    assert response.status_code == 403
    assert not Progress.objects.exists()


def test_the_dashboard_resumes_where_the_learner_stopped(learner: User, course: SmallCourse) -> None:
    client = signed_in(learner)
    client.post(f"{course.free.url}done/")
    client.get(course.locked.url)
    client.post(f"{course.locked.url}place/", {"passage": "answer"})

    page = client.get("/learn/").content.decode()

    assert "URLs and views" in page
    assert "§2" in page
    assert f'href="{course.locked.url}' in page


def test_an_unknown_passage_is_not_kept(learner: User, course: SmallCourse) -> None:
    client = signed_in(learner)
    client.get(course.locked.url)
    client.post(f"{course.locked.url}place/", {"passage": "<script>"})

    assert Progress.objects.get(learner=learner).passage == ""


def test_a_free_course_is_joined_with_one_press(stranger: User, course: SmallCourse) -> None:
    free = make_course(slug="web-basics", title="How the web answers", price=0)
    lesson = make_lesson(make_module(free), title="An address")
    client = signed_in(stranger)
    assert "blue heron" not in client.get(lesson.url).content.decode()

    response = client.post("/courses/web-basics/join/")

    assert response.url == lesson.url
    assert SECRET_SENTENCE in client.get(lesson.url).content.decode()


def test_a_course_with_a_price_cannot_be_joined(stranger: User, course: SmallCourse) -> None:
    assert signed_in(stranger).post(f"{course.page.url}join/").status_code == 403


def test_a_draft_lesson_is_not_found_and_not_listed(learner: User, course: SmallCourse) -> None:
    course.last.unpublish()
    client = signed_in(learner)

    assert client.get(course.last.url).status_code == 404
    assert "Templates" not in client.get(course.page.url).content.decode()


def test_the_view_cookie_chooses_the_pane(visitor: Client, course: SmallCourse) -> None:
    visitor.cookies["view"] = "flask"
    assert 'data-view="flask"' in visitor.get(course.free.url).content.decode()
    visitor.cookies["view"] = "cobol"
    assert 'data-view="both"' in visitor.get(course.free.url).content.decode()


def test_a_privacy_setting_of_a_module_holds_for_its_free_lesson(
    visitor: Client, learner: User, course: SmallCourse
) -> None:
    PageViewRestriction.objects.create(page=course.module, restriction_type=PageViewRestriction.LOGIN)

    assert visitor.get(course.free.url).status_code == 302
    assert signed_in(learner).get(course.free.url).status_code == 200


def test_a_page_without_a_form_sets_no_cookie(visitor: Client, course: SmallCourse) -> None:
    assert not visitor.get(course.free.url).cookies
