"""What a quiz asks of one person: the questions drawn, and the order in which answers are offered.

A snapshot holds keys and reasons. It stays on the server; pages show what `lessons.quizzes.showing` lets out.
"""

from random import Random
from typing import Any
from uuid import UUID

from django.utils.crypto import salted_hmac
from wagtail.blocks import StreamValue, StructValue

from lessons.quizzes.marking import Question

_SALT = "lessons.quizzes"


def ask(quiz: StructValue, *, block_id: str, key: UUID) -> dict[str, Any]:
    """Return the snapshot of a quiz for one attempt.

    The attempt's key decides what is drawn and how it is shuffled, in a way that nobody outside can foresee;
    so a page can show a quiz before there is a row, and the row asks what the page showed.
    """
    chance = Random(salted_hmac(_SALT, f"{block_id} {key}", algorithm="sha256").digest())  # noqa: S311 - seeded with a secret
    children = list(quiz["questions"])
    if quiz["draw"]:
        drawn = set(chance.sample(range(len(children)), min(quiz["draw"], len(children))))
        children = [child for number, child in enumerate(children) if number in drawn]
    settings = ("title", "mode", "pass_mark", "attempts", "minutes", "draw")
    questions = [_question(child, block_id=block_id, chance=chance) for child in children]
    return {name: quiz[name] for name in settings} | {"questions": questions}


def _question(child: StreamValue.StreamChild, *, block_id: str, chance: Random) -> Question:
    value = child.value
    question: Question = {
        "id": str(child.id),
        "kind": child.block_type,
        "text": value["text"],
        "code": [{name: file[name] for name in ("name", "language", "code")} for file in value["code"]],
    }
    where = f"{block_id} {child.id}"
    match child.block_type:
        case "choice" | "multiple":
            question["options"] = [
                {"id": _token(where, number, option["text"]), **_plain_option(option)}
                for number, option in enumerate(value["options"])
            ]
            chance.shuffle(question["options"])
        case "ordering":
            question["items"] = [
                {"id": _token(where, number, text), "text": text}
                for number, text in enumerate(value["items"])
            ]
            question["shown"] = _mixed([item["id"] for item in question["items"]], chance)
        case "line":
            question["line"] = value["line"]
        case "prints":
            question["answer"] = value["answer"]
        case "short":
            question["answers"] = list(value["answers"])
            question["is_pattern"] = value["is_pattern"]
    if "why" in value:
        question["why"] = value["why"]
    return question


def _plain_option(option: StructValue) -> dict[str, Any]:
    return {name: option[name] for name in ("text", "is_right", "why")}


def _mixed(ids: list[str], chance: Random) -> list[str]:
    """Return the ids in another order, if there is one."""
    mixed = ids.copy()
    chance.shuffle(mixed)
    return mixed if mixed != ids else mixed[1:] + mixed[:1]


def _token(where: str, number: int, text: str) -> str:
    """Return the id of an option: the same in every attempt, and silent about where the author wrote it."""
    return salted_hmac(_SALT, f"{where} {number} {text}", algorithm="sha256").hexdigest()[:12]
