"""Whatever an author may write survives the way into a file and back."""

import re
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from content.bodies import Block
from content.documents import CourseFile, LessonFile, ModuleFile, PageFile
from content.errors import CourseFileError
from courses.blocks import ProseBlock
from lessons.blocks.code import SourceBlock
from lessons.highlight import LANGUAGES
from tests.conftest import CONTENT

ID = UUID("22222222-0000-4000-8000-000000000001")
STRUCTURE = ["# a", "## b {#c}", ":::", "::: note", "<!-- {#x} -->", "@flask", "@matches", "1. a", "- b"]
ANSWERS = [
    "- [x] a",
    "- [ ] b",
    "= a",
    "! a",
    "@checks",
    "\\@a",
    "\\- [x] a",
    "@app.get",
    "@choice {#q}",
    "= 3",
]
FENCES = ["```", "````", "```python a.py", "~~~", "~~~~ x", "``", "   ```"]

relaxed = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
letters = st.characters(exclude_categories=["Cs", "Cc"])
some_lines = st.text(letters, max_size=30) | st.sampled_from(
    [*STRUCTURE, *FENCES, *ANSWERS, "", "  ", "| a | b |"]
)
ids = st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True)
words = st.text(letters, min_size=1, max_size=40).map(str.strip).filter(bool)


@st.composite
def prose(draw: st.DrawFn) -> str:
    """Markdown that the CMS accepts, often with code in it."""
    parts = draw(st.lists(st.lists(some_lines, max_size=4) | fenced(), min_size=1, max_size=4))
    try:
        return ProseBlock().clean("\n".join(line for part in parts for line in part))
    except ValidationError:
        assume(False)
        raise


@st.composite
def fenced(draw: st.DrawFn) -> list[str]:
    return ["````md", *draw(st.lists(some_lines.filter(lambda line: "````" not in line), max_size=4)), "````"]


code = st.lists(some_lines, max_size=6).map("\n".join)
files = st.fixed_dictionaries(
    {
        "name": st.just("") | words.filter(lambda name: "`" not in name),
        "language": st.sampled_from([language for language, _label in LANGUAGES]),
        "code": code,
    }
)
sentences = words | st.sampled_from([*STRUCTURE, *FENCES, *ANSWERS, "\\```", "\\\\:::"]).map(str.strip)
requests = st.lists(
    st.fixed_dictionaries(
        {
            "method": st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
            "path": st.from_regex(r"/[!-~]{0,20}", fullmatch=True),
            "body": st.just("") | words | st.just('{"title": "A  b"}'),
        }
    ),
    max_size=3,
)
runs = st.sampled_from(["app", "script", "none"])
tracks = st.fixed_dictionaries(
    {
        "framework": st.sampled_from(["django", "flask", "python"]),
        "starter": st.lists(files, min_size=1, max_size=2),
        "solution": st.lists(files, min_size=1, max_size=2),
    }
)
checks = st.sampled_from(
    [
        'def test_home(app):\n    """Home answers"""\n    expect(1)',
        'def test_a(app):\n    """\n```\n@x\n    """',
    ]
)
option = st.fixed_dictionaries({"text": sentences, "is_right": st.booleans(), "why": sentences})
answers = {
    "choice": {"options": st.lists(option, min_size=2, max_size=3)},
    "multiple": {"options": st.lists(option, min_size=2, max_size=3)},
    "short": {
        "answers": st.lists(sentences, min_size=1, max_size=3),
        "is_pattern": st.booleans(),
        "why": sentences,
    },
    "prints": {"answer": code, "why": sentences},
    "ordering": {"items": st.lists(sentences, min_size=2, max_size=4), "why": sentences},
    "line": {"line": st.integers(1, 200), "why": sentences},
}


def question(kind: str) -> st.SearchStrategy[Block]:
    needs_code = kind in {"prints", "line"}
    value = st.fixed_dictionaries(
        {"text": prose(), "code": st.lists(files, min_size=needs_code, max_size=1), **answers[kind]}
    )
    return st.builds(Block, kind=st.just(kind), id=ids, value=value)


quiz = st.fixed_dictionaries(
    {
        "title": words,
        "mode": st.sampled_from(["practice", "assessed"]),
        "pass_mark": st.integers(1, 100) | st.just(60),
        "attempts": st.integers(0, 20),
        "minutes": st.integers(0, 180),
        "draw": st.integers(0, 60),
        "required": st.booleans(),
        "questions": st.lists(
            st.sampled_from(sorted(answers)).flatmap(question),
            min_size=1,
            max_size=4,
            unique_by=lambda block: block.id,
        ),
    }
)
interview_questions = st.builds(
    lambda name, text, answer, why: Block("question", name, {"text": text, "answer": answer, "why": why}),
    ids, words, prose(), words,
)  # fmt: skip
values = {
    "passage": words,
    "prose": prose(),
    "callout": st.fixed_dictionaries({"kind": st.sampled_from(["note", "do", "warning"]), "text": prose()}),
    "figure": st.fixed_dictionaries(
        {"image": st.just("images/a-1.svg"), "alt": words, "caption": st.just("") | sentences}
    ),
    "code": st.fixed_dictionaries(
        {
            "files": st.lists(files, min_size=1, max_size=3),
            "caption": st.just("") | sentences,
            "run": runs,
            "requests": requests,
        }
    ),
    "parallel": st.fixed_dictionaries(
        {
            "django": st.lists(files, min_size=1, max_size=2),
            "flask": st.lists(files, min_size=1, max_size=2),
            "matches": st.lists(
                st.fixed_dictionaries({"number": st.integers(1, 20), "text": sentences}), max_size=3
            ),
            "run": runs,
            "requests": requests,
        }
    ),
    "exercise": st.fixed_dictionaries(
        {
            "title": words,
            "milestone": st.booleans(),
            "statement": prose(),
            "tracks": st.lists(tracks, min_size=1, max_size=3),
            "checks": checks,
            "hidden_checks": st.just("") | checks,
            "hints": st.lists(prose(), max_size=3),
            "required": st.booleans(),
        }
    ),
    "quiz": quiz,
    "interview": st.fixed_dictionaries(
        {
            "title": words,
            "questions": st.lists(
                interview_questions, min_size=1, max_size=3, unique_by=lambda block: block.id
            ),
        }
    ),
    "facing": st.fixed_dictionaries(
        {
            "left_title": words,
            "left": st.lists(words, min_size=1, max_size=3),
            "right_title": words,
            "right": st.lists(words, min_size=1, max_size=3),
        }
    ),
    "steps": st.fixed_dictionaries(
        {
            "title": words,
            "steps": st.lists(
                st.fixed_dictionaries({"title": words, "text": st.lists(words, max_size=3).map("\n".join)}),
                max_size=3,
            ),
        }
    ),
}


def blocks(kinds: tuple[str, ...]) -> st.SearchStrategy[tuple[Block, ...]]:
    one = st.sampled_from(kinds).flatmap(
        lambda kind: st.builds(Block, kind=st.just(kind), id=ids, value=values[kind])
    )
    return st.lists(one, max_size=5, unique_by=lambda block: block.id).map(tuple)


@relaxed
@given(blocks=blocks(LessonFile.kinds), intro=st.just("") | prose())
def test_lesson_reads_back_the_same(blocks: tuple[Block, ...], intro: str) -> None:
    lesson = LessonFile(id=ID, title="A: “title”", intro=intro, blocks=blocks)
    text = lesson.write()
    assert LessonFile.parse(text, "x.md") == lesson
    assert LessonFile.parse(text, "x.md").write() == text


@relaxed
@given(blocks=blocks(PageFile.kinds))
def test_page_reads_back_the_same(blocks: tuple[Block, ...]) -> None:
    page = PageFile(id=ID, title="No", intro_line="1e3", blocks=blocks)
    assert PageFile.parse(page.write(), "x.md") == page


@relaxed
@given(title=words, outcomes=st.lists(words, max_size=3), roles=st.lists(st.tuples(words, words), max_size=2))
def test_head_reads_back_the_same(title: str, outcomes: list[str], roles: list[tuple[str, str]]) -> None:
    course = CourseFile(
        id=ID,
        title=title,
        summary=title,
        outcomes=tuple(outcomes),
        roles=tuple(roles),
        hours=24,
        price=Decimal(0),
    )
    assert CourseFile.parse(course.write(), "course.md") == course


def test_file_of_windows_reads_the_same() -> None:
    text = LessonFile(id=ID, title="Title", intro="A lead.").write()
    assert LessonFile.parse("\ufeff" + text.replace("\n", "\r\n"), "x.md").write() == text


@pytest.mark.parametrize("path", sorted(CONTENT.glob("*/*/[0-9]*.md")), ids=lambda path: path.stem)
def test_real_lesson_is_in_the_form_that_the_exporter_writes(path: Path) -> None:
    assert LessonFile.parse(path.read_text(), str(path)).write() == path.read_text()


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [(CourseFile, "*/course.md"), (ModuleFile, "*/*/module.md"), (PageFile, "pages/*.md")],
)
def test_other_real_files_read_back_the_same(kind: type[CourseFile], pattern: str) -> None:
    found = sorted(CONTENT.glob(pattern))
    assert found
    for path in found:
        document = kind.parse(path.read_text(), str(path))
        assert kind.parse(document.write(), str(path)) == document


def test_examples_of_the_documentation_are_in_the_form_that_the_exporter_writes() -> None:
    text = (CONTENT.parent / "docs" / "course-files.md").read_text()
    examples = re.findall(r"^````markdown\n(.*?)^````$", text, re.DOTALL | re.MULTILINE)
    kinds = (LessonFile, LessonFile, LessonFile, LessonFile, PageFile)
    for kind, example in zip(kinds, examples, strict=True):
        whole = example if example.startswith("---") else f"---\nid: {ID}\ntitle: Title\n---\n{example}"
        document = kind.parse(whole, "docs")
        assert kind.parse(document.write(), "docs") == document
        assert document.write().endswith(example.rpartition("---\n")[2])


def test_cms_keeps_code_to_the_letter() -> None:
    assert SourceBlock().clean("\r\n    indented()\r\n\r\nend()  \n") == "    indented()\n\nend()  "


def test_writing_refuses_what_would_read_back_otherwise() -> None:
    lesson = LessonFile(id=ID, title="Title", intro="## A heading", path="/here/")
    with pytest.raises(CourseFileError, match=r"/here/.*can't be written as a file"):
        lesson.write()
