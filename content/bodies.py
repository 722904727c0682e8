"""The body of a file: blocks in order, each with a kind, an id for life and a value.

Values are plain texts, numbers, lists and mappings; a picture is the path of its file. No Django
model is touched here. `content.directives` knows what stands between `:::` and `:::`.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from content.errors import CourseFileError
from courses.markdown import fence_after

ID = re.compile(r"[a-z0-9-]{1,64}")
START = "start"
"""What stands before the first block of a file without a lead paragraph."""

_PASSAGE = re.compile(r"## +(?P<title>.*?)(?: +\{#(?P<id>[^{}]*)\})? *")
_DIRECTIVE = re.compile(r"::: *(?P<kind>[a-z]+)(?: +\{#(?P<id>[^{}]*)\})?(?: +(?P<rest>.*?))? *")
_MARKER = re.compile(r"<!-- *\{#(?P<id>[^{}]*)\} *--> *")


@dataclass(frozen=True)
class Block:
    """One block as the file has it."""

    kind: str
    id: str
    value: Any
    line: int = field(default=0, compare=False)


@dataclass
class Lines:
    """A body that is read line by line, and knows where in the file it is."""

    path: str
    rows: list[str]
    first: int
    position: int = 0
    opened: int = 0
    """The line on which the block that is being read starts."""

    @property
    def number(self) -> int:
        """The line number in the file of the row that is read next."""
        return self.first + self.position

    @property
    def more(self) -> bool:
        """Whether a row is left."""
        return self.position < len(self.rows)

    def peek(self) -> str:
        """Return the next row without taking it."""
        return self.rows[self.position]

    def take(self) -> str:
        """Return the next row and move on."""
        self.position += 1
        return self.rows[self.position - 1]

    def take_while(self, wanted: Callable[[str], bool]) -> list[str]:
        """Return the rows up to the first unwanted one; rows inside a code fence are always wanted."""
        taken: list[str] = []
        fence, opened = "", 0
        while self.more and (fence or wanted(self.peek())):
            before, fence = fence, fence_after(self.peek(), fence)
            opened = self.number if fence and not before else opened
            taken.append(self.take())
        if fence:
            raise CourseFileError(self.path, opened, f"This code is not closed. End it with {fence}.")
        return taken

    def skip_blank(self) -> None:
        """Move to the next row that says something."""
        while self.more and not self.peek().strip():
            self.position += 1

    def fail(self, message: str, line: int | None = None) -> CourseFileError:
        """Return the error for a line, by default the one that was just taken."""
        return CourseFileError(self.path, self.number - 1 if line is None else line, message)


@dataclass(frozen=True)
class Directive:
    """How one kind of `:::` block is read and written; `heading` is what follows the id."""

    parse: Callable[[Lines, str], Any]
    write: Callable[[Any], tuple[str, list[str]]]


def parse_body(
    text: str, *, path: str, first_line: int, kinds: Collection[str], directives: dict[str, Directive],
    has_lead: bool = False,
) -> tuple[str, list[Block]]:  # fmt: skip
    """Return the lead paragraph (empty unless the file has one) and the blocks of a body."""
    lines = Lines(path, text.split("\n"), first_line)
    lead = ""
    lines.skip_blank()
    if has_lead and lines.more and not _is_structure(lines.peek()):
        lead = _prose(lines)
    blocks: list[Block] = []
    seen: dict[str, int] = {}
    lines.skip_blank()
    while lines.more:
        block = _next_block(lines, blocks[-1] if blocks else None, directives)
        if not kinds:
            raise lines.fail("This kind of file has no body. Everything stands in its head.", block.line)
        if block.kind not in kinds:
            raise lines.fail(f"A {block.kind} can't stand in this file. Use {', '.join(kinds)}.", block.line)
        if not ID.fullmatch(block.id):
            raise lines.fail(f"“{block.id}” can't be an id. Use 1 to 64 of a-z, 0-9 and hyphen.", block.line)
        if block.id in seen:
            raise lines.fail(
                f"The id {block.id} is already on line {seen[block.id]}. Give this block another.",
                block.line,
            )
        seen[block.id] = block.line
        blocks.append(block)
        lines.skip_blank()
    return lead, blocks


def write_body(lead: str | None, blocks: Iterable[Block], directives: dict[str, Directive]) -> str:
    """Return the text of a body, the exact opposite of `parse_body`; a lead of None means none by kind."""
    chunks = [lead] if lead else []
    before: Block | None = None
    for block in blocks:
        if block.kind == "passage":
            chunks.append(f"## {block.value} {{#{block.id}}}")
        elif block.kind == "prose":
            named = not (before and before.kind == "prose") and block.id == _prose_id(before)
            if named and not (before is None and lead is not None):
                chunks.append(block.value)
            else:
                chunks.append(f"<!-- {{#{block.id}}} -->\n{block.value}")
        else:
            heading, rows = directives[block.kind].write(block.value)
            opening = f"::: {block.kind} {{#{block.id}}} {heading}".rstrip()
            chunks.append("\n".join([opening, *rows, ":::"]))
        before = block
    return "\n\n".join(chunks) + "\n" if chunks else ""


def _is_structure(row: str) -> bool:
    return row.startswith(("# ", "## ", ":::", "<!--"))


def _prose(lines: Lines) -> str:
    rows = lines.take_while(lambda row: not _is_structure(row))
    while rows and not rows[-1].strip():
        rows.pop()
    return "\n".join(rows)


def _prose_id(before: Block | None) -> str:
    """Return the id of a prose block that has none of its own."""
    return f"{before.id[:59] if before else START}-text"


def _next_block(lines: Lines, before: Block | None, directives: dict[str, Directive]) -> Block:
    number, row = lines.number, lines.peek()
    lines.opened = number
    if not _is_structure(row):
        return Block("prose", _prose_id(before), _prose(lines), number)
    lines.take()
    if row.startswith("# "):
        raise lines.fail("The title stands in the head. Write “## Title {#id}” for a passage.")
    if row.startswith("## "):
        found = _PASSAGE.fullmatch(row)
        if not found or found["id"] is None or not found["title"]:
            raise lines.fail("Give the passage a title and an id: “## Title {#title}”.")
        return Block("passage", found["id"], found["title"], number)
    if row.startswith("<!--"):
        return _marked_prose(lines, row, number)
    found = _DIRECTIVE.fullmatch(row)
    if not found or found["kind"] not in directives:
        known = ", ".join(f"::: {kind}" for kind in directives) or "none"
        raise lines.fail(f"“{row}” opens nothing. The blocks here are: {known}.")
    if found["id"] is None:
        raise lines.fail(f"Give the block an id: “::: {found['kind']} {{#name}}”.")
    value = directives[found["kind"]].parse(lines, found["rest"] or "")
    return Block(found["kind"], found["id"], value, number)


def _marked_prose(lines: Lines, row: str, number: int) -> Block:
    found = _MARKER.fullmatch(row)
    if not found:
        raise lines.fail("Comments are not kept. Only “<!-- {#id} -->” may stand above a text.")
    lines.skip_blank()
    if not lines.more or _is_structure(lines.peek()):
        raise lines.fail("No text follows this line. Write one or remove the line.", number)
    return Block("prose", found["id"], _prose(lines), number)
