"""Code as it is shown: one HTML fragment a line, with the numbers that match lines to each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LANGUAGES = [
    ("python", "Python"),
    ("html+django", "HTML template"),
    ("html", "HTML"),
    ("css", "CSS"),
    ("javascript", "JavaScript"),
    ("json", "JSON"),
    ("yaml", "YAML"),
    ("toml", "TOML"),
    ("sql", "SQL"),
    ("bash", "Shell"),
    ("http", "HTTP"),
    ("docker", "Dockerfile"),
    ("text", "Plain text"),
]

_MATCH_MARK = re.compile(
    r"(?<![ \t])[ \t]*(?:#|//|--|<!--|\{#|/\*)=(\d{1,4})(?:[ \t]*(?:-->|#\}|\*/))?[ \t]*$"
)


@dataclass(frozen=True)
class CodeLine:
    """One displayed line; `match` is the number it shares with its partner, or None."""

    number: int
    html: SafeString
    match: int | None


def split_marks(code: str) -> tuple[str, dict[int, int]]:
    """Return the code without its match marks, and the match number of each marked line."""
    lines, marks = [], {}
    for number, line in enumerate(code.split("\n"), start=1):
        if found := _MATCH_MARK.search(line):
            marks[number] = int(found.group(1))
            line = line[: found.start()]
        lines.append(line)
    return "\n".join(lines), marks


def match_numbers(codes: Sequence[str]) -> set[int]:
    """Return every match number used in these files."""
    return {number for code in codes for number in split_marks(code)[1].values()}


@lru_cache(maxsize=2048)
def highlighted_lines(code: str, language: str) -> tuple[CodeLine, ...]:
    """Return the lines of a file with Pygments' short classes and their match numbers."""
    plain, marks = split_marks(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False, ensurenl=False)
    html = highlight(plain, lexer, HtmlFormatter(nowrap=True))
    rows = _close_spans_at_line_ends(html.removesuffix("\n")).split("\n")
    return tuple(
        CodeLine(number, mark_safe(row), marks.get(number))  # noqa: S308 - Pygments escapes
        for number, row in enumerate(rows, start=1)
    )


def _close_spans_at_line_ends(html: str) -> str:
    """Return HTML in which no <span> crosses a line end, so that lines can stand alone."""
    rows: list[str] = []
    still_open: list[str] = []
    for row in html.split("\n"):
        prefix = "".join(still_open)
        for tag in re.findall(r"<span[^>]*>|</span>", row):
            if tag == "</span>":
                still_open.pop()
            else:
                still_open.append(tag)
        rows.append(prefix + row + "</span>" * len(still_open))
    return "\n".join(rows)
