"""Notes, pictures, facing lists and steps."""

import re
from typing import Any

from content.bodies import Lines
from content.directives.rows import (
    caption,
    caption_rows,
    expect_close,
    indented,
    indented_rows,
    text_of,
)

CALLOUT_KINDS = ("note", "do", "warning")

_IMAGE = re.compile(r"!\[(?P<alt>.*)\]\((?P<file>images/[A-Za-z0-9_./-]+)\) *")
_STEP = re.compile(r"\d{1,4}\. \*\*(?P<title>(?:\\.|[^\\*])+)\*\*(?: (?P<text>.*))?")


def parse_callout(lines: Lines, heading: str) -> dict[str, Any]:
    """Read a note: its kind stands beside the id, its text is Markdown."""
    if heading not in CALLOUT_KINDS:
        raise lines.fail(f"A callout is one of {', '.join(CALLOUT_KINDS)}: “::: callout {{#id}} note”.")
    text = text_of(lines.take_while(lambda row: not row.startswith(":::")))
    if not text:
        raise lines.fail("This callout says nothing. Write its text.", lines.opened)
    expect_close(lines)
    return {"kind": heading, "text": text}


def write_callout(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    return value["kind"], value["text"].split("\n")


def parse_figure(lines: Lines, heading: str) -> dict[str, Any]:
    """Read a picture: text alternative and file, then an optional caption."""
    lines.skip_blank()
    found = _IMAGE.fullmatch(lines.take()) if lines.more else None
    if not found:
        raise lines.fail("A figure starts with “![what it shows](images/name.svg)”.")
    value = {"image": found["file"], "alt": found["alt"].strip(), "caption": caption(lines)}
    expect_close(lines)
    return value


def write_figure(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    return "", [f"![{value['alt']}]({value['image']})", *caption_rows(value["caption"])]


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
    expect_close(lines)
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
        title = re.sub(r"\\(.)", r"\1", found["title"])
        steps.append({"title": title, "text": "\n".join([found["text"] or "", *indented(lines)]).strip()})
    expect_close(lines)
    return {"title": heading, "steps": steps}


def write_steps(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    rows = []
    for number, step in enumerate(value["steps"], start=1):
        title = re.sub(r"([\\*])", r"\\\1", step["title"])
        first, *more = step["text"].split("\n")
        rows += [f"{number}. **{title}** {first}".rstrip(), *indented_rows(more)]
    return value["title"], rows
