"""The dry run: who would have got what and when in a past month, had a sequence been on. Writes nothing."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses import wall_clock
from enrollment.followups.candidates import Entry, candidates
from enrollment.followups.conditions import first_unmet
from enrollment.followups.facts import Institute
from enrollment.followups.history import PastFacts, read_past
from enrollment.followups.hours import allowed_from, keeps_working_days
from enrollment.followups.timing import due
from enrollment.models import Lead, Sequence, Step

MOST = 2000
"""A month with more entries is rehearsed as far as this."""
SEATS = "seats_left"


class Outcome(TextChoices):
    """What would have become of a step."""

    SENT = "sent", gettext_lazy("would have left")
    LEFT_OUT = "left-out", gettext_lazy("left out")
    STOPPED = "stopped", gettext_lazy("stopped before")
    NOT_KNOWN = "not-known", gettext_lazy("not known")
    TO_COME = "to-come", gettext_lazy("still to come")


@dataclass(frozen=True)
class Tried:
    """One step for one lead."""

    number: int
    step: Step
    at: datetime | None
    """When it would have left; None for one that was stopped before its time was known."""
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True)
class Rehearsed:
    """One lead that would have entered."""

    lead: Lead
    entry: Entry
    steps: tuple[Tried, ...]
    ended_at: datetime


@dataclass(frozen=True)
class Rehearsal:
    """A whole month."""

    entries: list[Rehearsed]
    is_cut: bool
    """Whether there were more than MOST."""

    @property
    def counts(self) -> Counter[Outcome]:
        """How many steps came to which outcome."""
        return Counter(tried.outcome for row in self.entries for tried in row.steps)

    @property
    def per_day(self) -> Counter[date]:
        """How many messages would have left on which day."""
        moments = (tried.at for row in self.entries for tried in row.steps if tried.outcome == Outcome.SENT)
        return Counter(wall_clock.local(moment).date() for moment in moments if moment)


def month_bounds(month: date) -> tuple[datetime, datetime]:
    """Return the first moment of a month and of the one after it."""
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return wall_clock.midnight(month.replace(day=1)), wall_clock.midnight(following)


def rehearse(sequence: Sequence, *, month: date) -> Rehearsal:
    """Return what the sequence as it is now would have sent to those who entered in a month.

    About fifteen queries, whoever entered; the trigger's own come in portions of 500.
    """
    since, until = month_bounds(month)
    found = list(islice(candidates(sequence, since=since, until=until), MOST + 1))
    steps = list(sequence.steps.select_related("text").order_by("sort_order", "pk"))
    institute = Institute()
    learning = any(step.conditions for step in steps)
    past = read_past(sequence, found[:MOST], institute=institute, learning=learning)
    plan = _Plan(steps, institute=institute, now=timezone.now())
    rows: list[Rehearsed] = []
    busy: dict[int, datetime] = {}
    for entry, facts in zip(found, past, strict=False):
        if busy.get(entry.lead.pk, since) > entry.at:
            continue
        row = plan.rehearsed(entry, facts)
        busy[entry.lead.pk] = row.ended_at
        rows.append(row)
    return Rehearsal(rows, is_cut=len(found) > MOST)


class _Plan:
    """The steps, gone through for one lead after the other."""

    def __init__(self, steps: list[Step], *, institute: Institute, now: datetime) -> None:
        self.steps = steps
        self.institute = institute
        self.now = now
        self.answerable = {step.pk: _without_seats(step) for step in steps}

    def rehearsed(self, entry: Entry, facts: PastFacts) -> Rehearsed:
        tried: list[Tried] = []
        moment = entry.at
        for number, step in enumerate(self.steps, 1):
            at = self._leaves_at(step, moment, facts)
            if end := facts.end_by(at, channel=step.channel):
                why = _("%(why)s on %(day)s") % {"why": end.why, "day": _day(end.at)}
                rest = enumerate(self.steps[number - 1 :], number)
                tried += [Tried(each, later, None, Outcome.STOPPED, why) for each, later in rest]
                return Rehearsed(entry.lead, entry, tuple(tried), max(end.at, entry.at))
            tried.append(self._tried(number, step, at, facts))
            moment = at
        return Rehearsed(entry.lead, entry, tuple(tried), moment)

    def _leaves_at(self, step: Step, moment: datetime, facts: PastFacts) -> datetime:
        at = due(step, moment, calendar=self.institute.calendar)
        return allowed_from(
            at,
            person=facts.lead.person,
            channel=step.channel,
            institute=self.institute.settings,
            calendar=self.institute.calendar,
            on_working_days=keeps_working_days(step),
        )

    def _tried(self, number: int, step: Step, at: datetime, facts: PastFacts) -> Tried:
        if at > self.now:
            return Tried(number, step, at, Outcome.TO_COME)
        if not facts.address(step.channel):
            return Tried(number, step, at, Outcome.LEFT_OUT, _("there is no address for it"))
        answerable = self.answerable[step.pk]
        if step.conditions and (unmet := first_unmet(answerable, replace(facts, at=at))):
            return Tried(number, step, at, Outcome.LEFT_OUT, unmet)
        if answerable is not step:
            why = _("how many seats were left then isn't kept")
            return Tried(number, step, at, Outcome.NOT_KNOWN, why)
        return Tried(number, step, at, Outcome.SENT)


def _without_seats(step: Step) -> Step:
    """Return the step with the conditions that the past can answer; itself if those are all."""
    kept = [(block.block_type, block.value) for block in step.conditions if block.block_type != SEATS]
    return step if len(kept) == len(step.conditions) else Step(conditions=kept)


def _day(moment: datetime) -> str:
    return date_format(wall_clock.local(moment), "j M")
