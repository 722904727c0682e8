"""Whether the conditions of a step hold. Facts are read only for conditions that a step has."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from enrollment.followups.facts import Facts
from enrollment.models import Step


def first_unmet(step: Step, facts: Facts) -> str:
    """Return in words why the first condition that fails doesn't hold; empty when all hold.

    A fact that isn't there, such as a group, fails its condition. No query for a step without conditions.
    """
    for block in step.conditions:
        holds, words = _CONDITIONS[block.block_type](facts, block.value)
        if not holds:
            return words
    return ""


def _account_made(facts: Facts, _value: Any) -> tuple[bool, str]:
    return facts.has_account, _("they have no account yet")


def _no_account(facts: Facts, _value: Any) -> tuple[bool, str]:
    return not facts.has_account, _("they have made their account")


def _first_lesson_done(facts: Facts, _value: Any) -> tuple[bool, str]:
    return facts.has_done_a_lesson, _("they have done no lesson yet")


def _no_lesson_done(facts: Facts, _value: Any) -> tuple[bool, str]:
    return not facts.has_done_a_lesson, _("they have done a lesson")


def _inactive_for(facts: Facts, days: int) -> tuple[bool, str]:
    inactive = facts.days_inactive
    if inactive is None:
        return False, _("they have no lessons to be in")
    return inactive >= days, _("they were in a lesson within %(days)d days") % {"days": days}


def _cohort_starts_in(facts: Facts, days: int) -> tuple[bool, str]:
    left = facts.days_to_start
    return left is not None and 0 <= left <= days, _("no group of theirs starts within %(days)d days") % {
        "days": days
    }


def _seats_left(facts: Facts, seats: int) -> tuple[bool, str]:
    return facts.cohort is not None and facts.cohort.seats_left <= seats, _(
        "no group of theirs has %(seats)d seats or fewer left"
    ) % {"seats": seats}


_CONDITIONS: dict[str, Callable[[Facts, Any], tuple[bool, str]]] = {
    "account_made": _account_made,
    "no_account": _no_account,
    "first_lesson_done": _first_lesson_done,
    "no_lesson_done": _no_lesson_done,
    "inactive_for": _inactive_for,
    "cohort_starts_in": _cohort_starts_in,
    "seats_left": _seats_left,
}
