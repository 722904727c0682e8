"""Writing lessons in the CMS: edit, preview, review, schedule; readers' progress stays."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import TaskState
from wagtail.test.utils.form_data import nested_form_data, streamfield

from accounts.models import User
from courses.tasks import publish_scheduled
from lessons.models import LessonPage, Progress
from lessons.progress import mark_done
from tests.conftest import SmallCourse, signed_in
from tests.factories.lessons import make_lesson
from tests.factories.work import exercise, quiz
from tests.lessons.code_pages import inline_list

pytestmark = pytest.mark.django_db


def form(lesson: LessonPage, **changes: object) -> dict:
    """Return what the editor posts for a lesson with one prose block."""
    return nested_form_data(
        {
            "title": lesson.title,
            "slug": lesson.slug,
            "intro": lesson.intro,
            "minutes": "8",
            "is_free": "on" if lesson.is_free else "",
            "outcomes": lesson.outcomes,
            "sources": "",
            "quiz_share": "0",
            "change_kind": "cosmetic",
            "change_note": "",
            "body": streamfield([("prose", "A new sentence about herons.")]),
            "comments": {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MAX_NUM_FORMS": ""},
        }
        | changes
    )


def edit_url(lesson: LessonPage) -> str:
    return f"/cms/pages/{lesson.pk}/edit/"


def approve_url(lesson: LessonPage, task_state: TaskState) -> str:
    return reverse("wagtailadmin_pages:workflow_action", args=[lesson.pk, "approve", task_state.pk])


def live_title(lesson: LessonPage) -> str:
    return LessonPage.objects.get(pk=lesson.pk).title


def test_an_author_submits_and_a_reviewer_puts_it_live(
    author: User, reviewer: User, course: SmallCourse, visitor: Client
) -> None:
    lesson = course.free
    signed_in(author).post(edit_url(lesson), form(lesson, title="A better title") | {"action-submit": "1"})
    assert live_title(lesson) == "Why a framework"
    state = LessonPage.objects.get(pk=lesson.pk).current_workflow_state
    assert state.status == "in_progress"

    task_state = state.current_task_state
    signed_in(reviewer).post(approve_url(lesson, task_state), {"comment": "Good"})

    page = visitor.get(lesson.url).content.decode()
    assert "A better title" in page
    assert "herons" in page


def test_an_author_cannot_publish(author: User, course: SmallCourse) -> None:
    lesson = course.free
    signed_in(author).post(edit_url(lesson), form(lesson, title="Straight out") | {"action-publish": "1"})

    assert live_title(lesson) == "Why a framework"


def test_an_author_cannot_approve(author: User, course: SmallCourse) -> None:
    lesson = course.free
    client = signed_in(author)
    client.post(edit_url(lesson), form(lesson, title="Self-approved") | {"action-submit": "1"})
    state = LessonPage.objects.get(pk=lesson.pk).current_workflow_state.current_task_state

    client.post(approve_url(lesson, state), {"comment": ""})

    assert live_title(lesson) == "Why a framework"


def test_the_preview_shows_the_draft_and_moves_no_progress(author: User, course: SmallCourse) -> None:
    lesson = course.locked
    client = signed_in(author)
    client.post(f"/cms/pages/{lesson.pk}/edit/preview/", form(lesson, title="In draft"))

    page = client.get(f"/cms/pages/{lesson.pk}/edit/preview/").content.decode()

    assert "In draft" in page
    assert "herons" in page
    assert not Progress.objects.exists()


def test_a_preview_can_be_run_and_keeps_nothing(author: User, course: SmallCourse) -> None:
    lesson = make_lesson(
        course.module, slug="hello", title="Say hello", is_free=True, body=[exercise(), quiz()]
    )
    lesson.save_revision()

    page = signed_in(author).get(f"/cms/pages/{lesson.pk}/view_draft/").content.decode()

    assert 'data-run="app"' in page
    assert "Learners of the course hand in here." in page
    assert 'data-lesson=""' in page
    assert "data-draft-url" not in page
    assert f"{lesson.url}work/" not in page
    assert "/quiz/" not in page
    assert f"{lesson.url}work/" in signed_in(author).get(lesson.url).content.decode()


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("code", "print"),
        ("parallel", "Requests to try"),
        ("exercise", "Say hello"),
        ("quiz", "Check yourself"),
    ],
)
def test_the_block_picker_shows_a_block_as_the_site_does(
    kind: str, shown: str, author: User, course: SmallCourse
) -> None:
    block = LessonPage._meta.get_field("body").stream_block.child_blocks[kind]

    page = signed_in(author).get(f"/cms/block-preview/?id={block.definition_prefix}").content.decode()

    assert shown in page
    assert "js/run/boot" in page
    assert 'data-runtime="' in page
    assert "<form" not in page or 'action="' not in page


def test_a_draft_may_be_unfinished(author: User, course: SmallCourse) -> None:
    lesson = course.free
    options = inline_list([{"text": "Django", "why": ""}, {"text": "Flask", "why": ""}])
    question = {"text": "Which one?", "code": inline_list([]), "options": options}
    value = {
        "title": "Half", "mode": "practice", "pass_mark": "60", "attempts": "0", "minutes": "0", "draw": "0",
        "questions": streamfield([("choice", question)]),
    }  # fmt: skip

    signed_in(author).post(edit_url(lesson), form(lesson, body=streamfield([("quiz", value)])))

    draft = LessonPage.objects.get(pk=lesson.pk).get_latest_revision_as_object()
    assert [block.value["title"] for block in draft.body] == ["Half"]


def test_a_scheduled_edit_goes_live_when_its_time_has_come(reviewer: User, course: SmallCourse) -> None:
    course.free.save_revision().publish()
    lesson = LessonPage.objects.get(pk=course.free.pk)
    lesson.title = "From tomorrow on"
    lesson.go_live_at = timezone.now() + timedelta(hours=1)
    lesson.save_revision(user=reviewer).publish(user=reviewer)
    publish_scheduled()
    assert live_title(lesson) == "Why a framework"

    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        publish_scheduled()
        publish_scheduled()

    assert live_title(lesson) == "From tomorrow on"


def test_an_edit_moves_nobodys_progress(learner: User, reviewer: User, course: SmallCourse) -> None:
    before = mark_done(learner, course.free)

    signed_in(reviewer).post(
        edit_url(course.free),
        form(course.free, title="Rewritten", slug="rewritten") | {"action-publish": "1"},
    )

    after = Progress.objects.get(pk=before.pk)
    assert (after.done_at, after.rule, after.revision_id) == (before.done_at, before.rule, before.revision_id)
    assert live_title(course.free) == "Rewritten"


def test_a_refused_lesson_keeps_what_was_typed(author: User, course: SmallCourse) -> None:
    body = streamfield([("prose", "## A heading in prose")])
    response = signed_in(author).post(
        edit_url(course.free), form(course.free, body=body) | {"action-submit": "1"}
    )

    page = response.content.decode()
    assert "Use a Passage block" in page
    assert "A heading in prose" in page


def test_the_page_chooser_shows_drafts_to_editors_only(
    author: User, admissions: User, course: SmallCourse
) -> None:
    course.last.title = "Nobody has read this title"
    course.last.save()
    course.last.unpublish()
    address = f"/cms/choose-page/{course.module.pk}/"

    assert "Nobody has read" in signed_in(author).get(address).content.decode()
    page = signed_in(admissions).get(address).content.decode()
    assert "URLs and views" in page
    assert "Nobody has read" not in page
