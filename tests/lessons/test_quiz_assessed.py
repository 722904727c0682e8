"""Assessed quizzes: limits hold on the server, and the result is told at the end."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from lessons.models import Attempt, LessonPage, Progress
from lessons.quizzes import sitting
from lessons.tasks import close_overdue_quizzes
from lessons.visitors import move_work
from tests.conftest import SmallCourse, signed_in
from tests.factories.lessons import make_lesson
from tests.factories.quizzes import (
    CHOICE,
    EVERY_KIND,
    RIGHT,
    RIGHT_ANSWERS,
    SHORT,
    WRONG_ANSWERS,
    choice_questions,
    quiz_block,
)
from tests.lessons.quiz_pages import SCRIPTED, QuizPage

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)  # 12:00 in Madurai


def with_quiz(course: SmallCourse, *questions: dict[str, Any], **settings: Any) -> LessonPage:
    """Make a locked lesson that holds an assessed quiz."""
    return make_lesson(course.module, body=[quiz_block(*questions, **({"mode": "assessed"} | settings))])


def opened(course: SmallCourse, learner: User, *questions: dict[str, Any], **settings: Any) -> QuizPage:
    """Make a lesson with an assessed quiz and start it."""
    page = QuizPage(signed_in(learner), with_quiz(course, *questions, **settings))
    page.start()
    return page


def test_the_limits_stand_beside_the_button_and_no_question_does(course: SmallCourse, learner: User) -> None:
    lesson = with_quiz(course, *choice_questions(5), draw=3, minutes=10, attempts=2, pass_mark=80)

    page = QuizPage(signed_in(learner), lesson)

    for fact in ("3 questions", "10 minutes", "pass mark 80 %", "2 attempts left", "Start the quiz"):
        assert fact in page.text
    assert "Question number" not in page.html
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("scripts", [False, True], ids=["reloading", "scripted"])
def test_right_answers_of_every_kind_reach_a_hundred(
    scripts: bool, course: SmallCourse, learner: User
) -> None:
    page = QuizPage(signed_in(learner), with_quiz(course, *EVERY_KIND), scripts=scripts)
    page.start()

    page.finish(RIGHT_ANSWERS)

    assert "7 of 7 right, 100 %" in page.text
    assert "Passed. The pass mark is 60 %." in page.text
    for question_id in RIGHT_ANSWERS:
        assert page.marked(question_id), question_id
    assert Attempt.objects.get().state == "passed"


def test_wrong_answers_of_every_kind_are_struck_at_the_end(course: SmallCourse, learner: User) -> None:
    page = opened(course, learner, *EVERY_KIND, attempts=2)

    page.finish(WRONG_ANSWERS)

    assert "0 of 7 right, 0 %" in page.text
    for question_id in WRONG_ANSWERS:
        assert page.struck(question_id), question_id
    assert "Flask has those." in page.said("q-choice")
    for untold in ("It is the list.", "secret-key.py", "Two calls, two lines."):
        assert untold not in page.html


def test_after_the_last_attempt_the_answers_are_told(course: SmallCourse, learner: User) -> None:
    page = opened(course, learner, *EVERY_KIND, attempts=1)

    page.finish(WRONG_ANSWERS)

    assert "secret-key.py" in page.said("q-short")
    assert RIGHT in page.marked("q-choice")
    assert "Two calls, two lines." in page.said("q-prints")
    assert "No attempt is left." in page.text


def test_nothing_is_told_before_the_end(course: SmallCourse, learner: User) -> None:
    page = QuizPage(signed_in(learner), with_quiz(course, *EVERY_KIND), scripts=True)
    page.start()
    page.save({"q-choice": "A decorator", "q-short": "secret-key.py"})
    page.send("answer", page.fields() | {"check": "q-choice"})
    page.send("answer", page.fields() | {"show": "q-choice"})

    assert "SECRET-WHY" not in page.html
    assert page.struck("q-choice") == page.marked("q-short") == []
    assert Attempt.objects.get().state == "open"


def test_leaving_and_coming_back_resumes_with_the_answers(course: SmallCourse, learner: User) -> None:
    page = opened(course, learner, CHOICE, SHORT)
    page.save({"q-choice": "A decorator", "q-short": "half an answ"})

    later = QuizPage(signed_in(learner), page.lesson)

    chosen = later.question("q-choice").find("input", checked=True)
    assert chosen.find_parent("label").get_text(strip=True) == "A decorator"
    assert later.question("q-short").select_one("input[type=text]")["value"] == "half an answ"
    assert Attempt.objects.count() == 1


def test_an_answer_can_be_taken_back(course: SmallCourse, learner: User) -> None:
    page = opened(course, learner, *EVERY_KIND)
    page.save({"q-multiple": ["GET", "POST"]})

    data = page.fields()
    del data["answer-q-multiple"]
    page.send("finish", data)

    assert "No answer was given." in page.said("q-multiple")


def test_what_a_script_saves_on_the_way_is_kept(course: SmallCourse, learner: User) -> None:
    page = opened(course, learner, CHOICE, SHORT)
    data = page.answers({"q-choice": RIGHT}) | {"autosave": "1"}

    answer = page.client.post(f"{page.lesson.url}quiz/check-yourself/answer/", data, headers=SCRIPTED)

    assert answer.status_code == 204
    page.load().send("finish", {})
    assert "1 of 2 right, 50 %" in page.text


def test_no_more_attempts_than_allowed(course: SmallCourse, learner: User) -> None:
    page = opened(course, learner, CHOICE, SHORT, attempts=2)
    page.finish({"q-choice": "A decorator"})
    assert "1 attempt left" in page.text
    page.start()
    page.finish({"q-choice": "The settings"})

    assert "Try again" not in page.text
    page.send("start", {"key": str(uuid4())})
    assert Attempt.objects.count() == 2
    page.scripts = True
    page.send("start", {"key": str(uuid4())})
    assert "No attempt is left." in page.text
    assert Attempt.objects.count() == 2


def test_two_tabs_start_one_attempt(course: SmallCourse, learner: User) -> None:
    client = signed_in(learner)
    lesson = with_quiz(course, CHOICE, SHORT, attempts=3)
    one, other = QuizPage(client, lesson), QuizPage(client, lesson)

    one.start()
    other.start()

    assert Attempt.objects.count() == 1
    assert one.options("q-choice") == other.options("q-choice")


def test_of_two_starts_at_the_same_moment_one_makes_the_attempt(
    course: SmallCourse, learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one looked before the first one wrote."""
    lesson = with_quiz(course, CHOICE, attempts=1)
    block = lesson.body[0]
    owner = {"learner": learner}
    first = sitting.start(owner, lesson, block, key=uuid4())
    looks = iter([None])
    look = sitting.latest_attempt
    monkeypatch.setattr(sitting, "latest_attempt", lambda *place: next(looks, look(*place)))

    assert sitting.start(owner, lesson, block, key=uuid4()) == first
    assert Attempt.objects.count() == 1


def test_a_doubled_start_is_one_attempt_even_after_its_end(course: SmallCourse, learner: User) -> None:
    page = QuizPage(signed_in(learner), with_quiz(course, CHOICE, attempts=3))
    key = page.start_key
    page.send("start", {"key": key})
    page.finish({"q-choice": RIGHT})

    page.send("start", {"key": key})

    assert Attempt.objects.get().state == "passed"


def test_the_end_is_final(course: SmallCourse, learner: User) -> None:
    page = opened(course, learner, CHOICE, SHORT)
    data = page.answers({"q-choice": RIGHT, "q-short": "secret-key.py"})
    page.finish({"q-choice": "A decorator"})

    page.send("finish", data)
    page.send("answer", data)

    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.score) == ("failed", 0)
    assert "0 of 2 right" in page.text


def test_an_answer_after_the_time_is_not_taken(course: SmallCourse, learner: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        page = opened(course, learner, CHOICE, SHORT, minutes=10)
        assert "Answers are taken until 12:10." in page.text
        page.save({"q-choice": RIGHT})
        clock.shift(timedelta(minutes=10, seconds=1))
        page.finish({"q-short": "secret-key.py"})

    assert "1 of 2 right, 50 %" in page.text
    attempt = Attempt.objects.get()
    assert attempt.submitted_at == NOON + timedelta(minutes=10)
    assert "q-short" not in attempt.answers


def test_a_late_save_ends_the_attempt_and_tells_the_script(course: SmallCourse, learner: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        page = opened(course, learner, CHOICE, SHORT, minutes=10)
        data = page.answers({"q-choice": RIGHT}) | {"autosave": "1"}
        clock.shift(timedelta(minutes=11))
        answer = page.client.post(f"{page.lesson.url}quiz/check-yourself/answer/", data, headers=SCRIPTED)

    assert answer.status_code == 409
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.answers) == ("failed", {})


def test_a_learner_who_comes_back_late_sees_the_result(course: SmallCourse, learner: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        page = opened(course, learner, CHOICE, SHORT, minutes=10, pass_mark=50)
        page.save({"q-choice": RIGHT})
        clock.shift(timedelta(hours=3))
        page.client = signed_in(learner)
        page.load()

    assert "1 of 2 right, 50 %" in page.text
    assert Attempt.objects.get().state == "passed"


def test_practice_of_an_earlier_time_spends_no_attempt(course: SmallCourse, learner: User) -> None:
    page = QuizPage(signed_in(learner), with_quiz(course, CHOICE, mode="practice"))
    page.check("q-choice", RIGHT)
    assessed = quiz_block(CHOICE, mode="assessed", attempts=1)
    lesson = LessonPage.objects.get(pk=page.lesson.pk)
    lesson.body = json.dumps([assessed])
    lesson.save()
    page.load()

    page.start()

    assert "attempt 1 of 1" in page.text
    page.finish({"q-choice": RIGHT})
    assert "No attempt is left." not in page.text
    assert Attempt.objects.count() == 2


def test_a_learner_who_comes_back_late_sees_at_once_that_the_lesson_is_finished(
    course: SmallCourse, learner: User
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        page = opened(course, learner, CHOICE, minutes=10)
        LessonPage.objects.filter(pk=page.lesson.pk).update(quiz_share=100)
        page.save({"q-choice": RIGHT})
        clock.shift(timedelta(hours=3))
        page.client = signed_in(learner)
        page.load()

    assert "Finished by:" in page.html


def test_a_new_start_after_the_time_is_the_next_attempt(course: SmallCourse, learner: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        page = opened(course, learner, CHOICE, minutes=10, attempts=2)
        clock.shift(timedelta(minutes=20))
        page.client = signed_in(learner)
        page.send("start", {"key": str(uuid4())})

    assert list(Attempt.objects.order_by("number").values_list("state", flat=True)) == ["failed", "open"]


def test_the_sweep_decides_what_nobody_comes_back_to(course: SmallCourse, learner: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        timed = opened(course, learner, CHOICE, SHORT, minutes=10)
        timed.save({"q-choice": RIGHT})
        opened(course, learner, CHOICE)
        close_overdue_quizzes()
        assert set(Attempt.objects.values_list("state", flat=True)) == {"open"}

        clock.shift(timedelta(minutes=11))
        close_overdue_quizzes()
        close_overdue_quizzes()

    assert list(Attempt.objects.order_by("pk").values_list("state", "score")) == [
        ("failed", 50),
        ("open", None),
    ]


def test_drawn_questions_differ_between_attempts_and_stay_within_one(
    course: SmallCourse, learner: User
) -> None:
    page = QuizPage(signed_in(learner), with_quiz(course, *choice_questions(20), draw=5))
    draws = []
    for _ in range(4):
        page.start()
        assert page.load().titles == page.load().titles
        draws.append(tuple(page.titles))
        page.finish({})

    assert {len(set(draw)) for draw in draws} == {5}
    assert len(set(draws)) > 1
    assert list(draws[0]) == sorted(draws[0], key=lambda title: int(title.split()[2].strip("?")))


def test_a_passed_quiz_finishes_the_lesson_that_asks_for_it(course: SmallCourse, learner: User) -> None:
    lesson = make_lesson(
        course.module, body=[quiz_block(*choice_questions(2), mode="assessed")], quiz_share=80
    )
    page = QuizPage(signed_in(learner), lesson, scripts=True)
    page.start()
    page.finish({"q-1": "Right", "q-2": "Wrong"})
    assert not Progress.objects.done().exists()
    assert "your best: 50 %" in " ".join(page.html.split())

    page.start()
    page.finish({"q-1": "Right", "q-2": "Right"})

    assert Progress.objects.get(learner=learner, lesson=lesson).rule == "quiz"
    assert "Finished by:" in page.html


def test_a_worse_attempt_takes_nothing_away(course: SmallCourse, learner: User) -> None:
    page = opened(course, learner, *choice_questions(4))
    page.finish({f"q-{number}": "Right" for number in (1, 2, 3)})
    page.start()
    page.finish({"q-1": "Right"})

    page.load()
    assert "Your best attempt reached 75 %." in page.text


def test_a_visitor_is_asked_to_log_in(course: SmallCourse, learner: User, visitor: Client) -> None:
    """Else somebody whose attempts are used up could go on without an account and bring the result."""
    lesson = make_lesson(course.module, is_free=True, body=[quiz_block(CHOICE, mode="assessed", attempts=1)])
    page = QuizPage(visitor, lesson)

    assert "Log in" in page.text
    assert "Start the quiz" not in page.text
    page.send("start", {"key": str(uuid4())})
    assert "Log in to take this quiz" in page.html
    assert not Attempt.objects.exists()
    assert move_work(uuid4(), learner) == 0
