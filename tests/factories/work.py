"""Exercises and quizzes for lessons, and work in them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from lessons.models import Attempt, LessonPage
from lessons.quizzes.asking import ask

HIDDEN_WORD = "heron"
STARTER = "from flask import Flask\n\napp = Flask(__name__)\n"
SOLVED = STARTER + '\n\n@app.get("/")\ndef home():\n    return "Hello"\n'
CHECKS = '''def test_home(app):
    """The home page says Hello"""
    expect(app.get("/").text, "the page").contains("Hello")
'''
HIDDEN_CHECKS = f'''def test_no_stranger(app):
    """Nobody is called {HIDDEN_WORD}"""
    expect("{HIDDEN_WORD}" in app.get("/").text, "whether a bird is there").equals(False)
'''


def exercise(block_id: str = "say-hello", **values: Any) -> dict[str, Any]:
    """Return an exercise as a lesson's body holds it: in Django and Flask, with a hidden check."""
    return {
        "type": "exercise",
        "id": block_id,
        "value": {
            "title": "Say hello",
            "statement": "Answer the address `/` with the text Hello.",
            "tracks": [
                _track("flask", "app.py", STARTER, SOLVED),
                _track("django", "views.py", "x = 1", "x = 2"),
            ],
            "checks": CHECKS,
            "hidden_checks": HIDDEN_CHECKS,
            "hints": ["A route is a decorator.", "Return a string."],
            "required": True,
            **values,
        },
    }


def quiz(block_id: str = "check-yourself", **values: Any) -> dict[str, Any]:
    """Return a quiz of one question as a lesson's body holds it."""
    options = [
        {"text": "Django", "is_right": True, "why": "Its paths stand in urls.py."},
        {"text": "Flask", "is_right": False, "why": "It decorates the function."},
    ]
    question = {"text": "Which one lists its paths?", "code": [], "options": options}
    value = {"title": "Check yourself", "questions": [{"type": "choice", "id": "q-first", "value": question}]}
    return {"type": "quiz", "id": block_id, "value": value | values}


def decided(
    owner: User | dict[str, Any], lesson: LessonPage, block_id: str = "say-hello", **values: Any
) -> Attempt:
    """Make an attempt with a verdict: at the exercise, passed, unless the values say otherwise."""
    owner = {"learner": owner} if isinstance(owner, User) else owner
    key = uuid4()
    if values.get("kind") == Attempt.Kind.QUIZ:
        values["result"] = {"right": 0, "first": 0, "of": 1}
        values["asked"] = ask(lesson.block(block_id, "quiz").value, block_id=block_id, key=key)
    earlier = Attempt.objects.of(owner).filter(lesson=lesson, block_id=block_id).count()
    moment = timezone.now() - timedelta(hours=2)
    return Attempt.objects.create(
        **owner,
        lesson=lesson,
        block_id=block_id,
        number=values.pop("number", earlier + 1),
        key=key,
        **{
            "kind": Attempt.Kind.EXERCISE,
            "part": "flask",
            "state": Attempt.State.PASSED,
            "started_at": moment,
            "submitted_at": moment,
            "decided_at": moment,
            "score": 100,
            **values,
        },
    )


def _track(framework: str, name: str, starter: str, solution: str) -> dict[str, Any]:
    def files(code: str) -> list[dict[str, str]]:
        return [{"name": name, "language": "python", "code": code}]

    return {"framework": framework, "starter": files(starter), "solution": files(solution)}
