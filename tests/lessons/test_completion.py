"""By what lessons are finished: the button, the checks, the quizzes, or both."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from lessons import completion
from lessons.models import Attempt, LessonPage, Progress
from lessons.tasks import grade
from lessons.visitors import move_work
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import PASSWORD
from tests.factories.lessons import make_lesson
from tests.factories.work import decided, exercise, quiz
from tests.lessons.conftest import FakeGrader
from tests.lessons.test_attempts import hand_in

pytestmark = pytest.mark.django_db

BOTH = [exercise(), exercise("say-more", title="Say more"), exercise("extra", required=False), quiz()]


@pytest.fixture
def demanding(course: SmallCourse) -> LessonPage:
    """Asks for two exercises of three, and for 60 % in its quiz."""
    return make_lesson(course.module, title="Demanding", body=BOTH, needs_checks=True, quiz_share=60)


def finish_words(client: Client, lesson: LessonPage) -> str:
    page = client.get(lesson.url).content.decode()
    return page[page.index('id="finish"') : page.index("</section>", page.index('id="finish"'))]


def is_done(learner: User, lesson: LessonPage) -> bool:
    return Progress.objects.done().filter(learner=learner, lesson=lesson).exists()


def test_the_page_says_what_is_asked_and_offers_no_button(learner: User, demanding: LessonPage) -> None:
    client = signed_in(learner)
    page = client.get(demanding.url).content.decode()

    assert "To finish:" in page
    assert "pass “Say hello” · pass “Say more” · reach 60\N{NO-BREAK SPACE}% in “Check yourself”" in page
    assert "Mark done" not in page
    assert finish_words(client, demanding).count("not yet") == 3


def test_each_requirement_shows_when_it_is_met(learner: User, demanding: LessonPage) -> None:
    decided(learner, demanding)
    decided(learner, demanding, "check-yourself", kind="quiz", state="failed", score=40, part="")

    words = finish_words(signed_in(learner), demanding)

    assert words.count('data-state="done"') == 1
    assert "your best: 40\N{NO-BREAK SPACE}%" in words


def test_the_button_does_not_finish_a_lesson_that_asks_for_more(learner: User, demanding: LessonPage) -> None:
    client = signed_in(learner)
    response = client.post(f"{demanding.url}done/", follow=True)

    assert "finished by its exercises and quizzes" in response.content.decode()
    assert not is_done(learner, demanding)


def test_the_last_verdict_finishes_the_lesson_and_records_by_what(
    learner: User, demanding: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    decided(learner, demanding, "check-yourself", kind="quiz", score=60, part="")
    for block in ("say-hello", "say-more"):
        assert not is_done(learner, demanding)
        hand_in(client, demanding, block=block)
        grade()

    row = Progress.objects.get(learner=learner, lesson=demanding)
    assert (row.rule, row.revision_id) == ("both", demanding.live_revision_id)
    assert "Finished by:" in finish_words(client, demanding)
    assert f"{demanding.url}undo/" not in client.get(demanding.url).content.decode()


@pytest.mark.parametrize(
    ("fields", "rule"), [({"needs_checks": True}, "checks"), ({"quiz_share": 80}, "quiz")]
)
def test_a_lesson_may_ask_for_one_kind_only(
    fields: dict, rule: str, learner: User, course: SmallCourse
) -> None:
    lesson = make_lesson(course.module, body=[exercise(), quiz()], **fields)
    decided(learner, lesson, "say-hello" if rule == "checks" else "check-yourself", score=80)

    assert completion.settle(learner, lesson)
    assert Progress.objects.get(learner=learner, lesson=lesson).rule == rule


def test_a_quiz_below_the_share_does_not_count(learner: User, course: SmallCourse) -> None:
    lesson = make_lesson(course.module, body=[quiz()], quiz_share=80)
    decided(learner, lesson, "check-yourself", kind="quiz", score=79, part="")

    assert not completion.settle(learner, lesson)
    assert not is_done(learner, lesson)


def test_a_rule_without_its_blocks_leaves_the_button(learner: User, course: SmallCourse) -> None:
    lesson = make_lesson(course.module, body=[exercise(required=False)], needs_checks=True)
    client = signed_in(learner)
    assert "Mark done" in client.get(lesson.url).content.decode()

    client.post(f"{lesson.url}done/")

    assert is_done(learner, lesson)


def test_what_is_earned_survives_failures_edits_and_undo(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    hand_in(client, lesson)
    grade()
    before = Progress.objects.values("done_at", "rule", "revision").get(learner=learner, lesson=lesson)

    hand_in(client, lesson, "app = None\n")
    grade()
    client.post(f"{lesson.url}undo/")
    lesson.body = [exercise(), exercise("another"), quiz()]
    lesson.quiz_share = 90
    lesson.save_revision().publish()
    client.get(lesson.url)
    client.post(f"{lesson.url}undo/")

    after = Progress.objects.values("done_at", "rule", "revision").get(learner=learner, lesson=lesson)
    assert after == before


def test_work_done_before_it_was_all_that_is_asked_counts_at_the_next_visit(
    learner: User, demanding: LessonPage
) -> None:
    decided(learner, demanding)
    decided(learner, demanding, "say-more")
    client = signed_in(learner)
    client.get(demanding.url)
    assert not is_done(learner, demanding)

    demanding.quiz_share = 0
    demanding.save_revision().publish()
    assert "Finished by:" in client.get(demanding.url).content.decode()

    assert is_done(learner, demanding)


def test_work_of_another_learner_finishes_nothing(
    learner: User, stranger: User, demanding: LessonPage
) -> None:
    decided(stranger, demanding)
    decided(stranger, demanding, "say-more")
    decided(stranger, demanding, "check-yourself", kind="quiz", part="")

    signed_in(learner).get(demanding.url)

    assert not completion.settle(learner, demanding)


def test_a_visitors_quiz_moves_into_the_account_at_sign_in_and_finishes_the_lesson(
    visitor: Client, stranger: User, course: SmallCourse
) -> None:
    lesson = make_lesson(course.module, is_free=True, body=[quiz()], quiz_share=60)
    key = uuid4()
    session = visitor.session
    session["visitor"] = str(key)
    session.save()
    decided(stranger, lesson, "check-yourself", kind="quiz", state="failed", score=10, part="")
    for score in (20, 90):
        decided({"visitor": key}, lesson, "check-yourself", kind="quiz", score=score, part="")

    visitor.post("/accounts/login/", {"login": stranger.email, "password": PASSWORD})

    rows = Attempt.objects.order_by("number").values_list("learner", "visitor", "number", "score")
    assert list(rows) == [
        (stranger.pk, None, 1, 10),
        (stranger.pk, None, 2, 20),
        (stranger.pk, None, 3, 90),
    ]
    assert is_done(stranger, lesson)
    assert "visitor" not in visitor.session
    assert move_work(key, stranger) == 0


def test_a_lesson_with_work_costs_a_learner_at_most_twelve_queries_and_a_visitor_eight(
    learner: User, visitor: Client, course: SmallCourse
) -> None:
    body = [exercise(f"exercise-{number}") for number in range(3)] + [
        quiz(f"quiz-{number}") for number in range(2)
    ]
    lesson = make_lesson(course.module, body=body, is_free=True, needs_checks=True, quiz_share=60)
    for number in range(3):
        for _ in range(4):
            decided(learner, lesson, f"exercise-{number}", state="failed", score=10)

    for client, most in ((signed_in(learner), 12), (visitor, 8)):
        client.get(lesson.url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(lesson.url).status_code == 200
        assert len(captured) <= most
