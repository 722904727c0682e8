"""Every mistake in a file is named with its line and what to do."""

import pytest

from content.documents import CourseFile, LessonFile, ModuleFile, PageFile
from content.errors import CourseFileError

HEAD = "---\nid: 22222222-0000-4000-8000-000000000001\ntitle: Title\n---\n"


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("## No id", 5, "Give the passage a title and an id"),
        ("# Title", 5, "The title stands in the head"),
        ("text\n\n## A {#a}\n\n## B {#a}", 9, "already on line 7"),
        ("## A {#A b}", 5, "can't be an id"),
        ("::: poll {#q}\n:::", 5, "opens nothing. The blocks here are: ::: callout"),
        ("::: callout note\nText\n:::", 5, "Give the block an id"),
        ("::: callout {#c} loud\nText\n:::", 5, "one of note, do, warning"),
        ("::: callout {#c} note\nText", 5, "not closed"),
        ("::: callout {#c} note\n\n:::", 5, "says nothing"),
        ("::: figure {#f}\npicture\n:::", 6, "A figure starts with"),
        ("::: figure {#f}\n![a](images/a.svg)\nOne.\nTwo.\n:::", 8, "“Two.” was not expected"),
        ("::: code {#c}\n:::", 5, "at least one fenced file"),
        ("::: code {#c}\n```cobol\nx\n```\n:::", 6, "“cobol” is not one of python"),
        ("::: code {#c}\n```python\nx\n:::", 6, "not closed. End it with ```"),
        ("::: parallel {#p}\n@flask\n:::", 6, "“@django” was expected"),
        ("::: parallel {#p}\n@django\n@flask\n:::", 6, "@django has no fenced file"),
        ("## A {#a}\n\n```\nopen", 7, "This code is not closed"),
        ("<!-- a comment -->\ntext", 5, "Comments are not kept"),
        ("## A {#a}\n\n<!-- {#b} -->\n\n## C {#c}", 7, "No text follows"),
    ],
)
def test_body_mistake_has_its_line(body: str, line: int, message: str) -> None:
    with pytest.raises(CourseFileError, match=message.replace("?", r"\?")) as caught:
        LessonFile.parse(HEAD + body + "\n", "lesson.md")
    assert str(caught.value).startswith(f"lesson.md, line {line}: ")


def test_number_without_partner_is_refused() -> None:
    body = (
        "::: parallel {#p}\n@django\n```python a.py\na  #=1\nb  #=2\n```\n"
        "@flask\n```python b.py\nc  #=1\n```\n:::\n"
    )
    with pytest.raises(CourseFileError, match="line 5: Number 2 is marked in Django only"):
        LessonFile.parse(HEAD + body, "lesson.md")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("title: x\n", 1, "Start the file with a line"),
        ("---\ntitle: x\n", 1, "The head is not closed"),
        ("---\ntitle: x\n---\n", 1, "The head has no id"),
        ("---\nid: 7\ntitle: x\n---\n", 2, "id: write a UUID"),
        (HEAD.replace("title: Title", "title: a: b"), 3, "mapping values are not allowed"),
        (HEAD.replace("title: Title", "title: a\nminuts: 3"), 4, "minuts: this name is not known here"),
        (HEAD.replace("title: Title", "title: a\nminutes: ten"), 4, "“ten” is not a whole number"),
        (HEAD.replace("title: Title", "title: a\nfree: maybe"), 4, "free: write true or false"),
        (HEAD.replace("title: Title", "title: a\noutcomes: one"), 4, "outcomes: write a list"),
        (HEAD.replace("title: Title", "title: a\ntitle: b"), 4, "this name stands twice"),
    ],
)
def test_head_mistake_has_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(CourseFileError, match=message) as caught:
        LessonFile.parse(text, "lesson.md")
    assert str(caught.value).startswith(f"lesson.md, line {line}: ")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("summary: s\nhours: 2\nlevel: easy", "“easy” is not one of beginner"),
        ("summary: s\nhours: 2\nprice: 1.234", "not an amount"),
        ("summary: s\nhours: 2\nprice: NaN", "not an amount"),
        ("summary: s\nhours: 2", "price"),
        ("summary: s\nhours: 2\nroles:\n  - title: a\n    pay: b", "each entry has title and text"),
        ("hours: 2", "The head has no summary"),
    ],
)
def test_course_mistake_is_named(head: str, message: str) -> None:
    with pytest.raises(CourseFileError, match=message):
        CourseFile.parse(HEAD.replace("title: Title", f"title: Title\n{head}"), "course.md")


def test_module_has_no_body() -> None:
    with pytest.raises(CourseFileError, match="line 5: This kind of file has no body"):
        ModuleFile.parse(HEAD + "Text\n", "module.md")


def test_page_has_no_passages() -> None:
    with pytest.raises(CourseFileError, match="line 5: A passage can't stand in this file"):
        PageFile.parse(HEAD + "## A {#a}\n", "page.md")
