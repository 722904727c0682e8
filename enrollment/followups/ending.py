"""Ending runs about a place that is over: the group has started or was left, the waiting list too.

A message that is due finds all this out by itself; here the timeline tells it although the next one is due
in a week.
"""

import time

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from courses import wall_clock
from enrollment.followups.stopping import judge, stop_run, with_signs
from enrollment.models import Enrollment, Sequence, SequenceRun, WaitingPlace

MOST = 10_000
"""Runs that one sweep stops; the next one goes on."""

log = structlog.get_logger(__name__)


def stop_places_that_ended(*, seconds: float = 20) -> int:
    """Stop active runs whose place or group is over, and return how many; one query when there are none.

    Several workers may do this at once; a run that somebody holds is left to the next sweep.
    """
    deadline, count = time.monotonic() + seconds, 0
    for key in _ended().order_by("pk").values_list("pk", flat=True)[:MOST]:
        if time.monotonic() >= deadline:
            break
        count += _stopped(key)
    return count


def _ended() -> QuerySet[SequenceRun]:
    """Return the active runs that `judge` stops because of a place; only those that have one are read."""
    active = SequenceRun.objects.active().filter(Q(cohort__isnull=False) | Q(enrollment__isnull=False))
    waits = WaitingPlace.objects.open().filter(lead=OuterRef("lead"), cohort=OuterRef("cohort"))
    is_list = Q(sequence__trigger=Sequence.Trigger.WAITING)
    today = wall_clock.today()
    started = Q(cohort__starts_on__lte=today) | Q(cohort=None, enrollment__cohort__starts_on__lte=today)
    other_group = Q(cohort__isnull=False, enrollment__isnull=False) & (
        Q(enrollment__cohort=None) | ~Q(enrollment__cohort=F("cohort"))
    )
    return active.filter(
        Q(sequence__stop_on_cohort_start=True) & started
        | Q(enrollment__state=Enrollment.State.WITHDRAWN)
        | is_list & Q(cohort__isnull=False) & ~Exists(waits)
        | ~is_list & other_group
    )


def _stopped(key: int) -> bool:
    """Stop one run unless somebody holds it; what is wrong with it holds up no other."""
    try:
        with transaction.atomic():
            runs = SequenceRun.objects.active().select_for_update(of=["self"], skip_locked=True, no_key=True)
            run = with_signs(runs).filter(pk=key).first()
            why = judge(run) if run else ""
            if run and why:
                stop_run(run, why)
            return bool(why)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("run_not_stopped", run=key)
        return False
