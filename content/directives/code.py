"""Fenced files, and the two blocks that show them: code on its own, and Django beside Flask."""

import re
from typing import Any

from content.bodies import Lines
from content.directives.rows import NUMBERED, caption, caption_rows, closes, expect_close, took
from courses.markdown import fence_after
from lessons.blocks.running import METHODS, RUN_CHOICES
from lessons.highlight import LANGUAGES, match_numbers

SIDES = ("django", "flask")
CODE_RUN, PARALLEL_RUN = "none", "app"
"""How a block runs that doesn't say so beside its id."""

_RUNS = [name for name, _label in RUN_CHOICES]
_FILE = re.compile(r"(?P<fence>`{3,})(?P<language>[^\s`]+)(?: +(?P<name>.*?))? *")
_REQUEST = re.compile(rf"(?P<method>{'|'.join(dict(METHODS))}) +(?P<path>/\S*)(?: +(?P<body>.*?))? *")


def files_of(lines: Lines) -> list[dict[str, str]]:
    """Take the fenced files that follow each other."""
    files = []
    lines.skip_blank()
    while lines.more and lines.peek().startswith("```"):
        opened = lines.number
        found = _FILE.fullmatch(lines.take())
        if not found:
            raise lines.fail("Write the language and the file's name after the fence: “```python urls.py”.")
        if found["language"] not in dict(LANGUAGES):
            known = ", ".join(dict(LANGUAGES))
            raise lines.fail(f"The language “{found['language']}” is not one of {known}.")
        rows = []
        while lines.more and fence_after(lines.peek(), found["fence"]):
            rows.append(lines.take())
        if not lines.more:
            raise lines.fail(f"This code is not closed. End it with {found['fence']}.", opened)
        lines.take()
        files.append({"name": found["name"] or "", "language": found["language"], "code": "\n".join(rows)})
        lines.skip_blank()
    return files


def some_files(lines: Lines, mark: str) -> list[dict[str, str]]:
    """Take the fenced files below a mark; there must be one at least."""
    opened = lines.number - 1
    files = files_of(lines)
    if not files:
        raise lines.fail(f"{mark} has no fenced file.", opened)
    return files


def file_rows(file: dict[str, str]) -> list[str]:
    """Return the rows of one file, in a fence that is longer than any inside it."""
    longest = max(map(len, re.findall("`{3,}", file["code"])), default=2)
    fence = "`" * (longest + 1)
    opening = f"{fence}{file['language']} {file['name']}".rstrip()
    return [opening, *(file["code"].split("\n") if file["code"] else []), fence]


def rows_of(files: list[dict[str, str]]) -> list[str]:
    """Return the rows of files that follow each other."""
    return [row for file in files for row in file_rows(file)]


def parse_code(lines: Lines, heading: str) -> dict[str, Any]:
    """Read one or several files, an optional caption and requests to try."""
    run = _run(lines, heading, CODE_RUN)
    value: dict[str, Any] = {"files": files_of(lines), "caption": "", "run": run, "requests": []}
    if not value["files"]:
        raise lines.fail("A code block holds at least one fenced file.", lines.opened)
    if not (asked := took(lines, "@requests")):
        value["caption"] = caption(lines)
    if asked or took(lines, "@requests"):
        value["requests"] = _requests(lines)
    expect_close(lines)
    return value


def write_code(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    rows = [*rows_of(value["files"]), *caption_rows(value["caption"]), *_request_rows(value["requests"])]
    return _run_word(value["run"], CODE_RUN), rows


def parse_parallel(lines: Lines, heading: str) -> dict[str, Any]:
    """Read both panes, what their matched lines have in common, and requests to try."""
    run = _run(lines, heading, PARALLEL_RUN)
    value: dict[str, Any] = {}
    for side in SIDES:
        if not took(lines, f"@{side}"):
            line = lines.number if lines.more else lines.opened
            raise lines.fail(f"“@{side}” was expected here, then its fenced files.", line)
        value[side] = some_files(lines, f"@{side}")
    value |= {"matches": [], "run": run, "requests": []}
    if took(lines, "@matches"):
        value["matches"] = _matches(lines)
    if took(lines, "@requests"):
        value["requests"] = _requests(lines)
    expect_close(lines, "the parts are @django, @flask, @matches, @requests and “:::”, in this order")
    _check_partners(lines, value)
    return value


def write_parallel(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    rows = []
    for side in SIDES:
        rows += [f"@{side}", *rows_of(value[side])]
    if value["matches"]:
        rows += ["@matches", *(f"{match['number']}. {match['text']}" for match in value["matches"])]
    return _run_word(value["run"], PARALLEL_RUN), [*rows, *_request_rows(value["requests"])]


def _run(lines: Lines, heading: str, default: str) -> str:
    if heading and heading not in _RUNS:
        raise lines.fail(f"“{heading}” is not one of {', '.join(_RUNS)}: “::: code {{#id}} script”.")
    return heading or default


def _run_word(run: str, default: str) -> str:
    return "" if run == default else run


def _matches(lines: Lines) -> list[dict[str, Any]]:
    matches = []
    lines.skip_blank()
    while lines.more and (found := NUMBERED.fullmatch(lines.peek())):
        matches.append({"number": int(found["number"]), "text": found["text"].strip()})
        lines.take()
        lines.skip_blank()
    return matches


def _requests(lines: Lines) -> list[dict[str, str]]:
    requests = []
    lines.skip_blank()
    while lines.more and not closes(lines.peek()):
        found = _REQUEST.fullmatch(lines.take())
        if not found:
            raise lines.fail(
                "This is no request. Write “GET /jobs/” or “POST /jobs/ title=Tester”, one a line; "
                "they stand last in the block."
            )
        requests.append({name: found[name] or "" for name in ("method", "path", "body")})
        lines.skip_blank()
    if not requests:
        raise lines.fail("No request follows. Write one, such as “GET /jobs/”, or remove this line.")
    return requests


def _request_rows(requests: list[dict[str, str]]) -> list[str]:
    rows = [f"{request['method']} {request['path']} {request['body']}".rstrip() for request in requests]
    return ["@requests", *rows] if rows else []


def _check_partners(lines: Lines, value: dict[str, Any]) -> None:
    django, flask = (match_numbers([file["code"] for file in value[side]]) for side in SIDES)
    for number in sorted(django ^ flask):
        there, missing = ("Django", "Flask") if number in django else ("Flask", "Django")
        raise lines.fail(
            f"Number {number} is marked in {there} only. End a line of the {missing} code with “#={number}”.",
            lines.opened,
        )
