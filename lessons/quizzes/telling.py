"""A question as its reader may see it: what the marks, words and reasons are after a try, and none before."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons import highlight
from lessons.models import Attempt
from lessons.quizzes import marking, sitting
from lessons.quizzes.marking import Given, Question


@dataclass(frozen=True)
class CodeShown:
    """The code of a question."""

    name: str
    lines: tuple[highlight.CodeLine, ...]


@dataclass
class Choice:
    """An option, an item to order or a line: something that can be marked and told about."""

    id: str
    text: str
    is_chosen: bool = False
    mark: str = ""
    """right, wrong or ""."""
    why: str = ""
    is_told: bool = False
    """Whether its reason is what the reader is led to."""
    is_out: bool = False
    """Whether it was tried and can't be right."""


@dataclass
class QuestionShown:
    """A question with what its reader may know of it. `state` is new, wrong, right or shown."""

    id: str
    number: int
    kind: str
    dom_id: str
    field_name: str
    title: str
    rest: str
    code: CodeShown | None
    state: str = "new"
    choices: list[Choice] = field(default_factory=list)
    given: str = ""
    mark: str = ""
    """The mark of the text that was tried."""
    tried: str = ""
    """The text that was marked last."""
    word: str = ""
    notice: str = ""
    reason: str = ""
    answer: str = ""
    """The right text, when it may be known."""
    is_open: bool = True
    may_reveal: bool = False
    is_fresh: bool = False
    """Whether this request changed it: the reader is led to it, and the highlighter draws once."""

    @property
    def code_lines(self) -> list[tuple[highlight.CodeLine, Choice]]:
        """The lines to choose from with their marks."""
        return list(zip(self.code.lines, self.choices, strict=True)) if self.code else []


def tell(
    question: Question,
    number: int,
    *,
    dom_id: str,
    attempt: Attempt | None,
    state: str,
    tells_all: bool,
) -> QuestionShown:
    """Return a question of a quiz that is in this state; `tells_all` lets out what wasn't found too."""
    title, _blank, rest = question["text"].strip().partition("\n\n")
    shown = QuestionShown(
        id=question["id"],
        number=number,
        kind=question["kind"],
        dom_id=f"{dom_id}-{question['id']}",
        field_name=marking.field_name(question["id"]),
        title=title,
        rest=rest,
        code=_code(question),
        is_open=state == "open",
    )
    tries: list[Given] = []
    given: Given = None
    if attempt:
        entry = attempt.answers.get(question["id"], {})
        is_practice = attempt.asked["mode"] == "practice"
        saved = [entry["given"]] if "given" in entry and state == "decided" else []
        tries = entry.get("tries", []) if is_practice else saved
        shown.state = _state(question, attempt, tries, is_over=state == "decided")
        if is_practice:
            shown.is_open = state == "open" and not sitting.is_closed(attempt, question)
            shown.may_reveal = shown.is_open and sitting.may_reveal(attempt, question)
        given = tries[-1] if not shown.is_open and tries else entry.get("given")
    tells = shown.state in {"right", "shown"} or tells_all
    shown.word = _word(question["kind"], shown.state) if tries else ""
    _SHOWERS.get(question["kind"], _show_text)(shown, question, given, tries, tells)
    if tells:
        shown.reason = question.get("why", "")
    if shown.state == "wrong" and not tries:
        shown.notice = _("No answer was given.")
    return shown


def _state(question: Question, attempt: Attempt, tries: list[Given], *, is_over: bool) -> str:
    if attempt.asked["mode"] == "assessed" and not is_over:
        return "new"
    if sitting.is_solved(attempt, question):
        return "right"
    if sitting.was_shown(attempt, question):
        return "shown"
    return "wrong" if tries or is_over else "new"


def _word(kind: str, state: str) -> str:
    """The first word about an answer; about a choice it stands beside the option."""
    if kind == "choice":
        return ""
    if state == "wrong":
        return _("Not this line.") if kind == "line" else _("Not right.")
    return {"right": _("Correct."), "shown": _("The answer.")}[state]


def _show_options(
    shown: QuestionShown, question: Question, given: Given, tries: list[Given], tells: bool
) -> None:
    """Mark what was tried: in a choice every try, of several choices the last one."""
    single = question["kind"] == "choice"
    chosen: Any = [given] if single else (given or [])
    tried: Any = tries if single else (tries[-1] if tries else [])
    last = tries[-1] if tries else None
    for option in question["options"]:
        choice = Choice(option["id"], option["text"], is_chosen=option["id"] in chosen)
        if option["id"] in tried or (tells and option["is_right"]):
            choice.mark = "right" if option["is_right"] else "wrong"
            choice.why = option["why"]
        choice.is_told = single and (option["is_right"] if shown.state == "shown" else choice.id == last)
        choice.is_out = single and choice.mark == "wrong"
        choice.is_chosen = choice.is_chosen and not (choice.is_out and shown.is_open)
        shown.choices.append(choice)
    if not single and shown.state == "wrong" and tries:
        shown.notice = _several_notice(question, tries[-1] or [])


def _several_notice(question: Question, given: Any) -> str:
    right = set(marking.right_options(question))
    if set(given) < right:
        return _("All of these are right, but not all that are right are chosen.")
    if set(given) > right:
        return _("All that are right are chosen, and more than these.")
    return _("Not all that are chosen are right, and not all that are right are chosen.")


def _show_items(
    shown: QuestionShown, question: Question, given: Given, tries: list[Given], tells: bool
) -> None:
    """Show the items in the given order; after a try, which of them stand where they belong."""
    texts = {item["id"]: item["text"] for item in question["items"]}
    right = marking.right_order(question)
    last: Any = tries[-1] if tries else None
    order: Any = right if tells and shown.state != "wrong" else given or question["shown"]
    for place, item in enumerate(order):
        choice = Choice(item, texts[item])
        if last and order == last:
            choice.mark = "right" if right[place] == item else "wrong"
        shown.choices.append(choice)
    if shown.state == "wrong" and last:
        fit = sum(left == item for left, item in zip(right, last, strict=True))
        shown.notice = ngettext(
            "%(fit)s item stands where it belongs.", "%(fit)s items stand where they belong.", fit
        ) % {"fit": fit}
    if tells and shown.state == "wrong":
        shown.answer = "\n".join(texts[item] for item in right)


def _show_lines(
    shown: QuestionShown, question: Question, given: Given, tries: list[Given], tells: bool
) -> None:
    """Strike the lines that were tried, and mark the right one when it may be known."""
    count = len(shown.code.lines) if shown.code else 0
    for number in range(1, count + 1):
        choice = Choice(str(number), "", is_chosen=given == number)
        if number == question["line"] and (tells or number in tries):
            choice.mark = "right"
        elif number in tries:
            choice.mark = "wrong"
            choice.is_out = True
            choice.is_chosen = choice.is_chosen and not shown.is_open
        shown.choices.append(choice)


def _show_text(
    shown: QuestionShown, question: Question, given: Given, tries: list[Given], tells: bool
) -> None:
    """Show the text as it was given; of a wrong output, where it differs first."""
    shown.given = str(given) if given is not None else ""
    if not tries:
        return
    shown.tried = str(tries[-1])
    shown.mark = "right" if shown.state == "right" else "wrong"
    if tells and shown.state != "right":
        shown.answer = question["answer"] if question["kind"] == "prints" else _first_answer(question)
    if question["kind"] == "prints" and shown.state == "wrong":
        number = marking.first_difference(question, str(tries[-1]))
        shown.notice = _("Line %(number)s differs from what is printed.") % {"number": number}


def _first_answer(question: Question) -> str:
    return "" if question["is_pattern"] else question["answers"][0]


_SHOWERS: dict[str, Callable[[QuestionShown, Question, Given, list[Given], bool], None]] = {
    "choice": _show_options,
    "multiple": _show_options,
    "ordering": _show_items,
    "line": _show_lines,
}


def _code(question: Question) -> CodeShown | None:
    if not question["code"]:
        return None
    file = question["code"][0]
    return CodeShown(file["name"], highlight.highlighted_lines(file["code"], file["language"]))


def empty_notice(kind: str) -> str:
    """What a reader is told who sent a question unanswered."""
    return {
        "choice": _("Choose an answer first."),
        "multiple": _("Choose at least one answer first."),
        "ordering": _("Give every item a place of its own."),
        "line": _("Choose a line first."),
    }.get(kind, _("Write an answer first."))
