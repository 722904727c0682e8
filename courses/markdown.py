"""Markdown as authors write it, rendered to HTML that is safe to put on a page."""

import re
from collections.abc import Iterator
from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

_ALLOWED_TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "h4", "hr", "kbd", "li", "mark", "ol", "p",
    "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_TABLE_BOX = '<div class="scroll" role="group" tabindex="0" aria-label="{label}">'
"""A wide table scrolls in a box of its own, which the keyboard can reach."""
_CODE_BOX = '<pre role="group" tabindex="0" aria-label="{label}">'
"""So does code."""
_ALLOWED_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}

_FENCE = re.compile(r"(`{3,}|~{3,})(.*)")


def _highlight(state: StateInline, silent: bool) -> bool:
    """Parse ==text== into <mark>; the text may hold other inline Markdown."""
    start = state.pos
    if not state.src.startswith("==", start):
        return False
    end = state.src.find("==", start + 2, state.posMax)
    if end <= start + 2:
        return False
    if not silent:
        state.push("mark_open", "mark", 1)
        outer_end, state.pos, state.posMax = state.posMax, start + 2, end
        state.md.inline.tokenize(state)
        state.posMax = outer_end
        state.push("mark_close", "mark", -1)
    state.pos = end + 2
    return True


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.inline.ruler.before("emphasis", "highlight", _highlight)
    return parser


_MARKDOWN = _parser()


@lru_cache(maxsize=2048)
def render(text: str) -> SafeString:
    """Return the HTML of Markdown text; raw HTML in it is shown, never run."""
    html = nh3.clean(
        _MARKDOWN.render(text),
        tags=_ALLOWED_TAGS,
        attributes=_ALLOWED_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    box = _TABLE_BOX.format(label=gettext("Table"))
    html = html.replace("<table>", f"{box}<table>").replace("</table>", "</table></div>")
    html = html.replace("<pre>", _CODE_BOX.format(label=gettext("Code")))
    return mark_safe(html)  # noqa: S308 - cleaned by nh3 against an allow-list just above


def fence_after(line: str, fence: str) -> str:
    """Return the code fence that is open after this line, given the one before it; "" is none."""
    found = _FENCE.fullmatch(line)
    if not found:
        return fence
    marks, rest = found.groups()
    if not fence:
        return "" if marks[0] == "`" and "`" in rest else marks
    closes = marks[0] == fence[0] and len(marks) >= len(fence) and not rest.strip()
    return "" if closes else fence


def lines_outside_code(text: str) -> Iterator[str]:
    """Yield the lines that aren't inside a fenced code block."""
    fence = ""
    for line in text.split("\n"):
        before, fence = fence, fence_after(line, fence)
        if not before and not fence:
            yield line


def has_open_fence(text: str) -> bool:
    """Whether a fenced code block is still open at the end, so that it would swallow what follows."""
    fence = ""
    for line in text.split("\n"):
        fence = fence_after(line, fence)
    return bool(fence)
