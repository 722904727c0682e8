"""Exercises: what to do, the files of each framework, the checks and the hints."""

import ast
from typing import Any

from content.bodies import Lines
from content.directives.code import file_rows, rows_of, some_files
from content.directives.rows import (
    NUMBERED,
    expect_close,
    indented,
    indented_rows,
    part,
    part_rows,
    took,
)
from lessons.blocks.exercise import FRAMEWORKS

_TRACKS = {f"@{name}": name for name, _label in FRAMEWORKS}
_ORDER = (
    "the parts are @milestone, @statement, a framework with its solution (@flask, @flask solution), @checks, "
    "@hidden, @hints, @optional and “:::”, in this order"
)


def parse_exercise(lines: Lines, heading: str) -> dict[str, Any]:
    """Read an exercise; its title stands beside the id."""
    if not heading:
        raise lines.fail("An exercise has a title: “::: exercise {#id} Say hello”.")
    value: dict[str, Any] = {"title": heading, "milestone": took(lines, "@milestone")}
    _expect(lines, "@statement", "then what there is to do")
    value["statement"] = part(lines)
    if not value["statement"]:
        raise lines.fail("The statement says nothing. Write what there is to do.")
    value["tracks"] = _tracks(lines)
    _expect(lines, "@checks", "then one “```python” with functions named test_…")
    value["checks"] = _checks(lines, "@checks")
    value["hidden_checks"] = _checks(lines, "@hidden") if took(lines, "@hidden") else ""
    value["hints"] = _hints(lines) if took(lines, "@hints") else []
    value["required"] = not took(lines, "@optional")
    expect_close(lines, _ORDER)
    return value


def write_exercise(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    rows = ["@milestone"] if value["milestone"] else []
    rows += ["@statement", *part_rows(value["statement"])]
    for track in value["tracks"]:
        mark = f"@{track['framework']}"
        rows += [mark, *rows_of(track["starter"]), f"{mark} solution", *rows_of(track["solution"])]
    rows += ["@checks", *_check_rows(value["checks"])]
    if value["hidden_checks"]:
        rows += ["@hidden", *_check_rows(value["hidden_checks"])]
    if value["hints"]:
        rows.append("@hints")
    for number, hint in enumerate(value["hints"], start=1):
        first, *more = hint.split("\n")
        rows += [f"{number}. {first}", *indented_rows(more)]
    return value["title"], rows if value["required"] else [*rows, "@optional"]


def _expect(lines: Lines, mark: str, then: str) -> None:
    if not took(lines, mark):
        line = lines.number if lines.more else lines.opened
        raise lines.fail(f"“{mark}” was expected here, {then}.", line)


def _tracks(lines: Lines) -> list[dict[str, Any]]:
    tracks = []
    while lines.more and (framework := _TRACKS.get(lines.peek().rstrip())):
        mark = lines.take().rstrip()
        starter = some_files(lines, mark)
        _expect(lines, f"{mark} solution", "then the files that differ from the starter files")
        solution = some_files(lines, f"{mark} solution")
        tracks.append({"framework": framework, "starter": starter, "solution": solution})
    if not tracks:
        line = lines.number if lines.more else lines.opened
        raise lines.fail(f"One of {', '.join(_TRACKS)} was expected here, then the starter files.", line)
    return tracks


def _checks(lines: Lines, mark: str) -> str:
    """Take one Python file without a name; an error in its syntax is reported at its own line."""
    lines.skip_blank()
    opened = lines.number
    first, *more = some_files(lines, mark)
    if more or first["language"] != "python" or first["name"]:
        raise lines.fail(f"{mark} holds one “```python” without a file's name.", opened)
    try:
        ast.parse(first["code"])
    except SyntaxError as error:
        line = opened + (error.lineno or 1)
        raise lines.fail(f"This is no Python: {error.msg}. Correct the check.", line) from error
    except (RecursionError, MemoryError) as error:
        raise lines.fail("The checks are nested too deep to be read. Write them simpler.", opened) from error
    return first["code"]


def _check_rows(source: str) -> list[str]:
    return file_rows({"language": "python", "name": "", "code": source})


def _hints(lines: Lines) -> list[str]:
    hints = []
    lines.skip_blank()
    while lines.more and (found := NUMBERED.fullmatch(lines.peek())):
        lines.take()
        hints.append("\n".join([found["text"], *indented(lines)]).strip())
    if not hints:
        raise lines.fail("No hint follows. Write “1. Text”, or remove this line.")
    return hints
