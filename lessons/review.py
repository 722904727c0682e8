"""What an author should look at before a lesson goes live."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

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
    """Return what is wrong with a draft; `outcomes` tells by digest what its code did. No query."""
    problems = [problem for block in lesson.body for problem in _problems_of_block(block)]
    items: list[Runnable] = [*examples_of(lesson), *solutions_of(lesson)]
    for item in items:
        outcome = outcomes.get(item.digest)
        if outcome and not outcome.is_good:
            what = _("The reference solution fails") if isinstance(item, Solution) else _("The code fails")
            problems.append(Problem(item.block_id, f"{what}{_in(item.part)}: {describe(outcome.result)}"))
    if (minutes := reading_minutes(lesson)) > LONGEST_READING:
        problems.append(
            Problem(
                "",
                _("Reading takes about %(minutes)d minutes. Split a lesson of more than %(most)d.")
                % {"minutes": minutes, "most": LONGEST_READING},
            )
        )
    return problems


def reading_minutes(lesson: LessonPage) -> int:
    """Return about how long a careful reader needs for the text and code, without exercises and quizzes."""
    words = len(lesson.intro.split()) + sum(
        len(words_of(section).split()) for section in sections_of(lesson.body)
    )
    return round(words / WORDS_A_MINUTE)


def _problems_of_block(block: Any) -> list[Problem]:
    match block.block_type:
        case "figure" if not block.value["alt"].strip():
            return [Problem(block.id, _("The picture has no text alternative."))]
        case "parallel" if unpaired := block.value.unpaired():
            numbers = ", ".join(map(str, sorted(unpaired)))
            return [
                Problem(
                    block.id,
                    _("Number %(numbers)s has no partner in the other pane.") % {"numbers": numbers},
                )
            ]
    return []


def _in(part: str) -> str:
    return f" ({part.title()})" if part else ""
