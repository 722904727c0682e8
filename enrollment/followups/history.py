"""What was known about people at a past moment, as far as it was kept; read for many at once.

Addresses, groups and texts are those of today. Nothing is written.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _

from courses import wall_clock
from courses.models import Cohort
from enrollment.followups.candidates import Entry
from enrollment.followups.facts import Facts, Institute
from enrollment.followups.stopping import ends
from enrollment.models import (
    Consent,
    ContactPoint,
    LeadEvent,
    PipelineStage,
    Sequence,
    SequenceRun,
    StageChange,
    WaitingPlace,
)
from lessons.models import Progress
from outbox.models import OptOut, Suppression, address_hash

Why = SequenceRun.Why
Kind = LeadEvent.Kind

WROTE = (Kind.REPLY, Kind.REPEATED, Kind.ANOTHER)
_WHY_SUPPRESSED = {
    Suppression.Reason.UNSUBSCRIBED: Why.UNSUBSCRIBED,
    Suppression.Reason.COMPLAINED: Why.COMPLAINED,
    Suppression.Reason.BOUNCED: Why.BOUNCED,
    Suppression.Reason.ERASED: Why.ERASED,
}


@dataclass(frozen=True)
class End:
    """When a run would have stopped, and why."""

    at: datetime
    why: str
    channel: str = ""
    """Of the only channel that it concerns; empty for all."""


@dataclass(frozen=True)
class Visit:
    """What is kept of one lesson of one learner."""

    path: str
    moments: tuple[datetime, ...]
    done_at: datetime | None


@dataclass
class PastFacts(Facts):
    """The facts of one entry as they were at `at`."""

    visits: Rows[Visit] = ()
    points: Rows[tuple[str, str]] = ()
    """Kinds and values of the ways to reach the person."""
    groups: Rows[Cohort] = ()
    """The groups of the course, by their first day."""
    ends: Rows[End] = ()

    @property
    def has_account(self) -> bool:
        """Whether they had an account by then; one that was never used counts as none."""
        learner = self.learner
        return learner is not None and learner.last_login is not None and learner.date_joined <= self.at

    @property
    def has_done_a_lesson(self) -> bool:
        return any(visit.done_at and visit.done_at <= self.at for visit in self._of_course)

    @property
    def last_active_at(self) -> datetime | None:
        """The last moment that was kept of before then."""
        seen = [moment for visit in self._of_course for moment in visit.moments if moment <= self.at]
        return max(seen, default=None) or (self.enrollment.created_at if self.enrollment else None)

    @property
    def cohort(self) -> Cohort | None:
        if self.enrollment and self.enrollment.cohort:
            return self.enrollment.cohort
        if self.entered_cohort or self.enrollment:
            return self.entered_cohort
        day = wall_clock.local(self.at).date()
        return next((group for group in self.groups if group.starts_on >= day), None)

    def end_by(self, moment: datetime, *, channel: str) -> End | None:
        """Return what had ended the run by a moment, the earliest of all; None if nothing had."""
        found = [end for end in self.ends if end.at <= moment and end.channel in ("", channel)]
        return min(found, key=lambda end: end.at, default=None)

    @property
    def _points(self) -> list[tuple[str, str]]:
        return list(self.points)

    @cached_property
    def _of_course(self) -> list[Visit]:
        path = self.course.path if self.course else ""
        return [visit for visit in self.visits if visit.path.startswith(path)]


def read_past(
    sequence: Sequence, entries: Rows[Entry], *, institute: Institute, learning: bool
) -> list[PastFacts]:
    """Return the facts of each entry at its moment; nine queries, with `learning` two more.

    Without `learning` lessons and groups are left out, for steps that don't ask for them.
    """
    if not entries:
        return []
    people = {entry.lead.person_id for entry in entries}
    points = _points(people)
    visits = _visits(entries) if learning else {}
    groups = _groups(entries) if learning else {}
    past = [
        PastFacts(
            lead=entry.lead,
            enrollment=entry.enrollment,
            entered_cohort=entry.cohort,
            at=entry.at,
            institute=institute,
            points=points[entry.lead.person_id],
        )
        for entry in entries
    ]
    ended = _Ends(sequence, past)
    for facts in past:
        facts.visits = visits.get(facts.learner.pk, ()) if facts.learner else ()
        facts.groups = groups.get(facts.course.pk, ()) if facts.course else ()
        facts.ends = ended.of(facts)
    return past


def _points(people: Iterable[int]) -> defaultdict[int, list[tuple[str, str]]]:
    found: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    points = ContactPoint.objects.filter(person__in=people).order_by("pk")
    for person, kind, value in points.values_list("person", "kind", "value"):
        found[person].append((kind, value))
    return found


def _visits(entries: Rows[Entry]) -> dict[int, list[Visit]]:
    accounts = [entry.enrollment.learner_id if entry.enrollment else _account(entry) for entry in entries]
    found: defaultdict[int, list[Visit]] = defaultdict(list)
    rows = Progress.objects.filter(learner__in=[account for account in accounts if account])
    for learner, path, opened, visited, done in rows.values_list(
        "learner", "lesson__path", "opened_at", "visited_at", "done_at"
    ):
        moments = tuple(moment for moment in (opened, visited, done) if moment)
        found[learner].append(Visit(path, moments, done))
    return found


def _account(entry: Entry) -> int | None:
    return entry.lead.person.user_id


def _groups(entries: Rows[Entry]) -> dict[int, list[Cohort]]:
    found: defaultdict[int, list[Cohort]] = defaultdict(list)
    courses = {entry.lead.course_id for entry in entries if entry.lead.course_id}
    for cohort in Cohort.objects.filter(course__in=courses).order_by("starts_on"):
        found[cohort.course_id].append(cohort)
    return found


class _Ends:
    """What could end the runs of these people, read at once: seven queries."""

    def __init__(self, sequence: Sequence, past: Rows[PastFacts]) -> None:
        self.sequence = sequence
        self.since = min(facts.at for facts in past)
        self.by_person: defaultdict[int, list[End]] = defaultdict(list)
        self.by_lead: defaultdict[int, list[End]] = defaultdict(list)
        self.by_hash: defaultdict[tuple[str, str], list[End]] = defaultdict(list)
        people = {facts.lead.person_id for facts in past}
        self._read_events(people)
        self._read_stages({facts.lead.pk for facts in past})
        self._read_places({facts.lead.pk for facts in past})
        self._read_consents(people)
        self._read_suppressions({hashed for facts in past for _channel, hashed in _hashes(facts)})

    def of(self, facts: PastFacts) -> list[End]:
        """Return what ended the run of one entry, nothing from before it."""
        found = [*self.by_person[facts.lead.person_id], *self.by_lead[facts.lead.pk]]
        found = [end for end in found if end.at > facts.at]
        for hashed in _hashes(facts):
            found += self.by_hash[hashed]
        cohort = facts.entered_cohort or (facts.enrollment.cohort if facts.enrollment else None)
        if cohort and self._counts(Why.COHORT):
            found.append(End(wall_clock.midnight(cohort.starts_on), _said(Why.COHORT)))
        return found

    def _counts(self, why: str) -> bool:
        return ends(self.sequence, why, topic="")

    def _read_events(self, people: Iterable[int]) -> None:
        events = LeadEvent.objects.filter(
            lead__person__in=people, created_at__gt=self.since, kind__in=[*WROTE, Kind.CALL]
        )
        for person, kind, outcome, at in events.values_list("lead__person", "kind", "outcome", "created_at"):
            if kind in WROTE and self._counts(Why.REPLY):
                said = _said(Why.REPLY) if kind == Kind.REPLY else _("they wrote again")
                self.by_person[person].append(End(at, said))
            if kind == Kind.CALL and outcome in LeadEvent.SPOKEN and self._counts(Why.CALL):
                self.by_person[person].append(End(at, _said(Why.CALL)))

    def _read_stages(self, leads: Iterable[int]) -> None:
        moves = StageChange.objects.filter(
            lead__in=leads, after__key__in=PipelineStage.ENDED, created_at__gt=self.since
        )
        for lead, after, at in moves.values_list("lead", "after", "created_at"):
            why = Why.ENROLLED if after == PipelineStage.ENROLLED else Why.CLOSED
            if self._counts(why):
                self.by_lead[lead].append(End(at, _said(why)))

    def _read_places(self, leads: Iterable[int]) -> None:
        places = WaitingPlace.objects.filter(lead__in=leads, joined_at__gt=self.since)
        if self._counts(Why.WAITS):
            for lead, at in places.values_list("lead", "joined_at"):
                self.by_lead[lead].append(End(at, _said(Why.WAITS)))

    def _read_consents(self, people: Iterable[int]) -> None:
        purpose = {Sequence.Basis.NEWS: Consent.Purpose.NEWS, Sequence.Basis.ANSWER: Consent.Purpose.ENQUIRY}
        refused = Consent.objects.filter(
            person__in=people,
            purpose=purpose.get(Sequence.Basis(self.sequence.basis), ""),
            granted=False,
            created_at__gt=self.since,
        )
        for person, at in refused.values_list("person", "created_at"):
            self.by_person[person].append(End(at, _said(Why.CONSENT)))

    def _read_suppressions(self, hashes: Iterable[str]) -> None:
        for channel, hashed, reason, at in Suppression.objects.filter(address_hash__in=hashes).values_list(
            "channel", "address_hash", "reason", "created_at"
        ):
            is_dead = reason == Suppression.Reason.BOUNCED
            why = _WHY_SUPPRESSED[Suppression.Reason(reason)]
            self.by_hash[channel, hashed].append(End(at, _said(why), channel=channel if is_dead else ""))
        opted = OptOut.objects.filter(address_hash__in=hashes, topic=self.sequence.basis)
        for channel, hashed, at in opted.values_list("channel", "address_hash", "created_at"):
            self.by_hash[channel, hashed].append(End(at, _said(Why.UNSUBSCRIBED)))


def _hashes(facts: PastFacts) -> set[tuple[str, str]]:
    """Return channels with the hashes of all addresses of a person: who stops one stops them all."""
    return {(channel, address_hash(value)) for channel, value in facts.addresses()}


def _said(why: str) -> str:
    words = str(Why(why).label)
    return words[:1].lower() + words[1:]
