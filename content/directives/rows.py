"""Reading and writing the rows inside a block: where a part ends, and text that only looks like its end."""

import re
from collections.abc import Callable, Iterable

from content.bodies import Block, Lines
from courses.markdown import fence_after

NUMBERED = re.compile(r"(?P<number>\d{1,4})\. (?P<text>.*)")
CAPTION_MARKS = re.compile(r"\\*(?:@|:::|```)")
PART_MARKS = re.compile(r"\\*@")


def closes(row: str) -> bool:
    """Whether a row ends the block."""
    return row.rstrip() == ":::"


def expect_close(lines: Lines, expected: str = "“:::” was") -> None:
    """Take the closing line and any blank ones before it; `expected` ends the message about another."""
    lines.skip_blank()
    if not lines.more:
        raise lines.fail("This block is not closed. End it with a line “:::”.", lines.opened)
    if not closes(lines.take()):
        raise lines.fail(f"“{lines.rows[lines.position - 1][:40]}” was not expected here; {expected}.")


def named_blocks(lines: Lines, read: Callable[[Lines], Block]) -> list[Block]:
    """Take the questions of a block up to its closing line; each has an id of its own."""
    blocks: list[Block] = []
    lines.skip_blank()
    while lines.more and not closes(lines.peek()):
        block = read(lines)
        for other in blocks:
            if other.id == block.id:
                raise lines.fail(
                    f"The id {block.id} is already on line {other.line}. Give this question another.",
                    block.line,
                )
        blocks.append(block)
        lines.skip_blank()
    return blocks


def took(lines: Lines, mark: str) -> bool:
    """Take the next row that says something if it is this mark; whether it was."""
    lines.skip_blank()
    found = lines.more and lines.peek().rstrip() == mark
    if found:
        lines.take()
    return found


def guarded(row: str, marks: re.Pattern[str]) -> str:
    """Return a row of text that can't be taken for one of the marks; the pattern starts with `\\\\*`."""
    return f"\\{row}" if marks.match(row) else row


def unguarded(row: str, marks: re.Pattern[str]) -> str:
    """Return the row of text that was guarded."""
    return row[1:] if row.startswith("\\") and marks.match(row) else row


def caption(lines: Lines) -> str:
    """Take an optional line of text."""
    lines.skip_blank()
    if lines.more and not closes(lines.peek()):
        return unguarded(lines.take().strip(), CAPTION_MARKS)
    return ""


def caption_rows(text: str) -> list[str]:
    """Return the rows of an optional line of text."""
    return [guarded(text, CAPTION_MARKS)] if text else []


def part(lines: Lines) -> str:
    """Take Markdown up to the next row that starts with `@` or `:::`."""
    rows = lines.take_while(lambda row: not row.startswith(("@", ":::")))
    return text_of(_outside_code(rows, lambda row: unguarded(row, PART_MARKS)))


def part_rows(text: str) -> list[str]:
    """Return the rows of Markdown that `part` takes."""
    return _outside_code(text.split("\n"), lambda row: guarded(row, PART_MARKS))


def text_of(rows: list[str]) -> str:
    """Return rows as one text without the blank ones at its edges."""
    while rows and not rows[-1].strip():
        rows.pop()
    while rows and not rows[0].strip():
        rows.pop(0)
    return "\n".join(rows)


def indented(lines: Lines) -> list[str]:
    """Take the rows that go on with an entry of a numbered list, without their three spaces."""
    rows = []
    while lines.more and (not lines.peek().strip() or lines.peek().startswith("   ")):
        rows.append(lines.take().removeprefix("   "))
    return rows


def indented_rows(rows: Iterable[str]) -> list[str]:
    """Return rows that go on with an entry of a numbered list."""
    return [f"   {row}" if row else "" for row in rows]


def _outside_code(rows: Iterable[str], change: Callable[[str], str]) -> list[str]:
    """Return the rows, with those changed that aren't inside a code fence."""
    fence, changed = "", []
    for row in rows:
        before, fence = fence, fence_after(row, fence)
        changed.append(row if before or fence else change(row))
    return changed
