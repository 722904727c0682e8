"""Whether everything in a course that can be run does what its lessons say."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from wagtail.blocks import StreamValue

from content.block_errors import line_of, messages_of
from content.documents import LessonFile
from content.errors import CourseFileError
from content.folder import CourseFolder
from content.streams import raw_stream
from lessons.example_runs import Runnable, describe
from lessons.examples import Example, Solution, examples_of, solutions_of
from lessons.models import LessonPage

RUNNABLE = {"code", "parallel", "exercise"}

type Run = Callable[[Runnable], tuple[bool, dict[str, Any]]]
"""Runs an example, or a solution against its checks: whether it is good, and what came."""


@dataclass
class _Body:
    """A lesson that is in no database."""

    body: StreamValue


@dataclass(frozen=True)
class Place:
    """Something of a course that can be run, and where it stands."""

    path: str
    line: int
    item: Runnable

    def fail(self, message: str) -> CourseFileError:
        """Return what is wrong with it, in a line for its author."""
        what = f"{self.item.block_id}, {self.item.part}" if self.item.part else self.item.block_id
        return CourseFileError(self.path, self.line, f"{what}: {message}")


def places_of(course: CourseFolder) -> list[Place]:
    """Return every example and every reference solution of a course, in reading order; no query."""
    return [
        place for module in course.modules for _slug, lesson in module.lessons for place in in_lesson(lesson)
    ]


def find_unfit(course: CourseFolder) -> Iterator[CourseFileError]:
    """Yield what an import would refuse of the blocks of each lesson, such as a text that is too long.

    No query; pictures are chosen from the database, so figures are left out.
    """
    field = LessonPage._meta.get_field("body")
    for module in course.modules:
        for _slug, lesson in module.lessons:
            for block in lesson.blocks:
                if block.kind == "figure":
                    continue
                (child,) = field.to_python(json.dumps(raw_stream([block], {})))
                try:
                    child.block.clean(child.value)
                except ValidationError as error:
                    message = f"{block.id}: {'; '.join(messages_of(error))}"
                    yield CourseFileError(lesson.path, line_of(block, error), message)


def in_lesson(lesson: LessonFile) -> Iterator[Place]:
    """Yield what can be run of one lesson; no query."""
    blocks = [block for block in lesson.blocks if block.kind in RUNNABLE]
    lines = {block.id: block.line for block in blocks}
    body = LessonPage._meta.get_field("body").to_python(json.dumps(raw_stream(blocks, {})))
    page = _Body(body)
    items: list[Runnable] = [*examples_of(page), *solutions_of(page)]
    for item in items:
        yield Place(lesson.path, lines[item.block_id], item)


def find_flaws(
    places: list[Place], run: Run, *, workers: int, with_starters: bool = False
) -> list[CourseFileError]:
    """Run everything, so many at once, and return what is wrong by its place; raises what `run` raises.

    What a reader of an application sees after Run must be answered well.
    `with_starters` also runs the checks of each exercise against its starter files, which must fail.
    """

    def flaw_of(place: Place) -> CourseFileError | None:
        is_good, result = run(place.item)
        if not is_good:
            return place.fail(describe(result))
        if isinstance(place.item, Example) and (status := _first_status(result)) >= 400:
            request = place.item.requests[0]
            return place.fail(
                f"{request['method']} {request['path']}, which Run shows first, answers {status}."
            )
        if with_starters and isinstance(place.item, Solution):
            is_good, _result = run(replace(place.item, files=place.item.starter))
            return place.fail("The starter files pass every check already.") if is_good else None
        return None

    with ThreadPoolExecutor(workers) as pool:
        flaws = [flaw for flaw in pool.map(flaw_of, places) if flaw]
    return sorted(flaws, key=lambda flaw: (flaw.path, flaw.line))


def _first_status(result: dict[str, Any]) -> int:
    """Return the status of the first answer, 0 where there is none, as of a script."""
    return next((int(answer.get("status", 0)) for answer in result["responses"]), 0)


def count(places: list[Place]) -> str:
    """Return how much there was to run."""
    examples = sum(isinstance(place.item, Example) for place in places)
    return f"examples: {examples}, solutions: {len(places) - examples}"
