"""What stands between `:::` and `:::`, one pair of functions for each kind."""

import re
from typing import Any

from content.bodies import Directive, Lines
from courses.markdown import fence_after
from lessons.highlight import LANGUAGES, match_numbers

CALLOUT_KINDS = ("note", "do", "warning")
SIDES = ("django", "flask")

_IMAGE = re.compile(r"!\[(?P<alt>.*)\]\((?P<file>images/[A-Za-z0-9_./-]+)\) *")
_FILE = re.compile(r"(?P<fence>`{3,})(?P<language>[^\s`]+)(?: +(?P<name>.*?))? *")
_NUMBERED = re.compile(r"(?P<number>\d{1,4})\. (?P<text>.*)")
_STEP = re.compile(r"\d{1,4}\. \*\*(?P<title>(?:\\.|[^\\*])+)\*\*(?: (?P<text>.*))?")
_LOOKS_LIKE_MARK = re.compile(r"\\*(?=:::|```)")


def _closes(row: str) -> bool:
    return row.rstrip() == ":::"


def _expect_close(lines: Lines) -> None:
    """Take the closing line and any blank ones before it."""
    lines.skip_blank()
    if not lines.more:
        raise lines.fail("This block is not closed. End it with a line “:::”.", lines.opened)
    if not _closes(lines.take()):
        raise lines.fail(f"“{lines.rows[lines.position - 1][:40]}” was not expected here; “:::” was.")


def _guarded(text: str) -> str:
    """Return a line of text that can't be taken for a fence or the end of the block."""
    return f"\\{text}" if text.startswith((":::", "```")) or _escapes(text) else text


def _unguarded(text: str) -> str:
    return text[1:] if _escapes(text) else text


def _escapes(text: str) -> bool:
    found = _LOOKS_LIKE_MARK.match(text)
    return bool(found and found.group())


def _caption(lines: Lines) -> str:
    """Take an optional line of text."""
    lines.skip_blank()
    if lines.more and not _closes(lines.peek()):
        return _unguarded(lines.take().strip())
    return ""


# Callout ---------------------------------------------------------------------------------------


def parse_callout(lines: Lines, heading: str) -> dict[str, Any]:
    """Read a note: its kind stands beside the id, its text is Markdown."""
    if heading not in CALLOUT_KINDS:
        raise lines.fail(f"A callout is one of {', '.join(CALLOUT_KINDS)}: “::: callout {{#id}} note”.")
    rows = lines.take_while(lambda row: not row.startswith(":::"))
    while rows and not rows[-1].strip():
        rows.pop()
    while rows and not rows[0].strip():
        rows.pop(0)
    if not rows:
        raise lines.fail("This callout says nothing. Write its text.", lines.opened)
    _expect_close(lines)
    return {"kind": heading, "text": "\n".join(rows)}


def write_callout(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    return value["kind"], value["text"].split("\n")


# Figure ----------------------------------------------------------------------------------------


def parse_figure(lines: Lines, heading: str) -> dict[str, Any]:
    """Read a picture: text alternative and file, then an optional caption."""
    lines.skip_blank()
    found = _IMAGE.fullmatch(lines.take()) if lines.more else None
    if not found:
        raise lines.fail("A figure starts with “![what it shows](images/name.svg)”.")
    value = {"image": found["file"], "alt": found["alt"].strip(), "caption": _caption(lines)}
    _expect_close(lines)
    return value


def write_figure(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    rows = [f"![{value['alt']}]({value['image']})"]
    return "", rows + ([_guarded(value["caption"])] if value["caption"] else [])


# Code ------------------------------------------------------------------------------------------


def _files(lines: Lines) -> list[dict[str, str]]:
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


def _file_rows(file: dict[str, str]) -> list[str]:
    longest = max(map(len, re.findall("`{3,}", file["code"])), default=2)
    fence = "`" * (longest + 1)
    opening = f"{fence}{file['language']} {file['name']}".rstrip()
    return [opening, *(file["code"].split("\n") if file["code"] else []), fence]


def parse_code(lines: Lines, heading: str) -> dict[str, Any]:
    """Read one or several files and an optional caption."""
    value = {"files": _files(lines), "caption": _caption(lines)}
    if not value["files"]:
        raise lines.fail("A code block holds at least one fenced file.", lines.opened)
    _expect_close(lines)
    return value


def write_code(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    rows = [row for file in value["files"] for row in _file_rows(file)]
    return "", rows + ([_guarded(value["caption"])] if value["caption"] else [])


# Django and Flask ------------------------------------------------------------------------------


def parse_parallel(lines: Lines, heading: str) -> dict[str, Any]:
    """Read both panes and what their matched lines have in common."""
    value: dict[str, Any] = {}
    for side in SIDES:
        lines.skip_blank()
        if not lines.more or lines.take().rstrip() != f"@{side}":
            raise lines.fail(f"“@{side}” was expected here, then its fenced files.")
        value[side] = _files(lines)
        if not value[side]:
            raise lines.fail(f"@{side} has no fenced file.")
    value["matches"] = []
    lines.skip_blank()
    if lines.more and lines.peek().rstrip() == "@matches":
        lines.take()
        lines.skip_blank()
        while lines.more and (found := _NUMBERED.fullmatch(lines.peek())):
            value["matches"].append({"number": int(found["number"]), "text": found["text"].strip()})
            lines.take()
            lines.skip_blank()
    _expect_close(lines)
    _check_partners(lines, value)
    return value


def _check_partners(lines: Lines, value: dict[str, Any]) -> None:
    django, flask = (match_numbers([file["code"] for file in value[side]]) for side in SIDES)
    for number in sorted(django ^ flask):
        there, missing = ("Django", "Flask") if number in django else ("Flask", "Django")
        raise lines.fail(
            f"Number {number} is marked in {there} only. End a line of the {missing} code with “#={number}”.",
            lines.opened,
        )


def write_parallel(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    rows = []
    for side in SIDES:
        rows += [f"@{side}", *(row for file in value[side] for row in _file_rows(file))]
    if value["matches"]:
        rows += ["@matches", *(f"{match['number']}. {match['text']}" for match in value["matches"])]
    return "", rows


# Facing lists and steps ------------------------------------------------------------------------


def parse_facing(lines: Lines, heading: str) -> dict[str, Any]:
    """Read two titled lists."""
    value: dict[str, Any] = {}
    for side in ("left", "right"):
        lines.skip_blank()
        row = lines.take() if lines.more else ""
        if not row.startswith(f"@{side} ") or not row[len(side) + 2 :].strip():
            raise lines.fail(f"“@{side} Title” was expected here, then “- ” lines.")
        value[f"{side}_title"] = row[len(side) + 2 :].strip()
        value[side] = []
        lines.skip_blank()
        while lines.more and lines.peek().startswith("- "):
            value[side].append(lines.take()[2:].strip())
            lines.skip_blank()
    _expect_close(lines)
    return value


def write_facing(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    rows = []
    for side in ("left", "right"):
        rows += [f"@{side} {value[f'{side}_title']}", *(f"- {text}" for text in value[side])]
    return "", rows


def parse_steps(lines: Lines, heading: str) -> dict[str, Any]:
    """Read a numbered list; each step has a bold title, and text that may go on indented below."""
    if not heading:
        raise lines.fail("Steps have a title: “::: steps {#id} From lesson to job”.")
    steps: list[dict[str, str]] = []
    lines.skip_blank()
    while lines.more and (found := _STEP.fullmatch(lines.peek())):
        lines.take()
        texts = [found["text"] or ""]
        while lines.more and (not lines.peek().strip() or lines.peek().startswith("   ")):
            texts.append(lines.take().removeprefix("   "))
        title = re.sub(r"\\(.)", r"\1", found["title"])
        steps.append({"title": title, "text": "\n".join(texts).strip()})
    _expect_close(lines)
    return {"title": heading, "steps": steps}


def write_steps(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    rows = []
    for number, step in enumerate(value["steps"], start=1):
        title = re.sub(r"([\\*])", r"\\\1", step["title"])
        first, *more = step["text"].split("\n")
        rows.append(f"{number}. **{title}** {first}".rstrip())
        rows += [f"   {text}" if text else "" for text in more]
    return value["title"], rows


LESSON_DIRECTIVES = {
    "callout": Directive(parse_callout, write_callout),
    "figure": Directive(parse_figure, write_figure),
    "code": Directive(parse_code, write_code),
    "parallel": Directive(parse_parallel, write_parallel),
}
PAGE_DIRECTIVES = {
    "facing": Directive(parse_facing, write_facing),
    "steps": Directive(parse_steps, write_steps),
}
