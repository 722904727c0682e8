"""Quizzes for practice: answers are told at once, keys and reasons after a try only."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from lessons.models import Attempt, LessonPage
from lessons.visitors import move_work
from tests.conftest import SmallCourse, signed_in
from tests.factories.lessons import make_lesson
from tests.factories.quizzes import (
    CHOICE,
    EVERY_KIND,
    LINE,
    ORDERING,
    RIGHT,
    RIGHT_ANSWERS,
    SECRETS,
    SHORT,
    WRONG_ANSWERS,
    choice_questions,
    quiz_block,
)
from tests.lessons.quiz_pages import SCRIPTED, QuizPage

pytestmark = pytest.mark.django_db
KINDS = [question["id"] for question in EVERY_KIND]


def with_quiz(course: SmallCourse, *questions: dict[str, Any], **settings: Any) -> LessonPage:
    """Make a free lesson that holds a quiz."""
    return make_lesson(course.module, is_free=True, body=[quiz_block(*questions, **settings)])


@pytest.mark.parametrize("scripts", [False, True], ids=["reloading", "scripted"])
@pytest.mark.parametrize("question_id", KINDS)
def test_a_right_answer_is_marked_and_told_why(
    question_id: str, scripts: bool, course: SmallCourse, visitor: Client
) -> None:
    page = QuizPage(visitor, with_quiz(course), scripts=scripts)

    page.check(question_id, RIGHT_ANSWERS[question_id])

    assert "Correct." in page.said(question_id)
    assert "SECRET-WHY" in page.said(question_id)
    assert page.marked(question_id)
    assert page.struck(question_id) == []
    assert "Check answer" not in page.said(question_id)


@pytest.mark.parametrize("scripts", [False, True], ids=["reloading", "scripted"])
@pytest.mark.parametrize("question_id", KINDS)
def test_a_wrong_answer_is_struck_and_can_be_tried_again(
    question_id: str, scripts: bool, course: SmallCourse, visitor: Client
) -> None:
    page = QuizPage(visitor, with_quiz(course), scripts=scripts)

    page.check(question_id, WRONG_ANSWERS[question_id])

    assert page.struck(question_id)
    assert "Correct." not in page.said(question_id)
    assert "Check answer" in page.said(question_id)

    page.check(question_id, RIGHT_ANSWERS[question_id])
    assert "Correct." in page.said(question_id)


def test_nothing_of_a_key_or_a_reason_is_in_the_page_before_a_try(
    course: SmallCourse, visitor: Client
) -> None:
    lesson = with_quiz(course)
    page = QuizPage(visitor, lesson)
    code_of_prints = page.question("q-prints").select_one(".quiz-code").extract()

    assert "SECRET" in code_of_prints.get_text()
    for secret in SECRETS:
        assert secret.casefold() not in str(page.section).casefold()
    for word in ("is_right", "data-right", "secret-key.py", r"2\d\d"):
        assert word not in page.html


def test_a_try_at_one_question_tells_nothing_of_the_others(course: SmallCourse, visitor: Client) -> None:
    page = QuizPage(visitor, with_quiz(course, CHOICE, SHORT, ORDERING), scripts=True)

    response = page.check("q-choice", "A decorator")

    assert "Flask has those." in page.said("q-choice")
    assert "It is the list." not in response.content.decode()
    assert "They name the list only." not in response.content.decode()
    assert response.content.decode().count("SECRET-WHY") == 1
    assert "secret-key.py" not in response.content.decode()


def test_the_place_of_an_option_says_nothing_about_the_key(course: SmallCourse, visitor: Client) -> None:
    """The author wrote every right option first."""
    page = QuizPage(visitor, with_quiz(course, *choice_questions(40)))

    places = [page.options(f"q-{number}").index("Right") for number in range(1, 41)]

    assert {places.count(place) > 3 for place in range(3)} == {True}


def test_options_are_named_by_nothing_that_tells_where_they_were_written(
    course: SmallCourse, visitor: Client
) -> None:
    page = QuizPage(visitor, with_quiz(course, *choice_questions(30)))

    names = [[box["value"] for box in page.question(f"q-{n}").select("[type=radio]")] for n in range(1, 31)]
    rights = [page.filled(f"q-{number}", "Right")[f"answer-q-{number}"] for number in range(1, 31)]

    ranks = [sorted(values).index(right) for values, right in zip(names, rights, strict=True)]
    assert {ranks.count(rank) > 2 for rank in range(3)} == {True}


def test_items_to_order_never_stand_in_the_right_order_at_first(course: SmallCourse, visitor: Client) -> None:
    lesson = with_quiz(course, ORDERING)

    orders = [QuizPage(visitor, lesson).options("q-order") for _ in range(12)]

    assert RIGHT_ANSWERS["q-order"] not in orders
    assert len({tuple(order) for order in orders}) > 2


def test_each_wrong_option_has_its_own_reason_and_stays_struck(course: SmallCourse, visitor: Client) -> None:
    page = QuizPage(visitor, with_quiz(course, CHOICE))

    page.check("q-choice", "A decorator")
    assert page.struck("q-choice") == ["A decorator"]
    assert "They name the list only." not in page.html

    page.check("q-choice", "The settings")
    assert sorted(page.struck("q-choice")) == ["A decorator", "The settings"]
    assert "They name the list only." in page.said("q-choice")
    assert page.question("q-choice").select("input[type=radio]:not([disabled])") != []


def test_several_choices_are_told_one_by_one(course: SmallCourse, visitor: Client) -> None:
    page = QuizPage(visitor, with_quiz(course))

    page.check("q-multiple", ["GET", "TAKE"])

    assert page.struck("q-multiple") == ["TAKE"]
    assert page.marked("q-multiple") == ["GET"]
    assert "Nobody defined it." in page.said("q-multiple")
    assert "It sends." not in page.said("q-multiple")

    page.check("q-multiple", ["GET"])
    assert "not all that are right are chosen" in page.said("q-multiple")


def test_a_wrong_output_is_told_by_its_first_wrong_line(course: SmallCourse, visitor: Client) -> None:
    page = QuizPage(visitor, with_quiz(course))

    page.check("q-prints", "SECRET-KEY\n3")
    assert "Line 2 differs" in page.said("q-prints")

    page.check("q-prints", "SECRET-KEY")
    assert "Line 2 differs" in page.said("q-prints")
    assert "Two calls, two lines." not in page.html


def test_a_wrong_order_is_kept_and_says_how_many_items_fit(course: SmallCourse, visitor: Client) -> None:
    page = QuizPage(visitor, with_quiz(course, ORDERING))

    page.check("q-order", ["Route", "Ask", "View", "Answer"])

    assert page.options("q-order") == ["Route", "Ask", "View", "Answer"]
    assert page.struck("q-order") == ["Route", "Ask"]
    assert "2 items stand where they belong" in page.said("q-order")


def test_two_items_in_one_place_are_no_try(course: SmallCourse, visitor: Client) -> None:
    page = QuizPage(visitor, with_quiz(course, ORDERING))
    fields = page.fields()
    data = fields | {name: "1" for name in fields if name.startswith("answer-q-order.")}

    page.send("answer", data | {"check": "q-order"})

    assert "Give every item a place of its own." in page.said("q-order")
    assert "q-order" not in Attempt.objects.get().answers


def test_an_unanswered_question_is_no_try(course: SmallCourse, visitor: Client) -> None:
    for scripts in (False, True):
        page = QuizPage(visitor, with_quiz(course, CHOICE, SHORT), scripts=scripts)
        page.check("q-choice")
        assert "Choose an answer first." in page.said("q-choice")
        page.check("q-short", "   ")
        assert "Write an answer first." in page.said("q-short")
    assert [attempt.answers for attempt in Attempt.objects.all()] == [{}, {}]


def test_the_answer_is_shown_on_request_after_two_tries(course: SmallCourse, visitor: Client) -> None:
    page = QuizPage(visitor, with_quiz(course, CHOICE, SHORT))
    page.check("q-short", "views.py")
    assert "Show answer" not in page.said("q-short")
    page.show("q-short")
    assert "secret-key.py" not in page.html

    page.check("q-short", "models.py")
    assert "Show answer" in page.said("q-short")
    page.show("q-short")

    assert "secret-key.py" in page.said("q-short")
    assert "Django looks there." in page.said("q-short")
    assert "Check answer" not in page.said("q-short")


def test_what_is_written_elsewhere_in_the_quiz_survives_a_reload(
    course: SmallCourse, visitor: Client
) -> None:
    page = QuizPage(visitor, with_quiz(course, CHOICE, SHORT))

    page.send("answer", page.answers({"q-choice": RIGHT, "q-short": "mod"}) | {"check": "q-choice"})

    assert page.question("q-short").select_one("input[type=text]")["value"] == "mod"
    assert "Correct." not in page.said("q-short")


def test_a_page_without_scripts_comes_back_at_the_question(course: SmallCourse, visitor: Client) -> None:
    page = QuizPage(visitor, with_quiz(course, CHOICE, SHORT))

    response = page.check("q-short", "views.py")

    assert response["Location"].endswith("#quiz-check-yourself-q-short")
    assert page.section.find(id="quiz-check-yourself-q-short")


def test_the_result_counts_first_tries_and_a_new_attempt_leaves_the_old_one(
    course: SmallCourse, learner: User
) -> None:
    page = QuizPage(signed_in(learner), with_quiz(course, *choice_questions(4), pass_mark=70))
    page.check("q-1", "Right")
    page.check("q-2", "Wrong")
    page.check("q-2", "Right")
    page.check("q-3", "Right")
    page.check("q-4", "Wrong")
    page.check("q-4", "Wronger")
    page.show("q-4")

    assert "2 of 4 at first try" in page.text
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.score) == ("passed", 75)

    page.start()
    assert "2 of 4 at first try" not in page.text
    assert "SECRET-WHY" not in str(page.section)
    assert list(Attempt.objects.order_by("number").values_list("number", "state")) == [
        (1, "passed"),
        (2, "open"),
    ]


def test_shown_answers_are_no_passed_quiz(course: SmallCourse, learner: User) -> None:
    page = QuizPage(signed_in(learner), with_quiz(course, *choice_questions(1)))
    page.check("q-1", "Wrong")
    page.check("q-1", "Wronger")
    page.show("q-1")

    assert Attempt.objects.get().state == "failed"
    assert page.text.endswith("Try again")


def test_leaving_and_coming_back_resumes(course: SmallCourse, learner: User) -> None:
    lesson = with_quiz(course, *choice_questions(2), SHORT)
    page = QuizPage(signed_in(learner), lesson)
    page.check("q-1", "Wrong")
    before = [page.options(f"q-{number}") for number in (1, 2)]

    later = QuizPage(signed_in(learner), lesson)

    assert later.struck("q-1") == ["Wrong"]
    assert [later.options(f"q-{number}") for number in (1, 2)] == before


def test_the_first_answer_changes_no_order_on_the_page(course: SmallCourse, visitor: Client) -> None:
    page = QuizPage(visitor, with_quiz(course, *choice_questions(6), draw=4))
    before = (
        page.titles,
        [page.options(box["id"].rsplit("check-yourself-")[1]) for box in page.section("fieldset")],
    )
    first = page.section("fieldset")[0]["id"].removeprefix("quiz-check-yourself-")

    page.check(first, "Wrong")

    after = (
        page.titles,
        [page.options(box["id"].rsplit("check-yourself-")[1]) for box in page.section("fieldset")],
    )
    assert after == before


def test_the_same_answer_twice_is_one_try(course: SmallCourse, visitor: Client) -> None:
    lesson = with_quiz(course, CHOICE, SHORT)
    page = QuizPage(visitor, lesson)
    data = page.answers({"q-choice": "A decorator"}) | {"check": "q-choice"}

    page.send("answer", data)
    page.send("answer", data)

    assert len(Attempt.objects.get().answers["q-choice"]["tries"]) == 1
    assert "Show answer" not in page.said("q-choice")


def test_the_last_answer_twice_starts_no_second_attempt(course: SmallCourse, visitor: Client) -> None:
    page = QuizPage(visitor, with_quiz(course, CHOICE))
    data = page.answers({"q-choice": RIGHT}) | {"check": "q-choice"}

    page.send("answer", data)
    page.send("answer", data)

    assert Attempt.objects.get().state == "passed"


def test_two_tabs_answer_one_attempt(course: SmallCourse, learner: User) -> None:
    lesson = with_quiz(course, CHOICE, SHORT)
    client = signed_in(learner)
    one, other = QuizPage(client, lesson), QuizPage(client, lesson)

    one.check("q-choice", RIGHT)
    other.check("q-short", "secret-key.py")

    assert Attempt.objects.get().state == "passed"


def test_a_changed_quiz_leaves_the_open_attempt_as_it_was_asked(course: SmallCourse, learner: User) -> None:
    lesson = with_quiz(course, CHOICE, SHORT)
    page = QuizPage(signed_in(learner), lesson)
    page.check("q-choice", RIGHT)
    lesson.body = [quiz_block(SHORT | {"value": SHORT["value"] | {"text": "Another?", "answers": ["else"]}})]
    lesson.save()

    page.load().check("q-short", "secret-key.py")

    assert page.titles == ["Where does Django keep its addresses?", "Which file?"]
    assert Attempt.objects.get().state == "passed"


def test_a_visitors_quiz_goes_into_the_account(course: SmallCourse, learner: User, visitor: Client) -> None:
    lesson = with_quiz(course, CHOICE, SHORT)
    QuizPage(visitor, lesson).check("q-choice", RIGHT)
    key = Attempt.objects.get().visitor

    move_work(key, learner)

    mine = QuizPage(signed_in(learner), lesson)
    assert "Correct." in mine.said("q-choice")
    mine.check("q-short", "secret-key.py")
    assert Attempt.objects.get().learner == learner
    assert Attempt.objects.get().state == "passed"


def test_nobody_sees_or_moves_the_attempt_of_another(
    course: SmallCourse, learner: User, stranger: User
) -> None:
    lesson = with_quiz(course, CHOICE, SHORT)
    mine = QuizPage(signed_in(learner), lesson)
    mine.check("q-choice", "A decorator")
    key = str(Attempt.objects.get().key)

    theirs = QuizPage(signed_in(stranger), lesson)
    assert theirs.struck("q-choice") == []
    theirs.send("answer", theirs.answers({"q-choice": RIGHT}) | {"key": key, "check": "q-choice"})

    attempt = Attempt.objects.get(learner=learner)
    assert len(attempt.answers["q-choice"]["tries"]) == 1
    assert not Attempt.objects.filter(learner=stranger, key=key).exists()


@pytest.mark.parametrize("action", ["start", "answer", "finish"])
def test_a_locked_lesson_has_no_quiz_for_others(action: str, course: SmallCourse, stranger: User) -> None:
    lesson = make_lesson(course.module, body=[quiz_block(LINE)])
    data = {"key": "0d9c0f1c-8d1f-4e6b-9d5e-0d7d3a2b1c11", "answer-q-line": "3", "check": "q-line"}

    for client in (Client(), signed_in(stranger)):
        response = client.post(f"{lesson.url}quiz/check-yourself/{action}/", data, headers=SCRIPTED)
        assert response.status_code == 403
        assert "SECRET" not in response.content.decode()
        assert "Which line routes" not in client.get(lesson.url).content.decode()
    assert not Attempt.objects.exists()


def test_what_was_never_asked_is_refused(course: SmallCourse, visitor: Client) -> None:
    lesson = with_quiz(course, CHOICE)
    page = QuizPage(visitor, lesson)

    assert visitor.post(f"{lesson.url}quiz/no-such-quiz/answer/", page.fields()).status_code == 404
    assert visitor.post(f"{lesson.url}quiz/check-yourself/answer/", {"key": "none"}).status_code == 404
    page.send("answer", page.fields() | {"check": "q-none", "answer-q-none": "x"})
    page.send("answer", page.fields() | {"check": "q-choice", "answer-q-choice": "made-up"})
    assert [attempt.answers for attempt in Attempt.objects.all()] == [{}]


def test_a_reader_of_quizzes_who_only_looks_leaves_no_rows_and_no_session(
    course: SmallCourse, visitor: Client
) -> None:
    QuizPage(visitor, with_quiz(course))

    assert not Attempt.objects.exists()
    assert "sessionid" not in visitor.cookies


def test_an_author_reads_the_questions_of_a_locked_lesson_and_no_keys(
    course: SmallCourse, reviewer: User
) -> None:
    lesson = make_lesson(course.module, body=[quiz_block(CHOICE, SHORT)])

    page = QuizPage(signed_in(reviewer), lesson)

    assert page.titles == ["Where does Django keep its addresses?", "Which file?"]
    assert "Check answer" not in page.text
    assert "SECRET-WHY" not in page.html


def test_three_quizzes_cost_no_more_queries_than_one(course: SmallCourse, learner: User) -> None:
    client = signed_in(learner)

    def queries(count: int) -> int:
        body = [quiz_block(*choice_questions(2), block_id=f"quiz-{number}") for number in range(count)]
        lesson = make_lesson(course.module, body=body)
        for number in range(count):
            QuizPage(client, lesson, f"quiz-{number}").check("q-1", "Wrong")
        with CaptureQueriesContext(connection) as captured:
            assert client.get(lesson.url).status_code == 200
        return len(captured)

    assert queries(1) == queries(3)


def test_an_author_previews_a_quiz_that_is_not_finished(course: SmallCourse, reviewer: User) -> None:
    """A draft may be saved with anything left out."""
    empty = {"options": [], "items": [], "line": None, "answers": [], "answer": "", "code": []}
    questions = [
        question | {"value": question["value"] | {k: v for k, v in empty.items() if k in question["value"]}}
        for question in EVERY_KIND
    ]
    lesson = with_quiz(course)
    lesson.body = [quiz_block(*questions, mode="assessed", minutes=None, draw=None, attempts=None)]
    lesson.save_revision()

    page = signed_in(reviewer).get(f"/cms/pages/{lesson.pk}/view_draft/")

    assert page.status_code == 200
    assert "Put these in order." in page.content.decode()
