"""Handing in exercises: one attempt a press, decided by the server, kept for good."""

import re
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
import time_machine
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from lessons import attempts, verdicts
from lessons.grading import GraderUnavailable
from lessons.models import Attempt, Draft, LessonPage, Progress
from lessons.tasks import grade
from tests.conftest import SmallCourse, signed_in
from tests.factories.lessons import make_lesson
from tests.factories.work import HIDDEN_WORD, SOLVED, STARTER, decided, exercise
from tests.lessons.conftest import FakeGrader

pytestmark = pytest.mark.django_db


def hand_in(
    client: Client, lesson: LessonPage, source: str = SOLVED, *, block: str = "say-hello", **fields: str
) -> HttpResponse:
    """Press the button of the Flask pane, as a browser without scripts does."""
    form = {"key": str(uuid4()), "part": "flask", "file:app.py": source.replace("\n", "\r\n")}
    return client.post(f"{lesson.url}work/{block}/submit/", form | fields)


def exercise_text(client: Client, lesson: LessonPage) -> str:
    """Return what a reader of the exercise sees, without tags."""
    page = client.get(lesson.url).content.decode()
    section = page[page.index('<section class="exercise"') : page.index('<section class="finish"')]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section))


def test_work_that_passes_is_shown_as_passed_and_finishes_the_lesson(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    response = hand_in(client, lesson)
    assert response.url == f"{lesson.url}#say-hello-work"
    assert "waiting for the server's check" in exercise_text(client, lesson).replace("&#x27;", "'")
    assert not Progress.objects.done().exists()

    grade()

    text = exercise_text(client, lesson)
    assert "Checked by the server: it counts." in text
    assert "The lesson is finished." in text
    progress = Progress.objects.get(learner=learner, lesson=lesson)
    assert progress.rule == Progress.Rule.CHECKS
    assert progress.revision_id == lesson.live_revision_id


def test_the_checker_gets_the_files_and_all_checks(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    hand_in(signed_in(learner), lesson)
    grade()

    job = grader.jobs[0]
    assert job.files == {"app.py": SOLVED}
    assert job.kind == "app"
    assert [check.name for check in job.checks] == ["checks.py", "hidden_checks.py"]


def test_work_that_fails_says_what_is_missing_and_leaves_the_lesson_open(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    hand_in(client, lesson, "app = None\n")
    grade()

    text = exercise_text(client, lesson)
    assert "1 of 2 checks passed." in text
    assert "The page does not say it. Expected Hello Got Bye" in text
    assert "app = None" in text
    assert not Progress.objects.done().exists()


def test_hidden_checks_show_a_number_and_never_their_title_or_source(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    assert HIDDEN_WORD not in client.get(lesson.url).content.decode()
    hand_in(client, lesson)
    grade()

    assert "Hidden check 1" in exercise_text(client, lesson)
    for address in (lesson.url, f"{lesson.url}work/say-hello/"):
        assert HIDDEN_WORD not in client.get(address).content.decode()


def test_the_solution_is_sent_after_a_pass_or_three_failures_only(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    for _ in range(2):
        decided(learner, lesson, state="failed", score=50)
    assert "One way to solve it" not in exercise_text(client, lesson)
    assert "return" not in exercise_text(client, lesson)

    decided(learner, lesson, state="failed", score=50)

    assert "One way to solve it: Flask app.py" in exercise_text(client, lesson)
    assert "One way to solve it" in client.get(f"{lesson.url}work/say-hello/").content.decode()


def test_one_key_is_one_attempt_however_often_it_is_sent(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client, key = signed_in(learner), str(uuid4())
    for _ in range(3):
        hand_in(client, lesson, key=key)
        grade()
    assert Attempt.objects.count() == len(grader.jobs) == 1


def test_other_code_from_a_form_that_was_used_is_checked_too(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client, key = signed_in(learner), str(uuid4())
    hand_in(client, lesson, "app = None\n", key=key)

    for _ in range(2):
        hand_in(client, lesson, SOLVED, key=key)
    grade()

    assert list(Attempt.objects.order_by("number").values_list("state", flat=True)) == ["failed", "passed"]


def test_what_waited_for_the_network_is_checked_and_leaves_newer_code_alone(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    hand_in(client, lesson, "newer = True\n")

    hand_in(client, lesson, SOLVED, late="1")
    grade()

    assert Attempt.objects.passed().count() == 1
    assert Draft.objects.get().content == {"files": {"app.py": "newer = True\n"}}


def test_both_frameworks_are_handed_in_from_one_page(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    page = client.get(lesson.url).content.decode()
    forms = re.findall(r'name="key" value="([^"]+)">\s*<input[^>]*name="part" value="(\w+)"', page)
    assert {part for _, part in forms} == {"flask", "django"}

    for key, part in forms:
        hand_in(client, lesson, key=key, part=part)

    assert set(Attempt.objects.values_list("part", flat=True)) == {"flask", "django"}
    page = client.get(lesson.url).content.decode()
    pressed = re.findall(r'value="(\w+)" aria-pressed="true"', page[page.index("data-tracks") :])
    assert pressed == [forms[-1][1]]


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ('{"results": [{"name": "test_home", "state": "passed", "more": 1}]}', [("test_home", "passed")]),
        ('{"results": [{"name": "a\\u0000", "state": "passed"}, {"name": "b", "state": "won"}, 3]}', []),
        ('{"results": {}}', []),
        ("[", None),
        ("[" * 20_000, None),
    ],
)
def test_what_the_browser_says_is_kept_as_a_preview_and_decides_nothing(
    claimed: str, kept: list | None, learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    hand_in(signed_in(learner), lesson, "app = None\n", claimed=claimed)
    grade()

    attempt = Attempt.objects.get()
    assert attempt.state == "failed"
    results = [{"name": name, "state": state} for name, state in kept or []]
    assert attempt.claimed == ({} if kept is None else {"results": results})


def test_a_key_of_somebody_else_takes_nothing_and_shows_nothing(
    learner: User, stranger: User, course: SmallCourse, grader: FakeGrader
) -> None:
    lesson = make_lesson(course.module, is_free=True, body=[exercise()])
    key = str(uuid4())
    hand_in(signed_in(learner), lesson, key=key)

    response = hand_in(signed_in(stranger), lesson, key=key)

    assert response.status_code == 422
    assert "Load the lesson again" in response.content.decode()
    assert Attempt.objects.get().learner == learner


def test_each_attempt_is_numbered_and_kept_as_it_was(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    for source in ("one = 1\n", SOLVED, "three = 3\n"):
        hand_in(client, lesson, source)
        grade()

    rows = Attempt.objects.order_by("number").values_list("number", "state", "answers__files")
    assert [(number, state) for number, state, _ in rows] == [(1, "failed"), (2, "passed"), (3, "failed")]
    assert [files["app.py"] for *_, files in rows] == ["one = 1\n", SOLVED, "three = 3\n"]
    text = exercise_text(client, lesson)
    assert "Your 3 attempts" in text
    assert "An earlier attempt passed, and that stays." in text
    assert Progress.objects.done().count() == 1


def test_an_edit_after_handing_in_changes_nothing_of_what_is_checked(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    hand_in(signed_in(learner), lesson)
    lesson.body = [exercise(checks='def test_other(app):\n    """Other"""\n    assert False')]
    lesson.save_revision().publish()
    grade()

    assert "test_home" in grader.jobs[0].checks[0].source
    assert Progress.objects.done().exists()


def test_thirty_an_hour_are_taken_and_the_next_one_keeps_the_code(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    for _ in range(attempts.MOST_AN_HOUR):
        decided(learner, lesson, state="failed", submitted_at=timezone.now() - timedelta(minutes=20))

    response = hand_in(client, lesson, "late = True\n")

    page = response.content.decode()
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 40 * 60
    assert "You have handed in 30 times within an hour." in page
    assert "late = True" in page
    assert Attempt.objects.count() == 30
    with time_machine.travel(timezone.now() + timedelta(minutes=41)):
        assert hand_in(client, lesson, "late = True\n").status_code == 302


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"file:../settings.py": "x"}, "letters, digits, dots and dashes"),
        ({"file:app.py": "x" * 65_537}, "Shorten the file"),
        ({f"file:extra{number}.py": "" for number in range(20)}, "at most 20 files"),
        ({"key": "again"}, "hand your code in once more"),
    ],
)
def test_what_cannot_be_taken_is_shown_with_the_code_and_the_reason(
    fields: dict[str, str], words: str, learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    response = hand_in(signed_in(learner), lesson, **{"file:models.py": "kept = 1", **fields})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert "kept = 1" in response.content.decode()
    assert not Attempt.objects.exists()


def test_without_a_checker_work_waits_and_the_page_says_that_it_does_not_count(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    grader.trusted = False
    hand_in(client, lesson)
    grade()
    text = exercise_text(client, lesson)
    assert "Provisional" in text
    assert "Until then it is not counted." in text
    assert grader.jobs == []

    grader.trusted = True
    grade()
    assert grader.jobs == []
    with time_machine.travel(timezone.now() + verdicts.WAIT_FOR_CHECKER + timedelta(seconds=1)):
        grade()

    assert Attempt.objects.get().state == "passed"
    assert Attempt.objects.get().tries == 1


def broken() -> None:
    raise GraderUnavailable("the jail did not start")


def test_a_checker_that_breaks_is_tried_again_later_and_the_verdict_counts(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    hand_in(signed_in(learner), lesson)
    grader.before = broken
    grade()
    attempt = Attempt.objects.get()
    assert attempt.state == "queued"
    assert attempt.result["fault"] == "the jail did not start"
    grader.before = lambda: None
    grade()
    assert len(grader.jobs) == 1, "it waits"

    with time_machine.travel(timezone.now() + timedelta(seconds=70)):
        grade()

    assert Attempt.objects.get().state == "passed"


def test_a_checker_that_breaks_every_time_gives_up_visibly_and_staff_can_ask_again(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    hand_in(client, lesson)
    grader.before = broken
    moment = timezone.now()
    for _ in range(10):
        with time_machine.travel(moment):
            grade()
        moment += timedelta(hours=2)

    assert len(grader.jobs) == len(verdicts.BACK_OFF) + 1
    assert Attempt.objects.get().state == "fault"
    assert "The fault is ours." in exercise_text(client, lesson)

    grader.before = lambda: None
    call_command("recheck_attempts", stdout=(said := StringIO()))
    assert "1 attempt will be checked again." in said.getvalue()
    grade()
    assert Attempt.objects.get().state == "passed"


def test_a_verdict_without_its_lease_changes_nothing(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    """A checker is so slow that another one took its attempt over and decided it."""
    hand_in(signed_in(learner), lesson, "app = None\n")
    slow = verdicts.claim()
    assert verdicts.claim() is None
    with time_machine.travel(timezone.now() + verdicts.LEASE + timedelta(seconds=1)):
        grade()
    assert Attempt.objects.get().state == "failed"
    slow.answers = {"files": {"app.py": SOLVED}}

    assert verdicts._grade(slow) is False

    assert Attempt.objects.get().state == "failed"
    assert not Progress.objects.done().exists()


@pytest.mark.parametrize(
    ("reason", "words"),
    [("time", "Is there a loop that never ends?"), ("memory", "used more memory than there is")],
)
def test_a_program_that_was_stopped_is_told_why(
    reason: str, words: str, learner: User, lesson: LessonPage
) -> None:
    decided(learner, lesson, state="failed", result={"results": [], "console": "", "reason": reason})

    assert words in exercise_text(signed_in(learner), lesson)


def test_a_visitor_sees_the_exercise_and_is_asked_to_sign_up(visitor: Client, course: SmallCourse) -> None:
    lesson = make_lesson(course.module, is_free=True, body=[exercise()], needs_checks=True)
    page = visitor.get(lesson.url).content.decode()

    assert STARTER in page
    assert f'href="/accounts/signup/?next={lesson.url}%23say-hello"' in page
    assert "to have it checked and kept" in page
    assert not visitor.cookies

    response = hand_in(visitor, lesson)
    assert response.url.startswith("/accounts/login/?next=")
    assert not Attempt.objects.exists()


def test_nobody_comes_to_the_attempts_of_another_learner(
    learner: User, stranger: User, course: SmallCourse
) -> None:
    lesson = make_lesson(course.module, is_free=True, body=[exercise()])
    decided(learner, lesson, result={"results": [], "console": "words of the learner", "reason": ""})

    assert "words of the learner" in signed_in(learner).get(lesson.url).content.decode()
    other = signed_in(stranger)
    for address in (lesson.url, f"{lesson.url}work/say-hello/"):
        page = other.get(address).content.decode()
        assert "words of the learner" not in page
        assert "Your attempt" not in page


@pytest.mark.parametrize("who", ["stranger", "admissions", "author"])
def test_a_locked_lesson_takes_no_work(
    who: str, lesson: LessonPage, request: pytest.FixtureRequest, grader: FakeGrader
) -> None:
    client = signed_in(request.getfixturevalue(who))

    assert hand_in(client, lesson).status_code == 403
    assert client.get(f"{lesson.url}work/say-hello/").status_code == 403
    assert not Attempt.objects.exists()


def test_an_unknown_exercise_or_framework_is_not_found(learner: User, lesson: LessonPage) -> None:
    client = signed_in(learner)

    assert hand_in(client, lesson, block="nowhere").status_code == 404
    assert hand_in(client, lesson, part="cobol").status_code == 404
    assert client.get(f"{lesson.url}work/nowhere/").status_code == 404
    assert not Attempt.objects.exists()


def test_who_hands_in_much_keeps_nobody_waiting(
    learner: User, stranger: User, course: SmallCourse, grader: FakeGrader
) -> None:
    lesson = make_lesson(course.module, is_free=True, body=[exercise(), exercise("say-more")])
    moment = timezone.now()
    with time_machine.travel(moment, tick=False) as clock:
        for number in range(6):
            hand_in(
                signed_in(learner), lesson, f"first = {number}", block=["say-hello", "say-more"][number % 2]
            )
            clock.shift(1)
        for number in range(2):
            hand_in(signed_in(stranger), lesson, f"second = {number}")
            clock.shift(1)
        grade()

    order = [job.files["app.py"].strip() for job in grader.jobs]
    assert order[:4] == ["first = 0", "second = 0", "first = 1", "second = 1"]
    assert order[4:] == [f"first = {number}" for number in range(2, 6)]
