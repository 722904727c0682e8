"""What counts as the same answer, and what authors may ask."""

import time
from typing import Any

import pytest
from wagtail.blocks import StreamBlockValidationError
from wagtail.blocks.struct_block import StructBlockValidationError

from lessons.blocks import LessonBody
from lessons.quizzes import marking, patterns
from tests.factories.quizzes import CHOICE, EVERY_KIND, ORDERING, PATTERN, quiz_block

LONG = patterns.MOST_CHARACTERS


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ("urls.py", "urls.py"),
        ("URLs.py", "urls.py"),
        ("“urls.py”", "urls.py"),
        ("`urls.py`.", "urls.py"),
        ("  the   list of addresses. ", "The list of addresses"),
        ("the\tlist\n", "the list"),
        ("'", '"'),
        (".env", ".env"),
        ("print(“a”)", "print('a')"),
        ("ｕｒｌｓ．ｐｙ", "urls.py"),  # noqa: RUF001 - typed with a Japanese keyboard
    ],
)
def test_what_does_not_matter_in_a_short_answer(given: str, accepted: str) -> None:
    assert marking.plain(given) == marking.plain(accepted)


@pytest.mark.parametrize(
    ("given", "accepted"), [("urls", "urls.py"), ("env", ".env"), ("a b", "ab"), ("", "x"), ("1.5", "15")]
)
def test_what_matters_in_a_short_answer(given: str, accepted: str) -> None:
    assert marking.plain(given) != marking.plain(accepted)


@pytest.mark.parametrize(
    ("given", "is_right"),
    [
        ("1\n2", True),
        ("1\r\n2\r\n", True),
        ("1   \n2\t\n\n", True),
        ("\n1\n2", True),
        ("1 2", False),
        (" 1\n2", False),
        ("1\n\n2", False),
        ("1\n2\n3", False),
    ],
)
def test_an_output_is_compared_by_its_lines(given: str, is_right: bool) -> None:
    question = {"id": "q", "kind": "prints", "answer": "1\n2"}

    assert marking.is_right(question, given) is is_right


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"2\d\d", "204", True),
        (r"2\d\d", "2040", False),
        (r"x\s*=\s*1", "  x   =  1 ", True),
        (r"(?i)get|post", "POST", True),
        (r"\w+\s*=\s*\w+\s*\(\s*\w+\s*\)", "app = Flask( name )", True),
        (r"\w+", "a" * LONG, True),
        (r"\w+", "a" * (LONG + 1), False),
    ],
)
def test_a_pattern_has_to_fit_the_whole_answer(pattern: str, text: str, fits: bool) -> None:
    assert patterns.trouble_of(pattern) == ""
    assert patterns.matches(pattern, text) is fits


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|a)*b",
        "(a|aa)+b",
        "(?:a?){30}a",
        "(.*a){12}",
        ".*.*.*.*b",
        r"(\w+)\1",
        "(?=a+)b",
        "[",
        "a?" * 30,
        "a{0,20}" * 12 + "b",
        ".*.*.*" + ".{0,20}" * 3 + "b",
        "(?:){4000000000}b",
        "(?:(?:(?:){60000}){60000}){60000}b",
        "(?:(?:){90}){90}",
    ],
)
def test_a_pattern_that_could_take_for_ever_is_refused(pattern: str) -> None:
    assert patterns.trouble_of(pattern)


@pytest.mark.parametrize("pattern", [r".*.*.*b", r"[ab]*[ac]*[ad]*b", "a?" * 12 + "b", "(.)?" * 22 + "[^a]"])
def test_the_slowest_patterns_that_are_let_in_are_fast_enough(pattern: str) -> None:
    assert patterns.trouble_of(pattern) == ""
    started = time.perf_counter()

    assert not patterns.matches(pattern, "a" * LONG)

    assert time.perf_counter() - started < 0.5


def test_a_line_number_of_any_length_is_read() -> None:
    question = {"id": "q", "kind": "line", "code": [{"code": "a\nb"}], "line": 2}

    assert marking.read_given(question, {"answer-q": ["9" * 5_000]}) is None
    assert marking.read_given(question, {"answer-q": ["2"]}) == 2


def clean(*questions: dict[str, Any], **settings: Any) -> None:
    """Save a quiz as the editor does."""
    body = LessonBody()
    body.clean(body.to_python([quiz_block(*questions, **settings)]))


def changed(question: dict[str, Any], **values: Any) -> dict[str, Any]:
    return question | {"value": question["value"] | values}


def test_a_quiz_of_every_kind_can_be_saved() -> None:
    clean(*EVERY_KIND)


def test_the_quiz_that_the_editor_shows_as_an_example_can_be_saved() -> None:
    block = LessonBody().child_blocks["quiz"]

    assert block.clean(block.get_preview_value())


@pytest.mark.parametrize(
    ("question", "settings"),
    [
        (changed(PATTERN, answers=["(a+)+"]), {}),
        (changed(CHOICE, options=CHOICE["value"]["options"][1:]), {}),
        (changed(CHOICE, options=[CHOICE["value"]["options"][0]] * 2), {}),
        (changed(CHOICE, options=[CHOICE["value"]["options"][0], *CHOICE["value"]["options"][1:2] * 2]), {}),
        (changed(ORDERING, items=["Ask", "Ask"]), {}),
        (CHOICE, {"draw": 2}),
        (CHOICE, {"attempts": 2}),
        (CHOICE, {"minutes": 5}),
    ],
    ids=["slow pattern", "nothing right", "two right", "alike", "same items", "too many drawn",
         "limited practice", "timed practice"],
)  # fmt: skip
def test_what_could_not_be_answered_is_refused(question: dict[str, Any], settings: dict[str, int]) -> None:
    with pytest.raises((StreamBlockValidationError, StructBlockValidationError)):
        clean(question, **settings)
