"""`course_report` counts what a course holds and measures how it reads."""

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from content.importer import import_course
from lessons.models import LessonPage

pytestmark = pytest.mark.django_db

INTERVIEW = """
::: interview {#asked} The web
@question {#what-is-http} What is HTTP?
The rules by which browsers and servers talk.
@why It is the ground of everything else.
@question {#what-is-a-cookie} What is a cookie?
A small text that the browser sends back.
@why Sign-in depends on it.
:::
"""
GLOSSARY = """---
id: 11111111-0000-4000-8000-0000000000aa
title: Glossary
terms:
  - term: View
    text: A function.
---
"""


@pytest.fixture
def report(working_course: Path) -> Callable[[], str]:
    """What the command prints about the small course."""
    (working_course / "glossary.md").write_text(GLOSSARY)
    lesson = working_course / "01-start" / "01-one.md"
    lesson.write_text(lesson.read_text().replace("@statement", "@milestone\n@statement") + INTERVIEW)
    import_course(working_course)

    def run() -> str:
        out = StringIO()
        call_command("course_report", "small", stdout=out)
        return out.getvalue()

    return run


def row(text: str, title: str) -> list[str]:
    found = re.search(rf"^{re.escape(title)}  +(.*)$", text, re.MULTILINE)
    assert found, text
    return found[1].split()


def test_it_counts_by_module_and_in_all(report: Callable[[], str]) -> None:
    text = report()

    names = row(text, "Module")
    first, everything = (dict(zip(names, row(text, title), strict=True)) for title in ("1. Start", "All"))
    assert (first["lessons"], everything["lessons"]) == ("2", "3")
    assert everything["minutes"] == "21"
    assert (first["pairs"], everything["pairs"]) == ("2", "3")
    assert first["examples"] == "4", "two of the lesson with work, and a pair in each of both"
    assert (first["exercises"], first["both"], first["milestones"]) == ("1", "0", "1")
    assert first["interview"] == "2"
    assert int(first["questions"]) > 3
    assert "Terms in the glossary: 1." in text
    assert "Pairs with matched lines: 3." in text


def test_it_measures_running_text_and_leaves_code_out(report: Callable[[], str]) -> None:
    lesson = LessonPage.objects.get(slug="two")
    lesson.body = [
        ("prose", "One two three. Four five six, `seven = eight`.\n\n```python\nprint('nine ten')\n```"),
        ("prose", " ".join(["word"] * 26) + "."),
    ]
    lesson.intro = ""
    lesson.save()
    LessonPage.objects.exclude(pk=lesson.pk).delete()

    words, length, long_share, lix = _reading(report())

    assert words == "33"
    assert length == "11.0"
    assert long_share == "33.3%"
    assert lix == "11"


def _reading(text: str) -> list[str]:
    return row(text[text.index("Reading") :], "All")


def test_it_names_what_somebody_should_look_at(report: Callable[[], str]) -> None:
    LessonPage.objects.filter(slug="two").update(minutes=30, sources="https://example.com/")
    text = report()

    assert re.search(r"To look at: Lesson two \(.*\): takes 30 minutes\.", text)
    assert re.search(r"To look at: Lesson one \(.*\): names no source\.", text)


def test_an_unknown_course_is_refused_with_those_there_are(report: Callable[[], str]) -> None:
    with pytest.raises(CommandError, match=r"no published course “smal”. There are: small"):
        call_command("course_report", "smal")
