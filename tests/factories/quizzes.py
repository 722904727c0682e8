"""Quizzes for lessons: one question of each kind."""

from typing import Any

RIGHT = "The list urlpatterns in urls.py"
SECRETS = ("SECRET-KEY", "SECRET-WHY")
"""What stands in every accepted answer or reason below and nowhere else."""

CHOICE = {
    "type": "choice",
    "id": "q-choice",
    "value": {
        "text": "Where does Django keep its addresses?",
        "code": [],
        "options": [
            {"text": RIGHT, "is_right": True, "why": "SECRET-WHY It is the list."},
            {"text": "A decorator", "is_right": False, "why": "SECRET-WHY Flask has those."},
            {"text": "The settings", "is_right": False, "why": "SECRET-WHY They name the list only."},
        ],
    },
}
MULTIPLE = {
    "type": "multiple",
    "id": "q-multiple",
    "value": {
        "text": "Which are methods?",
        "code": [],
        "options": [
            {"text": "GET", "is_right": True, "why": "SECRET-WHY It reads."},
            {"text": "POST", "is_right": True, "why": "SECRET-WHY It sends."},
            {"text": "TAKE", "is_right": False, "why": "SECRET-WHY Nobody defined it."},
        ],
    },
}
SHORT = {
    "type": "short",
    "id": "q-short",
    "value": {
        "text": "Which file?",
        "code": [],
        "answers": ["secret-key.py"],
        "is_pattern": False,
        "why": "SECRET-WHY Django looks there.",
    },
}
PATTERN = {
    "type": "short",
    "id": "q-pattern",
    "value": {
        "text": "Write a status of success.",
        "code": [],
        "answers": [r"2\d\d(?:SECRET-KEY)?"],
        "is_pattern": True,
        "why": "SECRET-WHY They start with 2.",
    },
}
PRINTS = {
    "type": "prints",
    "id": "q-prints",
    "value": {
        "text": "What does this print?",
        "code": [{"name": "hello.py", "language": "python", "code": 'print("SECRET" + "-KEY")\nprint(2)'}],
        "answer": "SECRET-KEY\n2",
        "why": "SECRET-WHY Two calls, two lines.",
    },
}
ORDERING = {
    "type": "ordering",
    "id": "q-order",
    "value": {
        "text": "Put these in order.",
        "code": [],
        "items": ["Ask", "Route", "View", "Answer"],
        "why": "SECRET-WHY The view runs after routing.",
    },
}
LINE = {
    "type": "line",
    "id": "q-line",
    "value": {
        "text": "Which line routes?\n\nLook at the decorators.",
        "code": [
            {
                "name": "app.py",
                "language": "python",
                "code": 'app = Flask()\n\n@app.get("/")\ndef home(): ...',
            }
        ],
        "line": 3,
        "why": "SECRET-WHY Route decorators start with @.",
    },
}
EVERY_KIND = [CHOICE, MULTIPLE, SHORT, PATTERN, PRINTS, ORDERING, LINE]
RIGHT_ANSWERS: dict[str, Any] = {
    "q-choice": RIGHT,
    "q-multiple": ["GET", "POST"],
    "q-short": "  “Secret-Key.py”. ",
    "q-pattern": "204",
    "q-prints": "SECRET-KEY  \r\n2\r\n",
    "q-order": ["Ask", "Route", "View", "Answer"],
    "q-line": 3,
}
WRONG_ANSWERS: dict[str, Any] = {
    "q-choice": "A decorator",
    "q-multiple": ["GET", "TAKE"],
    "q-short": "views.py",
    "q-pattern": "2040",
    "q-prints": "SECRET-KEY\n3",
    "q-order": ["Route", "Ask", "View", "Answer"],
    "q-line": 1,
}


def quiz_block(
    *questions: dict[str, Any], block_id: str = "check-yourself", **settings: Any
) -> dict[str, Any]:
    """Return a quiz as a lesson's body holds it: for practice and of every kind, unless told otherwise."""
    values = {
        "title": "Check yourself",
        "mode": "practice",
        "pass_mark": 60,
        "attempts": 0,
        "minutes": 0,
        "draw": 0,
        "required": True,
        "questions": list(questions) or EVERY_KIND,
    }
    return {"type": "quiz", "id": block_id, "value": values | settings}


def choice_questions(count: int) -> list[dict[str, Any]]:
    """Return this many questions of choice; Right is always right."""
    return [
        {
            "type": "choice",
            "id": f"q-{number}",
            "value": {
                "text": f"Question number {number}?",
                "code": [],
                "options": [
                    {"text": "Right", "is_right": True, "why": "SECRET-WHY Yes."},
                    {"text": "Wrong", "is_right": False, "why": "SECRET-WHY No."},
                    {"text": "Wronger", "is_right": False, "why": "SECRET-WHY Not at all."},
                ],
            },
        }
        for number in range(1, count + 1)
    ]
