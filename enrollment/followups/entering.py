"""Who enters a sequence: a sweep lets everybody enter whom something made enter since the last one.

Nothing needs to be told, so nothing is lost, whatever was down meanwhile. What makes somebody enter has one
key, so that looking twice, or in two places at once, makes one run.
"""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import batched

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from courses import wall_clock
from enrollment.desk import lock_lead
from enrollment.followups.candidates import Entry, candidates
from enrollment.followups.facts import Institute, facts_of
from enrollment.followups.planning import note, plan
from enrollment.followups.stopping import ends
from enrollment.models import (
    Enrollment,
    Lead,
    LeadEvent,
    PipelineStage,
    Sequence,
    SequenceRun,
    WaitingPlace,
)

__all__ = ["Entry", "candidates", "enter", "enter_all"]

OVERLAP = timedelta(minutes=10)
"""How long a row may take from its time stamp to its commit without being overlooked."""
CLOCK_WENT_BACK = timedelta(minutes=1)
"""A sweep that was done this far in the future was done by a clock that has been set back since."""
TRIED_FOR = timedelta(days=1)
"""How long a lead that can't enter for a fault of ours is tried again before a person is told."""
BATCH = 500

log = structlog.get_logger(__name__)

Trigger = Sequence.Trigger


def enter_all(*, seconds: float = 40) -> int:
    """Let everybody enter who should since the last sweep; return how many did.

    Stops when the time is up and goes on at the next call: `entered_until` moves behind what is done. Two at
    once do the same work twice and make one run of it.
    """
    deadline = time.monotonic() + seconds
    Sequence.objects.filter(is_on=False, entered_until__isnull=False).update(entered_until=None)
    running = Sequence.objects.running().order_by("entered_until", "pk")
    return sum(_sweep(sequence, deadline=deadline) for sequence in running)


@transaction.atomic
def enter(
    sequence: Sequence, entry: Entry, *, institute: Institute | None = None, actor: User | None = None
) -> SequenceRun | None:
    """Let one lead enter and plan the first message, with a line on the timeline that names the actor.

    None for a lead that has entered by the same happening or is in the sequence, and where what happened
    doesn't hold any more.
    """
    lead = lock_lead(entry.lead)
    if not _fits(sequence, lead) or not _still_holds(sequence, entry) or not _is_free(sequence, lead, entry):
        return None
    run = SequenceRun(
        lead=lead,
        sequence=sequence,
        entry_key=entry.entry_key,
        enrollment=entry.enrollment,
        cohort=entry.cohort,
        entered_at=entry.at,
    )
    facts = facts_of(run, institute=institute)
    if sequence.trigger == Trigger.INACTIVE and facts.next_lesson is None:
        return None
    run.save(force_insert=True)
    text = _("Follow-ups “%(name)s” started by hand") if actor else _("Follow-ups “%(name)s” begin")
    note(run, text % {"name": sequence.name}, actor=actor)
    plan(run, facts=facts)
    return run


def _sweep(sequence: Sequence, *, deadline: float) -> int:
    now = timezone.now()
    since = _looked_until(sequence, now)
    if since is None:
        return 0
    institute, count, done_until = Institute(), 0, now
    for entry in _new_ones(sequence, candidates(sequence, since=since, until=now)):
        if time.monotonic() >= deadline:
            done_until = min(done_until, entry.at)
            break
        try:
            count += enter(sequence, entry, institute=institute) is not None
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # what is wrong with one lead keeps nobody else out
            log.exception("lead_not_entered", sequence=sequence.pk, lead=entry.lead.pk)
            if now - entry.at < TRIED_FOR:
                done_until = min(done_until, entry.at)
            else:
                _tell_the_desk(sequence, entry)
    _move_on(sequence, done_until - OVERLAP)
    return count


def _looked_until(sequence: Sequence, now: datetime) -> datetime | None:
    """Return since when to look, at the latest; None for a sequence that has just been switched on."""
    since = sequence.entered_until
    if since is None:
        Sequence.objects.filter(pk=sequence.pk, entered_until=None).update(entered_until=now)
        return None
    if since > now + CLOCK_WENT_BACK:
        since = now - OVERLAP
        Sequence.objects.filter(pk=sequence.pk).update(entered_until=since)
    if sequence.trigger == Trigger.COHORT:
        since = max(since, now - timedelta(days=(sequence.days or 0) + 1))
    return since


def _move_on(sequence: Sequence, until: datetime) -> None:
    """Remember until when everything is done.

    Not for groups that start: who changes into one late must still be found, and they are few.
    """
    if sequence.trigger != Trigger.COHORT:
        Sequence.objects.filter(pk=sequence.pk, entered_until__lt=until).update(entered_until=until)


def _new_ones(sequence: Sequence, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Leave out who entered by the same happening, is in the sequence or doesn't fit; two queries a batch."""
    for batch in batched(entries, BATCH):
        runs = SequenceRun.objects.order_by()
        entered = runs.filter(entry_key__in=[entry.entry_key for entry in batch])
        known = set(entered.values_list("entry_key", flat=True))
        inside = runs.active().filter(sequence=sequence, lead__in=[entry.lead.pk for entry in batch])
        busy = set(inside.values_list("lead", flat=True))
        for entry in batch:
            if entry.entry_key not in known and entry.lead.pk not in busy and _fits(sequence, entry.lead):
                yield entry


def _tell_the_desk(sequence: Sequence, entry: Entry) -> None:
    """Say once on the timeline of a lead that could not enter that a person has to act."""
    text = _("Follow-ups “%(name)s” could not begin. Start them by hand, or write yourself.")
    line = {"lead": entry.lead, "kind": LeadEvent.Kind.FOLLOWUP, "text": text % {"name": sequence.name}}
    if not LeadEvent.objects.filter(**line).exists():
        LeadEvent.objects.create(**line)


def _fits(sequence: Sequence, lead: Lead) -> bool:
    """Whether the lead is worked and in a stage for which the sequence is; no query."""
    if lead.set_aside or (sequence.stage_id and lead.stage_id != sequence.stage_id):
        return False
    for_ended = sequence.trigger in Sequence.LEARNING or sequence.stage_id in PipelineStage.ENDED
    return for_ended or lead.stage_id not in PipelineStage.ENDED


def _still_holds(sequence: Sequence, entry: Entry) -> bool:
    """Whether the person still waits, or still has the place and the group; one query at most.

    What doesn't go on for who is enrolled doesn't begin for who waits for a seat.
    """
    if ends(sequence, SequenceRun.Why.WAITS, topic=""):
        return not WaitingPlace.objects.open().filter(lead=entry.lead).exists()
    if sequence.trigger == Trigger.WAITING:
        return WaitingPlace.objects.open().filter(lead=entry.lead, cohort=entry.cohort).exists()
    if entry.enrollment is None:
        return True
    places = Enrollment.objects.open().filter(pk=entry.enrollment.pk)
    if sequence.trigger == Trigger.COHORT:
        places = places.filter(cohort=entry.cohort, cohort__starts_on__gt=wall_clock.today())
    return places.exists()


def _is_free(sequence: Sequence, lead: Lead, entry: Entry) -> bool:
    """Whether the sequence is on, this made no run yet and the lead isn't in the sequence; one query."""
    same = SequenceRun.objects.filter(entry_key=entry.entry_key)
    inside = SequenceRun.objects.active().filter(sequence=OuterRef("pk"), lead=lead)
    return Sequence.objects.running().filter(~Exists(same), ~Exists(inside), pk=sequence.pk).exists()
