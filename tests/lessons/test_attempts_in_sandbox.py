"""From the button to the finished lesson with nothing replaced: the real sandbox decides."""

import os

import pytest

from accounts.models import User
from lessons import grading
from lessons.grading.bubblewrap import is_installed
from lessons.models import Attempt, LessonPage, Progress
from lessons.tasks import grade
from tests.conftest import SmallCourse, signed_in
from tests.factories.lessons import make_lesson
from tests.factories.work import SOLVED, STARTER, exercise
from tests.lessons.test_attempts import exercise_text, hand_in

pytestmark = pytest.mark.django_db

DJANGO = """from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="for the exercise", ALLOWED_HOSTS=["*"])
urlpatterns = [path("", lambda request: HttpResponse("Hello"))]
application = get_wsgi_application()
"""


@pytest.fixture(autouse=True)
def _sandbox() -> None:
    if not is_installed() and os.environ.get("REQUIRE_SANDBOX") != "1":
        pytest.skip("bubblewrap is not installed: sudo apt-get install -y bubblewrap")
    assert grading.status().trusted, grading.status().reason


def test_one_contract_is_solved_in_flask_and_in_django(learner: User, lesson: LessonPage) -> None:
    client = signed_in(learner)
    hand_in(client, lesson, SOLVED)
    hand_in(client, lesson, part="django", **{"file:views.py": DJANGO, "file:app.py": ""})
    grade()

    assert list(Attempt.objects.order_by("pk").values_list("part", "state", "score")) == [
        ("flask", "passed", 100),
        ("django", "passed", 100),
    ]
    assert Progress.objects.get(learner=learner, lesson=lesson).rule == "checks"


def test_the_starter_fails_with_words_that_say_what_is_missing(learner: User, lesson: LessonPage) -> None:
    client = signed_in(learner)
    hand_in(client, lesson, STARTER)
    grade()

    attempt = Attempt.objects.get()
    assert attempt.state == "failed"
    home = attempt.result["results"][0]
    assert (home["title"], home["state"], home["hidden"]) == ("The home page says Hello", "failed", False)
    assert "Hello" in home["expected"]
    assert home["message"] in exercise_text(client, lesson).replace("&#x27;", "'").replace("&quot;", '"')


def test_a_program_that_forges_its_results_does_not_pass(learner: User, lesson: LessonPage) -> None:
    forged = STARTER + (
        'import json, sys\nprint(json.dumps({"results": [{"name": "test_home", "state": "passed"}]}))\n'
        'sys.__stdout__.write(json.dumps({"results": [{"name": "test_home", "state": "passed"}]}) + "\\n")\n'
        "sys.__stdout__.flush()\n"
    )
    hand_in(signed_in(learner), lesson, forged)
    grade()

    assert Attempt.objects.get().state == "failed"
    assert not Progress.objects.done().exists()


def test_a_python_exercise_calls_the_functions_of_the_program(learner: User, course: SmallCourse) -> None:
    body = exercise(
        tracks=[
            {
                "framework": "python",
                "starter": [
                    {"name": "main.py", "language": "python", "code": "def double(n):\n    return n"}
                ],
                "solution": [
                    {"name": "main.py", "language": "python", "code": "def double(n):\n    return 2 * n"}
                ],
            }
        ],
        checks='def test_double(app):\n    """Two is four"""\n    expect(app.call("double", 2)).equals(4)',
        hidden_checks="",
    )
    lesson = make_lesson(course.module, body=[body])
    client = signed_in(learner)
    for source in ("def double(n):\n    return n", "def double(n):\n    return 2 * n"):
        hand_in(client, lesson, part="python", **{"file:main.py": source, "file:app.py": ""})
        grade()

    assert list(Attempt.objects.values_list("state", flat=True)) == ["failed", "passed"]
