"""Code that runs, exercises, quizzes and what finishes a lesson, as files and as pages."""

import json
import re
from pathlib import Path

import pytest
from wagtail.models import Revision

from content.errors import CourseFileError
from content.exporter import export_course
from content.importer import import_course
from lessons.models import LessonChange, LessonPage

pytestmark = pytest.mark.django_db
ONE = "01-start/01-one.md"


def one() -> LessonPage:
    return LessonPage.objects.get(translation_key="11111111-0000-4000-8000-000000000004")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def forget_new_fields(lesson: LessonPage, body: list[dict]) -> None:
    """Store the body as a version of this site did that knew nothing of running."""
    for item in body:
        if item["type"] in {"code", "parallel"}:
            del item["value"]["run"], item["value"]["requests"]
    LessonPage.objects.filter(pk=lesson.pk).update(body=json.dumps(body))
    stored = LessonPage.objects.get(pk=lesson.pk).body.raw_data
    assert "run" not in next(item for item in stored if item["type"] == "code")["value"]


def test_an_import_makes_what_the_file_says(working_course: Path) -> None:
    import_course(working_course)
    lesson = one()
    assert (lesson.needs_checks, lesson.quiz_share, lesson.completion_rule) == (True, 75, "both")
    assert lesson.block("greeting", "code").value["run"] == "script"
    assert lesson.block("pair", "parallel").value["run"] == "app"
    assert [tuple(request.values()) for request in lesson.block("board", "code").value["requests"]] == [
        ("GET", "/jobs/", ""),
        ("POST", "/jobs/", "title=Tester&city=Chennai"),
        ("POST", "/jobs/", '{"title": "Tester"}'),
    ]
    exercise = lesson.block("say-hello", "exercise").value
    assert (
        exercise["statement"].split("\n")[2] == '@app.get("/") is one way, and a fence keeps its own lines:'
    )
    assert exercise["hints"][1].endswith(':\n\n```python\n@app.get("/")\n```')
    assert [file["name"] for file in exercise.check_files] == ["checks.py", "hidden_checks.py"]
    assert not exercise["required"]
    quiz = lesson.block("check-yourself", "quiz").value
    assert (quiz["mode"], quiz["pass_mark"], quiz["attempts"], quiz["minutes"], quiz["draw"]) == (
        "assessed", 75, 2, 10, 5,
    )  # fmt: skip
    assert [(question.block_type, question.id) for question in quiz["questions"]] == [
        ("choice", "q-first"), ("multiple", "q-second"), ("short", "q-third"), ("short", "q-pattern"),
        ("prints", "q-prints"), ("ordering", "q-order"), ("line", "q-line"),
    ]  # fmt: skip
    assert quiz["questions"][0].value["text"].endswith("\n- [x] is how an answer looks.")
    assert list(quiz["questions"][5].value["items"]) == ["Request", "View", "Response"]


def test_pages_with_work_become_the_same_files(working_course: Path, tmp_path: Path) -> None:
    import_course(working_course)
    export_course("small", tmp_path / "out")
    assert (tmp_path / "out" / ONE).read_text() == (working_course / ONE).read_text()
    assert import_course(tmp_path / "out").unchanged == 6


def test_saving_work_in_the_cms_without_a_change_is_no_change(working_course: Path) -> None:
    import_course(working_course)
    lesson = one()
    block = lesson.body.stream_block
    lesson.body = json.dumps(block.get_prep_value(block.clean(lesson.body)))
    lesson.save_revision().publish()
    revisions = Revision.objects.count()
    assert import_course(working_course).unchanged == 6
    assert Revision.objects.count() == revisions


def test_lessons_from_before_are_unchanged_and_follow_their_files(small_course: Path) -> None:
    edit(
        small_course / ONE,
        ":::\n\n::: parallel",
        ":::\n\n::: code {#c}\n```python\nx\n```\n:::\n\n::: parallel",
    )
    import_course(small_course)
    forget_new_fields(one(), list(one().body.get_prep_value()))
    revisions = Revision.objects.count()
    assert import_course(small_course).unchanged == 6
    assert Revision.objects.count() == revisions
    edit(small_course / ONE, "::: code {#c}", "::: code {#c} script")
    report = import_course(small_course)
    assert (report.changed, report.left_alone) == (1, [])
    assert one().block("c", "code").value["run"] == "script"


def test_a_question_changed_in_the_cms_is_written_with_its_id(working_course: Path, tmp_path: Path) -> None:
    import_course(working_course)
    lesson = one()
    quiz = lesson.block("check-yourself", "quiz").value
    quiz["questions"][2].value["text"] = "= is how an answer looks\n```python\n1. ! @x\n```"
    quiz["questions"].append(
        ("choice", {"text": "New?", "code": [], "options": [
            {"text": "Yes", "is_right": True, "why": "It is."},
            {"text": "No", "is_right": False, "why": "It is."},
        ]})
    )  # fmt: skip
    lesson.save_revision().publish()
    export_course("small", tmp_path / "out")
    text = (tmp_path / "out" / ONE).read_text()
    assert "\n\\= is how an answer looks\n\\```python\n1. ! @x\n\\```\n= response\n" in text
    new = re.search(r"@choice \{#([0-9a-f-]{36})\}\nNew\?\n- \[x\] Yes\n  It is\.\n", text)
    assert new
    assert import_course(tmp_path / "out").unchanged == 6
    assert one().block("check-yourself", "quiz").value["questions"][-1].id == new[1]


def test_an_import_tells_nobody_of_a_change(working_course: Path) -> None:
    import_course(working_course)
    lesson = one()
    lesson.unpublish()
    LessonPage.objects.filter(pk=lesson.pk).update(change_kind="redo", change_note="All of it.")
    edit(working_course / ONE, "title: Lesson one", "title: Lesson 1")
    assert import_course(working_course, force=True).changed == 1
    assert one().change_kind == "cosmetic"
    assert not LessonChange.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("- [ ] Flask\n", "- [x] Flask\n", "@choice {#q-first}", "Mark exactly one option as right"),
        ("= ^/jobs/\\d+/$", "= (", "@short {#q-pattern}", "“(” can't be used as a pattern"),
        ("= 1\n", "= 4\n", "@line {#q-line}", "The code has fewer lines"),
        ("2. View\n", "2. Request\n", "@ordering {#q-order}", "Two items are the same"),
        ("draw=5", "draw=8", "::: quiz", "More questions are drawn than there are"),
        ("def test_hello", "def hello", "::: exercise", "at least one function whose name starts with test_"),
        ("```python app.py\nfrom flask import Flask\n\napp = Flask(__name__)\n```\n@flask solution",
         "```python\nfrom flask import Flask\n```\n@flask solution", "::: exercise", "needs a name"),
        ("GET /jobs/\n", "GET /jobs/\n" * 8, "::: code {#board}", "maximum number of items is 8"),
    ],
)  # fmt: skip
def test_what_the_cms_would_refuse_is_named_with_its_line(
    working_course: Path, old: str, new: str, place: str, message: str
) -> None:
    edit(working_course / ONE, old, new)
    rows = (working_course / ONE).read_text().split("\n")
    line = next(number for number, row in enumerate(rows, start=1) if row.startswith(place))
    with pytest.raises(CourseFileError, match=re.escape(message)) as caught:
        import_course(working_course)
    assert caught.value.line == line
