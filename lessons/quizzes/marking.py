"""Marking of answers: what was given to a question, and whether it is right. Nothing here reads or writes.

A question is its snapshot as `lessons.quizzes.asking` makes it. What is given is a text, the id of an option
or the number of a line, or a list of ids; None stands for no answer.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from lessons.quizzes import patterns

type Question = dict[str, Any]
type Given = str | int | list[str] | None

MOST_CHARACTERS = 2000
"""Of a given text; the rest is cut."""
_QUOTES = dict.fromkeys(map(ord, '"`´‘’‚“”„«»'), "'")  # noqa: RUF001 - told apart here to be one


def field_name(question_id: str) -> str:
    """The name of a question's field in a form; an item to order adds its id after a dot."""
    return f"answer-{question_id}"


def read_given(question: Question, posted: Mapping[str, Sequence[str]]) -> Given:
    """Return the answer to a question in the fields of a form, or None if there is none that fits."""
    name = field_name(question["id"])
    values = posted.get(name, ())
    match question["kind"]:
        case "choice":
            return next((value for value in values if value in option_ids(question)), None)
        case "multiple":
            return [option for option in option_ids(question) if option in values] or None
        case "ordering":
            return _read_order(question, name, posted)
        case "line":
            return _read_line(question, values)
        case _:
            text = values[0].replace("\r\n", "\n").replace("\x00", "")[:MOST_CHARACTERS] if values else ""
            return text if text.strip() else None


def is_right(question: Question, given: Given) -> bool:
    """Whether an answer is right. No answer is wrong."""
    match question["kind"]:
        case _ if given is None:
            right = False
        case "choice":
            right = [given] == right_options(question)
        case "multiple":
            right = given == right_options(question)
        case "ordering":
            right = given == right_order(question)
        case "line":
            right = given == question["line"]
        case "prints":
            right = printed_lines(str(given)) == printed_lines(question["answer"])
        case _:
            right = _fits_short(question, str(given))
    return right


def option_ids(question: Question) -> list[str]:
    """The ids of the options in the order in which they are shown."""
    return [option["id"] for option in question["options"]]


def right_options(question: Question) -> list[str]:
    """The ids of the right options in the order in which they are shown."""
    return [option["id"] for option in question["options"] if option["is_right"]]


def right_order(question: Question) -> list[str]:
    """The ids of the items in the right order."""
    return [item["id"] for item in question["items"]]


def printed_lines(text: str) -> list[str]:
    """The lines of an output without what can't be seen: spaces at line ends, blank lines at the edges."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n").split("\n")


def first_difference(question: Question, given: str) -> int:
    """The number of the first line of a given output that isn't what is printed."""
    wanted, lines = printed_lines(question["answer"]), printed_lines(given)
    same = (left == right for left, right in zip(wanted, lines, strict=False))
    return next(
        (number for number, equal in enumerate(same, start=1) if not equal), 1 + min(len(wanted), len(lines))
    )


def plain(text: str) -> str:
    """Return a short answer without what doesn't matter: case, quotes, spaces and a full stop at the end."""
    folded = " ".join(unicodedata.normalize("NFKC", text.translate(_QUOTES)).casefold().split())
    return folded.strip("' ").rstrip(". ").strip("' ") or folded


def _fits_short(question: Question, given: str) -> bool:
    if question["is_pattern"]:
        return any(patterns.matches(pattern, given) for pattern in question["answers"])
    return plain(given) in {plain(answer) for answer in question["answers"]}


def _read_line(question: Question, values: Sequence[str]) -> int | None:
    count = question["code"][0]["code"].count("\n") + 1
    numbers = {str(number): number for number in range(1, count + 1)}
    return numbers.get(values[0]) if values else None


def _read_order(question: Question, name: str, posted: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Return the ids by their given places, or None unless every place is taken once."""
    places = {item: posted.get(f"{name}.{item}", [""])[0] for item in question["shown"]}
    if sorted(places.values()) != sorted(str(place) for place in range(1, len(places) + 1)):
        return None
    return sorted(places, key=lambda item: int(places[item]))
