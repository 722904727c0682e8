"""Every block renders, cleans and previews; matched lines are checked."""

import timeit

import pytest
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from wagtail.blocks.struct_block import StructBlockValidationError

from courses.models import StandardPage
from lessons.blocks import LessonBody, ParallelBlock
from lessons.highlight import highlighted_lines, split_marks
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db

BODY = LessonBody()
PAGE_BODY = StandardPage._meta.get_field("body").stream_block
EVERY_BLOCK = [*BODY.child_blocks.items(), *PAGE_BODY.child_blocks.items()]


@pytest.mark.parametrize(
    ("name", "block"), EVERY_BLOCK, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_block_has_icon_description_and_a_preview_that_renders(name: str, block: object) -> None:
    assert block.meta.icon != "placeholder"
    assert block.meta.description
    value = block.get_preview_value()
    html = block.render(value, {"request": RequestFactory().get("/"), "block_id": "a-block"})
    assert html.strip()


@pytest.mark.parametrize("name", ["passage", "prose", "callout", "code", "parallel", "interview"])
def test_every_block_cleans_its_own_preview(name: str) -> None:
    block = BODY.child_blocks[name]

    assert block.clean(block.get_preview_value())


def test_the_block_preview_in_the_cms_answers(author: object) -> None:
    block = BODY.child_blocks["parallel"]
    response = signed_in(author).get("/cms/block-preview/", {"id": block.definition_prefix})

    assert response.status_code == 200
    assert "Django" in response.content.decode()


def pair(django: str, flask: str) -> object:
    def files(code: str) -> list[dict]:
        return [{"name": "a.py", "language": "python", "code": code}]

    return ParallelBlock().to_python({"django": files(django), "flask": files(flask), "matches": []})


def test_a_match_number_needs_its_partner() -> None:
    with pytest.raises(StructBlockValidationError) as refused:
        ParallelBlock().clean(pair("a = 1  #=1\nb = 2  #=2", "a = 1  #=1"))

    assert "Number 2 has no partner" in str(refused.value.non_block_errors)


def test_matched_lines_know_each_other() -> None:
    value = ParallelBlock().clean(pair("\nx = 1  #=7", "x = 1  #=7"))

    assert value.partners == {7: {"django": 1, "flask": 1}}


@pytest.mark.parametrize("text", ["# Title", "## Title", "::: callout", "<!-- x -->"])
def test_prose_refuses_what_the_course_files_use_for_blocks(text: str) -> None:
    with pytest.raises(ValidationError):
        BODY.child_blocks["prose"].clean(f"Fine.\n{text}")


def test_prose_may_show_such_lines_as_code() -> None:
    assert BODY.child_blocks["prose"].clean("```\n# a comment\n```")


@pytest.mark.parametrize(
    ("line", "plain", "number"),
    [
        ("x = 1  #=1", "x = 1", 1),
        ("{% block a %}{#=2#}", "{% block a %}", 2),
        ("<p>Hi</p><!--=3-->", "<p>Hi</p>", 3),
        ("SELECT 1; --=4", "SELECT 1;", 4),
        ("x == 1", "x == 1", None),
        ("# = 1 is no mark", "# = 1 is no mark", None),
    ],
)
def test_match_marks_in_each_language(line: str, plain: str, number: int | None) -> None:
    code, marks = split_marks(line)

    assert code == plain
    assert marks == ({} if number is None else {1: number})


def test_highlighting_escapes_and_keeps_lines_whole() -> None:
    lines = highlighted_lines('"""<script>\n</script>"""\n\nx = 1', "python")

    assert len(lines) == 4
    for line in lines:
        assert "<script" not in line.html
        assert line.html.count("<span") == line.html.count("</span>")


def test_an_unknown_language_is_shown_as_plain_text() -> None:
    assert highlighted_lines("a < b", "klingon")[0].html == "a &lt; b"


@pytest.mark.parametrize(
    ("start", "middle", "end"), [("", " ", "x"), ("x #=1", " ", "x"), ("#=", "1", "")], ids=repr
)
def test_the_search_for_marks_grows_no_faster_than_the_line(start: str, middle: str, end: str) -> None:
    def seconds(length: int) -> float:
        code = start + middle * length + end
        assert split_marks(code) == (code, {})
        return min(timeit.repeat(lambda: split_marks(code), number=3, repeat=5))

    assert seconds(32_000) < 32 * seconds(4_000), "8 times the length may not take 64 times as long"


@pytest.mark.parametrize("deep", ["-" * 100_000 + "1", "a." * 50_000 + "b", "(" * 10_000])
def test_checks_that_python_cannot_read_are_refused_in_words(deep: str) -> None:
    block = BODY.child_blocks["exercise"].child_blocks["checks"]

    with pytest.raises(ValidationError, match=r"no Python|too deep"):
        block.clean(f"def test_home(app):\n    return {deep}\n")


def test_a_match_names_its_files_where_a_pane_has_several() -> None:
    def files(**codes: str) -> list[dict]:
        return [{"name": f"{name}.py", "language": "python", "code": code} for name, code in codes.items()]

    matches = [{"number": number, "text": f"Match {number}."} for number in (1, 2)]
    several = {"django": files(models="a  #=1", main="b  #=2"), "flask": files(main="c  #=1\nd  #=2")}
    html = ParallelBlock().render(ParallelBlock().to_python(several | {"matches": matches}))

    assert 'Match 1. <span class="where">models.py, main.py</span>' in html
    assert 'Match 2. <span class="where">main.py</span>' in html
    single = {"django": files(urls="a  #=1"), "flask": files(app="c  #=1"), "matches": matches[:1]}
    assert 'class="where"' not in ParallelBlock().render(ParallelBlock().to_python(single))
