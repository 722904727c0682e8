"""Quizzes: how they are taken, then one question after the other."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from content.bodies import ID, Block, Lines
from content.directives.code import file_rows, files_of, rows_of
from content.directives.rows import (
    NUMBERED,
    expect_close,
    guarded,
    named_blocks,
    text_of,
    took,
    unguarded,
)

_DEFAULTS = {"pass": 60, "attempts": 0, "minutes": 0, "draw": 0}
_NAMES = {"pass": "pass_mark"}
_MODE = re.compile(r"@(?P<mode>practice|assessed)(?P<settings>(?: +[a-z]+=\d{1,4})*) *")
_QUESTION = re.compile(r"@(?P<kind>[a-z]+)(?: +\{#(?P<id>[^{}]*)\})?(?: +(?P<rest>.*?))? *")
_OPTION = re.compile(r"- \[(?P<right>[ x])\] (?P<text>.*)")


def parse_quiz(lines: Lines, heading: str) -> dict[str, Any]:
    """Read a quiz; its title stands beside the id. Its questions are blocks with ids for life."""
    if not heading:
        raise lines.fail("A quiz has a title: “::: quiz {#id} Check yourself”.")
    value = {"title": heading, **_settings(lines), "required": not took(lines, "@optional")}
    questions = named_blocks(lines, _question)
    if not questions:
        raise lines.fail("A quiz holds at least one question, such as “@choice {#first}”.", lines.opened)
    expect_close(lines)
    return value | {"questions": questions}


def write_quiz(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    settings = [
        f" {word}={value[_NAMES.get(word, word)]}"
        for word, default in _DEFAULTS.items()
        if value[_NAMES.get(word, word)] != default
    ]
    rows = []
    if settings or value["mode"] != "practice":
        rows.append(f"@{value['mode']}{''.join(settings)}")
    if not value["required"]:
        rows.append("@optional")
    for question in value["questions"]:
        kind = _KINDS[question.kind]
        pattern = " pattern" if question.value.get("is_pattern") else ""
        rows.append(f"@{question.kind} {{#{question.id}}}{pattern}")
        rows += [guarded(row, kind.marks) for row in question.value["text"].split("\n")]
        rows += [*rows_of(question.value["code"]), *kind.write(question.value)]
    return value["title"], rows


def _settings(lines: Lines) -> dict[str, Any]:
    """Take the optional line that says how the quiz is taken."""
    lines.skip_blank()
    mode, given = "practice", dict[str, str]()
    if lines.more and lines.peek().startswith(("@practice", "@assessed")):
        found = _MODE.fullmatch(lines.take())
        if found:
            mode, given = found["mode"], dict(pair.split("=") for pair in found["settings"].split())
        if not found or not set(given) <= set(_DEFAULTS):
            example = " ".join(f"{word}={number}" for word, number in _DEFAULTS.items())
            raise lines.fail(f"Write “@practice” or “@assessed”, then what differs from {example}.")
    numbers = {_NAMES.get(word, word): int(given.get(word, default)) for word, default in _DEFAULTS.items()}
    return {"mode": mode, **numbers}


def _question(lines: Lines) -> Block:
    number, row = lines.number, lines.take()
    found = _QUESTION.fullmatch(row)
    if not found or found["kind"] not in _KINDS:
        known = ", ".join(f"@{kind}" for kind in _KINDS)
        raise lines.fail(
            f"“{row[:40]}” was not expected here; “:::” was, or a question: {known}. "
            "Text of a question that looks like this starts with a backslash."
        )
    name, kind = found["kind"], _KINDS[found["kind"]]
    if not ID.fullmatch(found["id"] or ""):
        raise lines.fail(f"Give the question an id of a-z, 0-9 and hyphen: “@{name} {{#first}}”.")
    is_pattern = name == "short" and found["rest"] == "pattern"
    if found["rest"] and not is_pattern:
        raise lines.fail(f"“{found['rest']}” is not known here. Put the question on the next line.")
    text = _text(lines, kind.marks)
    if not text:
        raise lines.fail(f"Ask something below @{name}.", number)
    files = files_of(lines)
    answers = kind.parse(lines, files) | ({"is_pattern": is_pattern} if name == "short" else {})
    if len(files) > 1:
        raise lines.fail("A question shows one file of code at most. Remove the others.", number)
    return Block(name, found["id"], {"text": text, "code": files, **answers}, number)


def _text(lines: Lines, marks: re.Pattern[str]) -> str:
    """Take the rows up to the first mark; even code fences inside the text start with a backslash."""
    rows = []
    while lines.more and (lines.peek().startswith("\\") or not marks.match(lines.peek())):
        rows.append(unguarded(lines.take(), marks))
    return text_of(rows)


def _reason(lines: Lines) -> str:
    lines.skip_blank()
    if not lines.more or not lines.peek().startswith("! ") or not lines.peek()[2:].strip():
        line = lines.number if lines.more else lines.opened
        raise lines.fail("The reason was expected here: “! Because …”.", line)
    return lines.take()[2:].strip()


def _entries(lines: Lines, expected: str) -> list[str]:
    """Take the rows that start with “= ”."""
    entries = []
    lines.skip_blank()
    while lines.more and lines.peek().startswith("= "):
        entries.append(lines.take()[2:].strip())
        lines.skip_blank()
    if not entries:
        line = lines.number if lines.more else lines.opened
        raise lines.fail(f"{expected} was expected here.", line)
    return entries


def _parse_options(lines: Lines, files: list[dict[str, str]]) -> dict[str, Any]:
    options = []
    lines.skip_blank()
    while lines.more and (found := _OPTION.fullmatch(lines.peek())):
        lines.take()
        if not lines.more or not lines.peek().startswith("  ") or not lines.peek().strip():
            raise lines.fail("Say below this answer, indented by two spaces, why it is right or wrong.")
        why = lines.take().strip()
        options.append({"text": found["text"].strip(), "is_right": found["right"] == "x", "why": why})
        lines.skip_blank()
    if not options:
        line = lines.number if lines.more else lines.opened
        raise lines.fail("Answers were expected here: “- [x] right” or “- [ ] wrong”.", line)
    return {"options": options}


def _option_rows(value: dict[str, Any]) -> list[str]:
    rows = []
    for option in value["options"]:
        rows += [f"- [{'x' if option['is_right'] else ' '}] {option['text']}", f"  {option['why']}"]
    return rows


def _parse_short(lines: Lines, files: list[dict[str, str]]) -> dict[str, Any]:
    return {"answers": _entries(lines, "An accepted answer, “= text”,"), "why": _reason(lines)}


def _short_rows(value: dict[str, Any]) -> list[str]:
    return [*(f"= {answer}" for answer in value["answers"]), f"! {value['why']}"]


def _parse_prints(lines: Lines, files: list[dict[str, str]]) -> dict[str, Any]:
    if len(files) < 2 or (files[-1]["language"], files[-1]["name"]) != ("text", ""):
        raise lines.fail("This question needs its code, then what is printed in a “```text” without a name.")
    return {"answer": files.pop()["code"], "why": _reason(lines)}


def _prints_rows(value: dict[str, Any]) -> list[str]:
    return [*file_rows({"language": "text", "name": "", "code": value["answer"]}), f"! {value['why']}"]


def _parse_ordering(lines: Lines, files: list[dict[str, str]]) -> dict[str, Any]:
    items = []
    lines.skip_blank()
    while lines.more and (found := NUMBERED.fullmatch(lines.peek())):
        items.append(found["text"].strip())
        lines.take()
        lines.skip_blank()
    if not items:
        line = lines.number if lines.more else lines.opened
        raise lines.fail("The items were expected here in the right order: “1. first”.", line)
    return {"items": items, "why": _reason(lines)}


def _ordering_rows(value: dict[str, Any]) -> list[str]:
    return [*(f"{place}. {item}" for place, item in enumerate(value["items"], 1)), f"! {value['why']}"]


def _parse_line(lines: Lines, files: list[dict[str, str]]) -> dict[str, Any]:
    numbers = _entries(lines, "The number of the line, “= 3”,")
    if len(numbers) > 1 or not re.fullmatch(r"[0-9]{1,3}", numbers[0]):
        raise lines.fail("Give the number of one line: “= 3”.")
    return {"line": int(numbers[0]), "why": _reason(lines)}


def _line_rows(value: dict[str, Any]) -> list[str]:
    return [f"= {value['line']}", f"! {value['why']}"]


@dataclass(frozen=True)
class _Kind:
    """How the answers of one kind of question are read and written.

    `mark` is how the row starts at which the question's text ends; `parse` takes from the files
    those that belong to the answer.
    """

    mark: str
    parse: Callable[[Lines, list[dict[str, str]]], dict[str, Any]]
    write: Callable[[dict[str, Any]], list[str]]

    @property
    def marks(self) -> re.Pattern[str]:
        return re.compile(rf"\\*(?:@|:::|```|{self.mark})")


_OPTIONS = r"- \[[ x]\] "
_KINDS = {
    "choice": _Kind(_OPTIONS, _parse_options, _option_rows),
    "multiple": _Kind(_OPTIONS, _parse_options, _option_rows),
    "short": _Kind("[=!] ", _parse_short, _short_rows),
    "prints": _Kind("! ", _parse_prints, _prints_rows),
    "ordering": _Kind(r"\d{1,4}\. |! ", _parse_ordering, _ordering_rows),
    "line": _Kind("[=!] ", _parse_line, _line_rows),
}
