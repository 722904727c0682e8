"""Every mistake in a file is named with its line and what to do."""

import re

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
        ("::: code {#c} fast\n```python\n```\n:::", 5, "“fast” is not one of app, script, none"),
        ("::: code {#c} app\n```python\n```\n@requests\n:::", 8, "No request follows"),
        ("::: code {#c} app\n```python\n```\n@requests\nFETCH /\n:::", 9, "This is no request"),
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


EXERCISE = """::: exercise {#e} Hello
@statement
Do it.
@flask
```python app.py
```
@flask solution
```python app.py
```
@checks
```python
def test_a(app):
    pass
```
:::"""
QUIZ = """::: quiz {#q} Quiz
@choice {#a}
Which?
- [x] One
  Yes.
- [ ] Two
  No.
@short {#b}
What?
= it
! So.
@prints {#c}
What is printed?
```python
print(1)
```
```text
1
```
! One.
@ordering {#d}
Order?
1. one
2. two
! So.
@line {#e}
Which line?
```python
a
```
= 1
! It is.
:::"""


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (" Hello", "", 5, "An exercise has a title"),
        ("@statement", "Do it.\n@statement", 6, "“@statement” was expected here"),
        ("Do it.\n", "", 6, "The statement says nothing"),
        ("@flask\n", "@ruby\n", 8, "One of @django, @flask, @python was expected"),
        ("@flask solution\n", "", 13, "“@flask solution” was expected here"),
        ("solution\n```python app.py\n```\n", "solution\n", 11, "@flask solution has no fenced file"),
        ("@checks\n", "@check\n", 14, "“@checks” was expected here"),
        ("```python\ndef", "```python checks.py\ndef", 15, "without a file's name"),
        ("    pass", "  pass +", 17, "This is no Python: invalid syntax"),
        pytest.param("    pass", f"    {'-' * 50_000}1", 15, "nested too deep", id="deep"),
        (":::\n", "@hints\nText\n:::\n", 19, "No hint follows"),
        (":::\n", "@optional\n@hints\n1. a\n:::\n", 20, "“@hints” was not expected here; the parts are"),
        (":::\n", "", 5, "This block is not closed"),
    ],
)  # fmt: skip
def test_exercise_mistake_has_its_line(old: str, new: str, line: int, message: str) -> None:
    _expect_mistake(EXERCISE, old, new, line=line, message=message)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (" Quiz", "", 5, "A quiz has a title"),
        ("@choice", "@assessed marks=50\n@choice", 6, "then what differs from pass=60"),
        ("@choice {#a}", "@choice", 6, "Give the question an id"),
        ("@choice {#a}", "@choice {#a} Which?", 6, "“Which?” is not known here"),
        ("@choice {#a}", "@chose {#a}", 6, "a question: @choice, @multiple"),
        ("@short {#b}", "@short {#a}", 12, "The id a is already on line 6"),
        ("Which?\n- ", "- ", 6, "Ask something below @choice"),
        ("  Yes.\n", "", 8, "why it is right or wrong"),
        ("- [x] One\n  Yes.\n- [ ] Two\n  No.\n", "", 8, "Answers were expected here"),
        ("  No.\n", "  No.\nMore.\n", 12, "“More.” was not expected here"),
        ("= it\n", "", 14, "An accepted answer, “= text”, was expected"),
        ("! So.\n@prints", "@prints", 15, "The reason was expected here"),
        ("```text\n1\n```\n", "", 20, "what is printed in a “```text”"),
        ("1. one\n2. two\n", "", 27, "in the right order: “1. first”"),
        ("= 1", "= one", 35, "Give the number of one line"),
        ("```python\na\n```\n", "```python\na\n```\n" * 2, 30, "one file of code at most"),
        (QUIZ, "::: quiz {#q} Quiz\n:::", 5, "at least one question"),
        (":::\n", "", 5, "This block is not closed"),
    ],
)  # fmt: skip
def test_quiz_mistake_has_its_line(old: str, new: str, line: int, message: str) -> None:
    _expect_mistake(QUIZ, old, new, line=line, message=message)


def _expect_mistake(body: str, old: str, new: str, *, line: int, message: str) -> None:
    before, found, after = (body + "\n").rpartition(old)
    assert found
    with pytest.raises(CourseFileError, match=re.escape(message)) as caught:
        LessonFile.parse(HEAD + before + new + after, "lesson.md")
    assert caught.value.line == line


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
        (HEAD.replace("title: Title", "title: a\nquiz_share: most"), 4, "“most” is not a whole number"),
        (HEAD.replace("title: Title", "title: a\nneeds_checks: 2"), 4, "needs_checks: write true or false"),
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
