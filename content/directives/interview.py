"""Interview questions: question, model answer and why it is asked, one after the other."""

import re
from typing import Any

from content.bodies import ID, Block, Lines
from content.directives.rows import expect_close, named_blocks, part, part_rows

_QUESTION = re.compile(r"@question +\{#(?P<id>[^{}]*)\} +(?P<text>.*\S) *")
_WHY = re.compile(r"@why +(?P<text>.*\S) *")


def parse_interview(lines: Lines, heading: str) -> dict[str, Any]:
    """Read the questions of a subject, which stands beside the id."""
    if not heading:
        raise lines.fail("Interview questions have a title: “::: interview {#id} Databases”.")
    questions = named_blocks(lines, _question)
    if not questions:
        raise lines.fail("Ask at least one question: “@question {#first} What is …?”.", lines.opened)
    expect_close(lines)
    return {"title": heading, "questions": questions}


def write_interview(value: dict[str, Any]) -> tuple[str, list[str]]:
    """Return heading and rows."""
    rows = []
    for question in value["questions"]:
        said = question.value
        rows += [
            f"@question {{#{question.id}}} {said['text']}",
            *part_rows(said["answer"]),
            f"@why {said['why']}",
        ]
    return value["title"], rows


def _question(lines: Lines) -> Block:
    number, row = lines.number, lines.take()
    found = _QUESTION.fullmatch(row)
    if not found or not ID.fullmatch(found["id"]):
        raise lines.fail("“@question {#name} What is …?” was expected here, or “:::”.", number)
    answer = part(lines)
    if not answer:
        raise lines.fail("Write the model answer below the question.", number)
    why = _WHY.fullmatch(lines.take()) if lines.more else None
    if not why:
        raise lines.fail("“@why …” was expected here: why interviewers ask this, in one line.")
    return Block(
        "question", found["id"], {"text": found["text"], "answer": answer, "why": why["text"]}, number
    )
