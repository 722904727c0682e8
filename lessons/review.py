"""What an author should look at before a lesson goes live."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail.blocks.list_block import ListBlockValidationError
from wagtail.blocks.stream_block import StreamBlockValidationError
from wagtail.blocks.struct_block import StructBlockValidationError

from lessons.example_runs import Outcome, Runnable, describe
from lessons.examples import Solution, examples_of, solutions_of
from lessons.models import LessonPage
from lessons.passages import sections_of
from lessons.search import words_of

LONGEST_READING = 10
WORDS_A_MINUTE = 200
"""A careful reader of technical prose; code is read at the same pace."""


@dataclass(frozen=True)
class Problem:
    """One thing to look at, and the block where it is; an empty id means the lesson as a whole."""

    block_id: str
    message: str


def problems_of(lesson: LessonPage, outcomes: Mapping[str, Outcome]) -> list[Problem]:
    """Return what is wrong with a draft; `outcomes` tells by digest what its code did."""
    problems = unfinished_parts(lesson)
    problems += [Problem(block.id, words) for block in lesson.body for words in _nameless_checks(block)]
    items: list[Runnable] = [*examples_of(lesson), *solutions_of(lesson)]
    for item in items:
        if outcome := outcomes.get(item.digest):
            problems += [Problem(item.block_id, words) for words in _troubles_of(item, outcome)]
    if (minutes := reading_minutes(lesson)) > LONGEST_READING:
        problems.append(
            Problem(
                "",
                _("Reading takes about %(minutes)d minutes. Split a lesson of more than %(most)d.")
                % {"minutes": minutes, "most": LONGEST_READING},
            )
        )
    return problems


def unfinished_parts(lesson: LessonPage) -> list[Problem]:
    """Return what a draft may leave open and a published lesson may not."""
    found = []
    for block in lesson.body:
        try:
            block.block.clean(block.value)
        except ValidationError as error:
            found += [Problem(block.id, message) for message in _sentences(block.block, block.value, error)]
    return found


def reading_minutes(lesson: LessonPage) -> int:
    """Return about how long a careful reader needs for the text and code, without exercises and quizzes."""
    words = len(lesson.intro.split()) + sum(
        len(words_of(section).split()) for section in sections_of(lesson.body)
    )
    return round(words / WORDS_A_MINUTE)


def names_of_blocks(lesson: LessonPage) -> dict[str, str]:
    """Return by id what an author knows a block by: the passage it stands in, its kind and its title."""
    passages = 0
    names = {}
    for block in lesson.body:
        passages += block.block_type == "passage"
        words = [f"§{passages}"] if passages else []
        words.append(str(block.block.label))
        if title := _title(block):
            words.append(f"“{title}”")
        names[block.id] = " ".join(words)
    return names


def _title(block: Any) -> str:
    match block.block_type:
        case "exercise" | "quiz" | "interview":
            return str(block.value["title"])
        case "code":
            return next((file["name"] for file in block.value["files"] if file["name"]), "")
        case "passage":
            return str(block.value)
    return ""


def _troubles_of(item: Runnable, outcome: Outcome) -> Iterator[str]:
    part = f" ({item.part.title()})" if item.part else ""
    if not outcome.is_good:
        what = _("The reference solution fails") if isinstance(item, Solution) else _("The code fails")
        yield f"{what}{part}: {describe(outcome.result)}"
    elif outcome.result.get("starter_passes"):
        yield _("The starter files pass all checks already%(part)s.") % {"part": part}


def _nameless_checks(block: Any) -> Iterator[str]:
    """Learners know a check by its docstring; of one without they see the function's name."""
    if block.block_type != "exercise":
        return
    for field in ("checks", "hidden_checks"):
        try:
            tree = ast.parse(block.value[field] or "")
        except SyntaxError:
            continue
        checks = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        for node in checks:
            if node.name.startswith("test_") and not ast.get_docstring(node):
                yield _("The check %(name)s has no title: write it as its docstring.") % {"name": node.name}


def _sentences(block: Any, value: Any, error: ValidationError, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Return each message of a nested error, after the labels of the fields that lead to it."""
    if not isinstance(
        error, StructBlockValidationError | StreamBlockValidationError | ListBlockValidationError
    ):
        yield from (": ".join((*path, message)) for message in error.messages)
        return
    for refusal in error.non_block_errors.as_data():
        yield from _sentences(block, value, refusal, path)
    for key, nested in error.block_errors.items():
        if isinstance(error, StructBlockValidationError):
            child, inner, label = block.child_blocks[key], value[key], str(block.child_blocks[key].label)
        elif isinstance(error, StreamBlockValidationError):
            child, inner = value[key].block, value[key].value
            label = f"{key + 1}. {child.label}"
        else:
            child, inner, label = block.child_block, value[key], str(key + 1)
        yield from _sentences(child, inner, nested, (*path, label))
