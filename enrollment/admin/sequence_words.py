"""A sequence in words and as a line of moments: who enters, what is sent when, and what stops it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from enrollment.models import Sequence, Step

Trigger = Sequence.Trigger

FIELDS_OF = {
    Trigger.ENQUIRY: ("interest", "course", "source"),
    Trigger.STAGE: ("stage", "interest", "course", "source"),
    Trigger.WAITING: ("interest", "course", "source"),
    Trigger.ENROLLED: ("course",),
    Trigger.INACTIVE: ("days", "course"),
    Trigger.COHORT: ("days", "course"),
}
"""Which fields of “who enters” count for a trigger; the others are emptied when it is saved."""

STOPS = {
    "stop_on_reply": gettext_lazy("they answer"),
    "stop_on_call": gettext_lazy("a call reaches them"),
    "stop_on_enrolment": gettext_lazy("they are enrolled"),
    "stop_on_closing": gettext_lazy("the lead is closed"),
    "stop_on_cohort_start": gettext_lazy("their cohort has started"),
}


def who_enters(sequence: Sequence) -> str:
    """Return who enters, as a sentence without its stop; no query when course and stage are loaded."""
    asked = ", ".join(filter(None, _narrowed(sequence)))
    return f"{_beginning(sequence)}: {asked}" if asked else _beginning(sequence)


def _beginning(sequence: Sequence) -> str:
    days = sequence.days or 0
    if sequence.trigger == Trigger.STAGE and sequence.stage:
        return _("A lead comes into the stage “%(stage)s”") % {"stage": sequence.stage}
    if sequence.trigger == Trigger.INACTIVE:
        return ngettext(
            "A learner takes no lesson for %(days)d day",
            "A learner takes no lesson for %(days)d days",
            days,
        ) % {"days": days}
    if sequence.trigger == Trigger.COHORT:
        return ngettext(
            "%(days)d day before a learner's cohort starts",
            "%(days)d days before a learner's cohort starts",
            days,
        ) % {"days": days}
    return sequence.get_trigger_display()


def _narrowed(sequence: Sequence) -> Iterable[str]:
    counts = FIELDS_OF[Trigger(sequence.trigger)]
    if "interest" in counts and sequence.interest:
        yield sequence.get_interest_display().lower()
    if "course" in counts and sequence.course:
        yield sequence.course.title
    if "source" in counts and sequence.source:
        yield sequence.get_source_display().lower()


def what_stops(sequence: Sequence) -> str:
    """Return what stops a run besides what always does, as part of a sentence; "" if nothing."""
    chosen = [str(words) for name, words in STOPS.items() if getattr(sequence, name)]
    if len(chosen) < 2:
        return "".join(chosen)
    return _("%(some)s or %(last)s") % {"some": ", ".join(chosen[:-1]), "last": chosen[-1]}


def wait_in_words(step: Step) -> str:
    """Return how long a step waits, such as "+1 working day", or "At once"."""
    count = step.delay
    if not count:
        return _("At once")
    words = {
        Step.Unit.HOURS: ngettext("+%(count)d hour", "+%(count)d hours", count),
        Step.Unit.WORKING_HOURS: ngettext("+%(count)d working hour", "+%(count)d working hours", count),
        Step.Unit.DAYS: ngettext("+%(count)d day", "+%(count)d days", count),
        Step.Unit.WORKING_DAYS: ngettext("+%(count)d working day", "+%(count)d working days", count),
    }
    return words[Step.Unit(step.unit)] % {"count": count}


CONDITIONS = {
    "account_made": gettext_lazy("they have made their account"),
    "no_account": gettext_lazy("they have no account yet"),
    "first_lesson_done": gettext_lazy("they have done a first lesson"),
    "no_lesson_done": gettext_lazy("they have done no lesson yet"),
    "inactive_for": gettext_lazy("they took no lesson for %(number)s days"),
    "cohort_starts_in": gettext_lazy("their cohort starts within %(number)s days"),
    "seats_left": gettext_lazy("at most %(number)s seats are left"),
}


def conditions_in_words(step: Step) -> list[str]:
    """Return each condition as part of a sentence."""
    return [CONDITIONS[block.block_type] % {"number": block.value} for block in step.conditions]


@dataclass(frozen=True)
class Moment:
    """One point of the line: a step, when it is, and on what it depends."""

    step: Step
    wait: str
    conditions: list[str]


def moments(steps: Iterable[Step]) -> list[Moment]:
    """Return the line of these steps; no query when their texts are loaded."""
    return [Moment(step, wait_in_words(step), conditions_in_words(step)) for step in steps]
