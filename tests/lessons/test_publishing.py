"""A lesson whose reference solution fails, or that is unfinished, goes live by no way of the CMS."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, Revision

from accounts.models import User
from courses.tasks import publish_scheduled
from lessons.models import LessonPage
from tests.conftest import SmallCourse, signed_in
from tests.factories.lessons import make_lesson
from tests.factories.work import quiz
from tests.lessons.code_pages import EXERCISE, PRINTS, Grader, posted, stand_in_grader

pytestmark = pytest.mark.django_db


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch) -> Grader:
    return stand_in_grader(monkeypatch)


@pytest.fixture
def lesson(course: SmallCourse) -> LessonPage:
    return make_lesson(course.module, slug="live", title="Live code", is_free=True, body=[PRINTS, EXERCISE])


def publish(client: Client, lesson: LessonPage, revision: int) -> Any:
    return client.post(f"/cms/lessons/publish/{revision}/", {"reason": "The checks will be mended tonight."})


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
        f"/cms/pages/{lesson.pk}/edit/", posted(lesson, "Rewritten") | {"action-publish": "1"}
    )

    assert "/cms/lessons/publish/" in response.url
    assert LessonPage.objects.get(pk=lesson.pk).title == "Live code"


def test_a_new_lesson_is_kept_as_a_draft(course: SmallCourse, grader: Grader, reviewer: User) -> None:
    grader.good = "never"
    fresh = LessonPage(title="", slug="fresh", intro="", outcomes="")
    address = f"/cms/pages/add/lessons/lessonpage/{course.module.pk}/"

    response = signed_in(reviewer).post(address, posted(fresh, "Fresh") | {"action-publish": "1"})

    made = LessonPage.objects.get(slug="fresh")
    assert response.url == f"/cms/lessons/publish/{made.latest_revision_id}/"
    assert not made.live_revision_id


def test_an_old_revision_is_not_published_again(lesson: LessonPage, grader: Grader, reviewer: User) -> None:
    old = _draft(lesson, "As it was")
    _draft(lesson, "Live code")
    grader.good = "never"

    form = posted(lesson, "As it was") | {"action-publish": "1", "revision": old}
    signed_in(reviewer).post(f"/cms/pages/{lesson.pk}/edit/", form)

    assert LessonPage.objects.get(pk=lesson.pk).title == "Live code"


def test_a_failing_lesson_is_not_scheduled(lesson: LessonPage, grader: Grader, reviewer: User) -> None:
    grader.good = "never"
    lesson.go_live_at = timezone.now() + timedelta(hours=1)
    lesson.title = "From tomorrow on"
    lesson.save_revision()

    _approve(reviewer, lesson)

    assert not Revision.objects.filter(approved_go_live_at__isnull=False).exists()
    publish_scheduled()
    assert LessonPage.objects.get(pk=lesson.pk).title == "Live code"


def test_bulk_publication_leaves_all_as_it_is(
    lesson: LessonPage, course: SmallCourse, grader: Grader, reviewer: User
) -> None:
    grader.good = "never"
    revision = _draft(lesson, "Rewritten")
    course.free.title = "Another title"
    course.free.save_revision()

    page = _bulk(reviewer, [lesson, course.free])

    assert "Nothing was published" in page
    assert f"/cms/lessons/publish/{revision}/" in page
    assert LessonPage.objects.get(pk=lesson.pk).title == "Live code"
    assert LessonPage.objects.get(pk=course.free.pk).title == "Why a framework"


def test_bulk_publication_looks_at_the_drafts_below(
    lesson: LessonPage, course: SmallCourse, grader: Grader, reviewer: User
) -> None:
    grader.good = "never"
    lesson.unpublish()

    _bulk(reviewer, [course.module], include_descendants="on")

    assert not LessonPage.objects.get(pk=lesson.pk).live


def test_bulk_publication_of_lessons_that_pass(lesson: LessonPage, grader: Grader, reviewer: User) -> None:
    _draft(lesson, "Rewritten")

    _bulk(reviewer, [lesson])

    assert LessonPage.objects.get(pk=lesson.pk).title == "Rewritten"


def test_the_api_of_the_cms_refuses_too(lesson: LessonPage, grader: Grader, reviewer: User) -> None:
    grader.good = "never"
    _draft(lesson, "Rewritten")
    address = f"/cms/api/main/pages/{lesson.pk}/action/publish/"

    refused = signed_in(reviewer).post(address)
    assert refused.status_code == 400
    assert LessonPage.objects.get(pk=lesson.pk).title == "Live code"

    grader.good = "2 * n"
    signed_in(reviewer).post(address)
    assert LessonPage.objects.get(pk=lesson.pk).title == "Rewritten"


def test_an_unfinished_draft_is_not_approved_and_nobody_can_override(
    course: SmallCourse, grader: Grader, reviewer: User
) -> None:
    block = quiz()
    lesson = make_lesson(course.module, slug="quiz", title="A quiz", body=[block])
    block["value"]["questions"][0]["value"]["options"][0]["is_right"] = False
    lesson.body = [block]
    revision = _draft(lesson, "Rewritten")

    response = _approve(reviewer, lesson)
    page = signed_in(reviewer).get(response.url).content.decode()
    publish(signed_in(reviewer), lesson, revision)

    assert "Mark exactly one option as right." in page
    assert LessonPage.objects.get(pk=lesson.pk).title == "A quiz"


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


def _bulk(reviewer: User, pages: list[Page], **fields: str) -> str:
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    query = "&".join(f"id={page.pk}" for page in pages)
    fields |= {"next": "/cms/pages/"}
    return signed_in(reviewer).post(f"{address}?{query}&next=/cms/", fields, follow=True).content.decode()
