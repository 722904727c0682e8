"""What the lessons show runs: on the server and in the page's Python, for every course that comes with us."""

import os
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from content.checking import find_flaws, in_lesson
from content.documents import LessonFile
from lessons.example_runs import run_item
from lessons.grading.bubblewrap import is_installed
from tests.conftest import CONTENT

COURSES = sorted(path.parent for path in CONTENT.glob("*/course.md"))
HEAD = "---\nid: 22222222-0000-4000-8000-000000000001\ntitle: Title\n---\n"
INSTALL_HINT = "bubblewrap is not installed: sudo apt-get install -y bubblewrap"
ONE = "01-start/01-one.md"
RUNS = re.compile(r"[a-z-]+: examples: [1-9]\d*, solutions: [1-9]\d*; all of it runs\.\n")


@pytest.fixture
def _sandbox() -> None:
    if not is_installed():
        if os.environ.get("REQUIRE_SANDBOX") == "1":
            pytest.fail(INSTALL_HINT, pytrace=False)
        pytest.skip(INSTALL_HINT)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """One lesson with a script, an application and an exercise."""
    folder = tmp_path / "running"
    (folder / "01-start").mkdir(parents=True)
    (folder / "course.md").write_text(
        HEAD.replace("title: Title\n", "title: Title\nsummary: Runs.\nhours: 1\nprice: 0\n")
    )
    (folder / "01-start" / "module.md").write_text(HEAD.replace("0001\n", "0002\n"))
    (folder / ONE).write_text(
        HEAD.replace("0001\n", "0003\n")
        + """::: code {#greeting} script
```python hello.py
print("Hello")
```
:::

::: code {#board} app
```python app.py
from flask import Flask, request

app = Flask(__name__)


@app.post("/jobs/")
def jobs():
    return request.form["title"]
```
@requests
POST /jobs/ title=Tester
:::

::: exercise {#double} Double it
@statement
Write `double`.
@python
```python main.py
def double(number):
    return number
```
@python solution
```python main.py
def double(number):
    return number * 2
```
@checks
```python
def test_double(app):
    \"\"\"double(2) is 4\"\"\"
    expect(app.call("double", 2), "double(2)").equals(4)
```
:::
"""
    )
    return folder


def break_it(course: Path) -> list[str]:
    """Make everything in the course fail; return the start of each line that is then printed."""
    path = course / ONE
    text = path.read_text()
    for old, new in (
        ('print("Hello")', "print(hello)"),
        ('request.form["title"]', "None"),
        ("number * 2", "number * 3"),
    ):
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return [f"{path}, line 5: greeting: ", f"{path}, line 11: board: ", f"{path}, line 26: double, python: "]


@pytest.mark.usefixtures("_sandbox")
@pytest.mark.parametrize("folder", COURSES, ids=lambda folder: folder.name)
def test_every_lesson_does_on_the_server_what_it_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("check_course", folder)
    assert RUNS.fullmatch(capsys.readouterr().out)


@pytest.mark.parametrize("folder", COURSES, ids=lambda folder: folder.name)
def test_every_lesson_does_in_the_page_what_it_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_course", folder, "--pyodide")
    assert RUNS.fullmatch(capsys.readouterr().out)


@pytest.mark.usefixtures("_sandbox")
def test_examples_of_the_documentation_run() -> None:
    text = (CONTENT.parent / "docs" / "course-files.md").read_text()
    examples = re.findall(r"^````markdown\n(.*?)^````$", text, re.DOTALL | re.MULTILINE)
    lesson, exercise = examples[0], HEAD + examples[1]
    places = [place for text in (lesson, exercise) for place in in_lesson(LessonFile.parse(text, "docs"))]
    assert [place.item.block_id for place in places] == ["try-it", "say-hello", "say-hello"]
    assert find_flaws(places, run_item, workers=2, with_starters=True) == []


@pytest.mark.usefixtures("_sandbox")
def test_what_fails_is_named_with_file_and_line(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_course", course)
    assert capsys.readouterr().out == "running: examples: 2, solutions: 1; all of it runs.\n"
    expect_three_failures(course, capsys)


def test_what_fails_in_the_page_is_named_too(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expect_three_failures(course, capsys, "--pyodide")


def expect_three_failures(course: Path, capsys: pytest.CaptureFixture[str], *options: str) -> None:
    expected = break_it(course)
    with pytest.raises(CommandError, match="3 to mend; examples: 2, solutions: 1"):
        call_command("check_course", course, *options)
    printed = capsys.readouterr().out.splitlines()
    for line, start in zip(printed, expected, strict=True):
        assert line.startswith(start)
        assert len(line) > len(start)
    assert "double(2)" in printed[2]


@pytest.mark.usefixtures("_sandbox")
def test_an_application_that_shows_nothing_first_is_named(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = course / ONE
    path.write_text(path.read_text().replace("@requests\nPOST /jobs/ title=Tester\n", ""))
    with pytest.raises(CommandError, match="1 to mend; "):
        call_command("check_course", course)
    assert capsys.readouterr().out == f"{path}, line 11: board: GET /, which Run shows first, answers 404.\n"


@pytest.mark.usefixtures("_sandbox")
def test_starter_files_that_pass_already_are_named(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = course / ONE
    path.write_text(path.read_text().replace("return number\n", "return number + number\n"))
    with pytest.raises(CommandError, match="1 to mend; "):
        call_command("check_course", course)
    assert (
        capsys.readouterr().out
        == f"{path}, line 26: double, python: The starter files pass every check already.\n"
    )


def test_a_course_is_not_called_good_where_nothing_can_run(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(CommandError, match="needs Node"):
        call_command("check_course", course, "--pyodide")


def test_a_page_python_that_breaks_is_no_pass(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("content.page_python.MOST_SECONDS", 0)
    with pytest.raises(CommandError, match="ended without an answer"):
        call_command("check_course", course, "--pyodide")


@pytest.mark.usefixtures("_sandbox")
def test_what_an_import_would_refuse_is_named_without_a_database(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = course / ONE
    lesson.write_text(lesson.read_text().replace("Double it", "D" * 121))

    with pytest.raises(CommandError, match="1 to mend; "):
        call_command("check_course", course)

    said = capsys.readouterr().out
    assert re.search(r"01-one\.md, line \d+: double: title: .*at most 120 characters", said)
