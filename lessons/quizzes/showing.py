"""A quiz as its page shows it. The only way from a snapshot to a template."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.blocks import StructValue

from lessons.models import Attempt
from lessons.quizzes.asking import ask
from lessons.quizzes.telling import QuestionShown, empty_notice, tell

type Reader = Literal["learner", "visitor", "onlooker"]
"""Who reads: somebody whose work is kept in an account or in a session, or who can't answer here."""


@dataclass
class Sheet:
    """A quiz as one person sees it. `state` is preview, login, offer, open or decided."""

    block_id: str
    title: str
    state: str
    is_assessed: bool
    facts: list[str]
    questions: list[QuestionShown]
    key: UUID
    attempt: Attempt | None = None
    result: str = ""
    result_note: str = ""
    may_start: bool = False
    has_clock: bool = False
    seconds_left: int | None = None

    @property
    def dom_id(self) -> str:
        """The id of its element."""
        return f"quiz-{self.block_id}"

    @property
    def closes_at(self) -> datetime | None:
        """When the time of an open attempt is over."""
        return self.attempt.due_at if self.attempt and self.state == "open" else None


def show(
    quiz: StructValue,
    *,
    block_id: str,
    attempt: Attempt | None,
    reader: Reader,
    fresh: str = "",
    empty: str = "",
) -> Sheet:
    """Return a quiz as its reader may see it; no query. The attempt comes from `lessons.lesson_work`.

    `fresh` is the id of the question that this request has marked, `empty` of one that was sent unanswered.
    """
    key = attempt.key if attempt and attempt.state == Attempt.State.OPEN else uuid4()
    asked = attempt.asked if attempt else ask(quiz, block_id=block_id, key=key)
    is_assessed = asked["mode"] == "assessed"
    allowed = quiz["attempts"] if is_assessed else 0
    spent = getattr(attempt, "spent", 0)
    left = max(0, allowed - spent) if allowed else None
    state = _state(attempt, reader, is_assessed=is_assessed)
    sheet = Sheet(
        block_id=block_id,
        title=quiz["title"],
        state=state,
        is_assessed=is_assessed,
        facts=_facts(asked, number=spent if state == "open" else None, left=left, allowed=allowed),
        questions=[],
        key=key,
        attempt=attempt,
        has_clock=is_assessed and bool(asked["minutes"]),
    )
    if state in {"preview", "open", "decided"}:
        is_over = state == "decided" and attempt is not None and (left == 0 or attempt.score == 100)
        sheet.questions = [
            tell(question, number, dom_id=sheet.dom_id, attempt=attempt, state=state, tells_all=is_over)
            for number, question in enumerate(asked["questions"], start=1)
        ]
    for question in sheet.questions:
        question.is_fresh = question.id in {fresh, empty}
        if question.id == empty and question.is_open:
            question.notice = empty_notice(question.kind)
    if attempt and state == "decided":
        sheet.may_start = not is_assessed or (left != 0 and attempt.score != 100)
        sheet.result, sheet.result_note = _result(attempt, is_assessed=is_assessed)
    if attempt and attempt.due_at and state == "open":
        sheet.seconds_left = max(0, round((attempt.due_at - timezone.now()).total_seconds()))
    return sheet


def _state(attempt: Attempt | None, reader: Reader, *, is_assessed: bool) -> str:
    if reader == "onlooker":
        return "preview"
    if attempt:
        return "open" if attempt.state == Attempt.State.OPEN else "decided"
    if not is_assessed:
        return "open"
    return "offer" if reader == "learner" else "login"


def _facts(asked: dict[str, Any], *, number: int | None, left: int | None, allowed: int) -> list[str]:
    """What a learner should know before they start, and the number of the attempt once they have."""
    count = len(asked["questions"])
    facts = [ngettext("%(count)s question", "%(count)s questions", count) % {"count": count}]
    if asked["mode"] == "practice":
        return [*facts, _("for practice")]
    if minutes := asked["minutes"]:
        facts.append(ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes})
    facts.append(_("pass mark %(mark)s\N{NO-BREAK SPACE}%%") % {"mark": asked["pass_mark"]})
    if left is not None and number:
        facts.append(_("attempt %(number)s of %(allowed)s") % {"number": number, "allowed": allowed})
    elif left is not None:
        facts.append(ngettext("%(left)s attempt left", "%(left)s attempts left", left) % {"left": left})
    return facts


def _result(attempt: Attempt, *, is_assessed: bool) -> tuple[str, str]:
    """The result in words, and what it means."""
    counts = attempt.result
    if not is_assessed:
        return _("%(first)s of %(of)s at first try") % counts, ""
    text = _("%(right)s of %(of)s right, %(score)s\N{NO-BREAK SPACE}%%") % (counts | {"score": attempt.score})
    mark = {"mark": attempt.asked["pass_mark"]}
    if attempt.state == Attempt.State.PASSED:
        note = _("Passed. The pass mark is %(mark)s\N{NO-BREAK SPACE}%%.") % mark
    else:
        note = _("Not passed yet. The pass mark is %(mark)s\N{NO-BREAK SPACE}%%.") % mark
    best = getattr(attempt, "best", None)
    if best is not None and best > (attempt.score or 0):
        note += " " + _("Your best attempt reached %(best)s\N{NO-BREAK SPACE}%%.") % {"best": best}
    return text, note
