"""Notes, bookmarks, the weekly goal, the search in lessons, and being told of changes."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from lessons.changes import note_publication
from lessons.models import ChangeKind, LessonChange, LessonPage, Note, Progress
from lessons.progress import mark_done
from lessons.search import keep_words
from tests.conftest import SmallCourse, signed_in
from tests.factories.lessons import SECRET_SENTENCE, make_lesson

pytestmark = pytest.mark.django_db


def page_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_a_note_is_kept_and_shown_to_its_writer_only(learner: User, admin: User, course: SmallCourse) -> None:
    address = f"{course.free.url}note/"
    client = signed_in(learner)

    client.post(address, {"text": "Ask about herons <b>tomorrow</b>"})

    assert "Ask about herons &lt;b&gt;tomorrow&lt;/b&gt;" in page_of(client, address)
    assert "herons" not in page_of(signed_in(admin), address)


def test_a_note_that_is_too_long_comes_back_as_it_was_typed(learner: User, course: SmallCourse) -> None:
    client = signed_in(learner)
    client.post(f"{course.free.url}note/", {"text": "short"})

    response = client.post(f"{course.free.url}note/", {"text": "x" * 10_001})

    assert response.status_code == 422
    assert "x" * 10_001 in response.content.decode()
    assert Note.objects.get().text == "short"


def test_an_emptied_note_is_gone(learner: User, course: SmallCourse) -> None:
    client = signed_in(learner)
    client.post(f"{course.free.url}note/", {"text": "short"})

    client.post(f"{course.free.url}note/", {"text": "  "})

    assert not Note.objects.exists()


def test_a_bookmark_is_on_the_dashboard_until_it_is_removed(learner: User, course: SmallCourse) -> None:
    keep_words(course.free)
    client = signed_in(learner)
    address = f"{course.free.url}bookmark/"

    client.post(address, {"passage": "match-a-path", "kept": "1"})
    assert f"{course.free.url}#match-a-path" in page_of(client, "/learn/")

    client.post(address, {"passage": "match-a-path", "kept": "0"})
    assert "#match-a-path" not in page_of(client, "/learn/")


def test_a_passage_that_does_not_exist_is_not_kept(learner: User, course: SmallCourse) -> None:
    signed_in(learner).post(f"{course.free.url}bookmark/", {"passage": "nowhere", "kept": "1"})

    assert not Progress.objects.filter(bookmarks__icontains="nowhere").exists()


def test_the_goal_counts_lessons_of_this_week(learner: User, course: SmallCourse) -> None:
    client = signed_in(learner)
    client.post("/learn/goal/", {"goal": "5"})
    mark_done(learner, course.free)
    mark_done(learner, course.locked)

    assert "2 lessons finished of the 5 you want." in page_of(client, "/learn/")


@pytest.mark.parametrize("goal", ["", "4", "many", "-1"])
def test_another_goal_changes_nothing(learner: User, course: SmallCourse, goal: str) -> None:
    client = signed_in(learner)
    client.post("/learn/goal/", {"goal": "2"})

    client.post("/learn/goal/", {"goal": goal})

    assert "of the 2 you want" in page_of(client, "/learn/")


def test_search_finds_a_passage_and_marks_the_word(learner: User, course: SmallCourse) -> None:
    keep_words(course.locked)

    found = page_of(signed_in(learner), "/learn/search/?q=BLUE+heron")

    assert "blue <mark>" in found or "<mark>blue</mark>" in found
    assert course.locked.url in found


def test_search_tells_nothing_of_lessons_that_are_locked(stranger: User, course: SmallCourse) -> None:
    keep_words(course.locked)

    found = page_of(signed_in(stranger), "/learn/search/?q=heron")

    assert "0 passages" in found
    assert SECRET_SENTENCE not in found


def test_search_leaves_unpublished_lessons_out(learner: User, course: SmallCourse) -> None:
    keep_words(course.locked)
    course.locked.unpublish()

    assert "0 passages" in page_of(signed_in(learner), "/learn/search/?q=heron")


def test_search_treats_signs_as_text(learner: User, course: SmallCourse) -> None:
    keep_words(course.locked)

    found = page_of(signed_in(learner), "/learn/search/?q=%25%3Cscript%3E")

    assert "0 passages" in found
    assert "<script>" not in found.split("<main")[1]


def test_search_costs_the_same_for_many_lessons(learner: User, course: SmallCourse) -> None:
    client = signed_in(learner)
    counts = []
    for _round in range(2):
        keep_words(make_lesson(course.module))
        page_of(client, "/learn/search/?q=heron")
        with CaptureQueriesContext(connection) as queries:
            page_of(client, "/learn/search/?q=heron")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def republish(lesson: LessonPage, kind: ChangeKind, note: str = "") -> LessonChange | None:
    page = LessonPage.objects.get(pk=lesson.pk)
    page.change_kind, page.change_note = kind, note
    page.save_revision().publish()
    return LessonChange.objects.order_by("-pk").first()


def test_finished_learners_are_told_what_changed_and_keep_their_progress(
    learner: User, course: SmallCourse
) -> None:
    before = mark_done(learner, course.free)
    republish(course.free, ChangeKind.REVIEW, "A new passage on proxies.")
    client = signed_in(learner)

    assert "A new passage on proxies." in page_of(client, "/learn/")
    assert "A new passage on proxies." in page_of(client, course.free.url)
    after = Progress.objects.get(pk=before.pk)
    assert (after.done_at, after.rule, after.revision_id) == (before.done_at, before.rule, before.revision_id)


def test_a_change_that_was_seen_is_not_told_again_but_the_next_is(learner: User, course: SmallCourse) -> None:
    mark_done(learner, course.free)
    republish(course.free, ChangeKind.REVIEW, "First change.")
    client = signed_in(learner)

    client.post(f"{course.free.url}seen/")
    assert "First change." not in page_of(client, course.free.url)

    republish(course.free, ChangeKind.REDO, "Second change.")
    assert "Second change." in page_of(client, course.free.url)


@pytest.mark.parametrize("finished", [False, True])
def test_nobody_is_told_of_a_cosmetic_edit_or_of_one_before_they_finished(
    learner: User, course: SmallCourse, finished: bool
) -> None:
    if finished:
        mark_done(learner, course.free)
        republish(course.free, ChangeKind.COSMETIC, "A comma.")
    else:
        republish(course.free, ChangeKind.REVIEW, "A comma.")
        mark_done(learner, course.free)

    assert "A comma." not in page_of(signed_in(learner), "/learn/")


def test_the_next_edit_is_cosmetic_unless_its_author_says_otherwise(
    learner: User, course: SmallCourse
) -> None:
    mark_done(learner, course.free)
    republish(course.free, ChangeKind.REDO, "Rewritten.")

    LessonPage.objects.get(pk=course.free.pk).save_revision().publish()

    assert LessonChange.objects.count() == 1


def test_one_publication_is_noted_once(course: SmallCourse) -> None:
    course.free.change_kind = ChangeKind.REVIEW
    revision = course.free.save_revision()
    page = revision.as_object()

    note_publication(page, revision)
    note_publication(page, revision)

    assert LessonChange.objects.filter(revision=revision, published_at__lte=timezone.now()).count() == 1


def test_a_search_leaves_out_what_no_database_takes(learner: User, course: SmallCourse) -> None:
    keep_words(course.locked)

    found = page_of(signed_in(learner), "/learn/search/?q=%00blue%00heron%00")

    assert "<mark>blue</mark>" in found
