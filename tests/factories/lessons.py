"""Lessons."""

from itertools import count
from typing import Any

from courses.models import ModulePage
from lessons.models import LessonPage

_numbers = count(1)

SECRET_SENTENCE = "The secret of this lesson is a blue heron."

BODY: list[dict[str, Any]] = [
    {"type": "prose", "id": "start-text", "value": SECRET_SENTENCE},
    {"type": "passage", "id": "match-a-path", "value": "Match a path"},
    {
        "type": "parallel",
        "id": "match-a-path-pair",
        "value": {
            "django": [{"name": "urls.py", "language": "python", "code": 'path("hello/", hello),  #=1'}],
            "flask": [{"name": "app.py", "language": "python", "code": '@app.get("/hello/")  #=1'}],
            "matches": [{"number": 1, "text": "Both map a path to a function."}],
        },
    },
    {"type": "callout", "id": "no-slash", "value": {"kind": "note", "text": "No slash at the start."}},
    {"type": "passage", "id": "answer", "value": "Answer"},
    {
        "type": "code",
        "id": "answer-code",
        "value": {"files": [{"name": "hello.py", "language": "python", "code": "print(1)"}], "caption": ""},
    },
]


def make_lesson(
    module: ModulePage, *, body: list[dict[str, Any]] | None = None, **fields: object
) -> LessonPage:
    """Make a live lesson at the end of a module; it is locked unless `is_free` is given."""
    number = next(_numbers)
    values = {
        "title": f"Lesson {number}",
        "slug": f"lesson-{number}",
        "intro": "One idea.",
        "minutes": 8,
        "outcomes": "Map an address to a function",
    }
    return ModulePage.objects.get(pk=module.pk).add_child(
        instance=LessonPage(body=BODY if body is None else body, **(values | fields))
    )
