"""Who enters a sequence: a sweep looks for what happened since the last one. Nothing that happened is lost.

What makes somebody enter has one key, so that looking twice, or in two places at once, makes one run.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import Cohort
from enrollment.desk import lock_lead
from enrollment.followups.planning import note, plan
from enrollment.models import (
    Enrollment,
    Lead,
    PipelineStage,
    Sequence,
    SequenceRun,
)

OVERLAP = timedelta(minutes=10)
"""How long a row may take from its time stamp to its commit without being overlooked."""
BATCH = 500

log = structlog.get_logger(__name__)

Trigger = Sequence.Trigger


@dataclass(frozen=True)
class Entry:
    """Something that makes a lead enter."""

    lead: Lead
    entry_key: str
    at: datetime
    enrollment: Enrollment | None = None
    cohort: Cohort | None = None


def candidates(sequence: Sequence, *, since: datetime, until: datetime) -> Iterator[Entry]:
    """Return what happened after `since` and up to `until` that makes somebody enter, the oldest first.

    Whether it still holds is asked by `enter`. Consent is that of today.
    """
    return _FOUND_BY.get(sequence.trigger, _nobody)(sequence, since, until)


def enter_all(*, seconds: float = 40) -> int:
    """Let everybody enter who should since the last sweep; return how many did.

    Stops when the time is up and goes on at the next call. Safe to run in two places at once.
    """
    deadline = time.monotonic() + seconds
    Sequence.objects.filter(is_on=False, entered_until__isnull=False).update(entered_until=None)
    running = Sequence.objects.running().order_by("entered_until", "pk")
    return sum(_sweep(sequence, deadline=deadline) for sequence in running)


@transaction.atomic
def enter(sequence: Sequence, entry: Entry) -> SequenceRun | None:
    """Let one lead enter and plan the first message; None for whom it doesn't hold any more."""
    lead = lock_lead(entry.lead)
    if SequenceRun.objects.filter(entry_key=entry.entry_key).exists() or not _may_enter(
        sequence, lead, entry
    ):
        return None
    run = SequenceRun.objects.create(
        lead=lead,
        sequence=sequence,
        entry_key=entry.entry_key,
        enrollment=entry.enrollment,
        cohort=entry.cohort,
        entered_at=entry.at,
    )
    note(run, _("Follow-ups “%(name)s” begin") % {"name": sequence.name})
    plan(run)
    return run


def _sweep(sequence: Sequence, *, deadline: float) -> int:
    now = timezone.now()
    since = sequence.entered_until
    if since is None or since > now + timedelta(minutes=1):
        since = now if since is None else now - OVERLAP
        Sequence.objects.filter(pk=sequence.pk, entered_until=sequence.entered_until).update(
            entered_until=since
        )
    count = 0
    reached = now
    for entries in batched(candidates(sequence, since=since, until=now), BATCH):
        if time.monotonic() >= deadline:
            reached = entries[0].at
            break
        count += sum(_entered(sequence, entry) for entry in _new_ones(sequence, entries))
    if sequence.trigger != Trigger.COHORT and reached - OVERLAP > since:
        Sequence.objects.filter(pk=sequence.pk, entered_until=since).update(entered_until=reached - OVERLAP)
    return count


def _new_ones(sequence: Sequence, entries: Iterable[Entry]) -> list[Entry]:
    """Return those that made no run yet and whose lead isn't in the sequence; two queries."""
    entries = list(entries)
    known = set(
        SequenceRun.objects.filter(entry_key__in=[entry.entry_key for entry in entries]).values_list(
            "entry_key", flat=True
        )
    )
    busy = set(
        SequenceRun.objects.active()
        .filter(sequence=sequence, lead__in=[entry.lead.pk for entry in entries])
        .values_list("lead", flat=True)
    )
    return [
        entry
        for entry in entries
        if entry.entry_key not in known and entry.lead.pk not in busy and _fits(sequence, entry.lead)
    ]


def _entered(sequence: Sequence, entry: Entry) -> bool:
    """Let one enter; what goes wrong with one lead doesn't keep the others out."""
    try:
        return enter(sequence, entry) is not None
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("lead_not_entered", sequence=sequence.pk, lead=entry.lead.pk)
        return False


def _may_enter(sequence: Sequence, lead: Lead, entry: Entry) -> bool:
    """Whether what happened still counts, for a locked lead."""
    if not _fits(sequence, lead):
        return False
    if entry.enrollment and not Enrollment.objects.open().filter(pk=entry.enrollment.pk).exists():
        return False
    return not SequenceRun.objects.active().filter(lead=lead, sequence=sequence).exists()


def _fits(sequence: Sequence, lead: Lead) -> bool:
    if lead.set_aside or (sequence.stage_id and lead.stage_id != sequence.stage_id):
        return False
    wanted_ended = sequence.stage_id in PipelineStage.ENDED or sequence.trigger in Sequence.LEARNING
    return wanted_ended or lead.stage_id not in PipelineStage.ENDED


def _nobody(sequence: Sequence, since: datetime, until: datetime) -> Iterator[Entry]:
    return iter(())


def _asked(sequence: Sequence, since: datetime, until: datetime) -> Iterator[Entry]:
    """Leads that came in."""
    leads = Lead.objects.filter(created_at__gt=since, created_at__lte=until)
    if sequence.interest:
        leads = leads.filter(interest=sequence.interest)
    if sequence.course_id:
        leads = leads.filter(course=sequence.course_id)
    return (
        Entry(lead=lead, entry_key=f"{sequence.pk}:lead:{lead.pk}", at=lead.created_at)
        for lead in leads.order_by("created_at", "pk").iterator(chunk_size=BATCH)
    )


_FOUND_BY: dict[str, Callable[[Sequence, datetime, datetime], Iterator[Entry]]] = {
    Trigger.ENQUIRY: _asked,
}
