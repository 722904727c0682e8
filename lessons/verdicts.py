"""Having what was handed in checked, and keeping the verdict.

A checker holds an attempt by a lease. Its verdict counts with that lease only, so one that was thought
dead changes nothing, and one that was killed leaves an attempt that the next checker takes.
"""

import time
import uuid
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from lessons import completion, grading
from lessons.checks import mark_hidden
from lessons.models import Attempt

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=3)
"""Longer than the slowest check; after it a checker is taken for dead."""
BACK_OFF = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1)]
"""Waits after a checker broke; the try after the last one is the last."""
WAIT_FOR_CHECKER = timedelta(minutes=1)
"""How long attempts are left alone while there is no checker; that costs them no try."""
TURN = timedelta(minutes=10)
"""What somebody handed in within this time before an attempt lets others go first."""
LONGEST_CONSOLE = 8_000

State = Attempt.State


def grade_waiting(*, seconds: float = 20) -> int:
    """Check what waits until nothing is left or time is up; return how many verdicts were kept.

    Must run outside a transaction. One query when nothing waits; running it twice, or in several
    processes, checks nothing twice.
    """
    deadline = time.monotonic() + seconds
    decided = 0
    while waiting().exists():
        status = grading.status()
        if not status.trusted:
            _leave_for_later(status.reason)
            break
        attempt = claim()
        if attempt is not None:
            decided += _grade(attempt)
        if time.monotonic() >= deadline:
            break
    return decided


def waiting() -> QuerySet[Attempt]:
    """Attempts that a checker may take now: queued ones, and those whose checker is taken for dead."""
    now = timezone.now()
    queued = Q(state=State.QUEUED) & (Q(retry_at=None) | Q(retry_at__lte=now))
    abandoned = Q(state=State.RUNNING, retry_at__lte=now)
    return Attempt.objects.filter(queued | abandoned, kind=Attempt.Kind.EXERCISE)


def claim() -> Attempt | None:
    """Lease the next waiting attempt to the caller, or return None; no two callers get the same one.

    The oldest is next, but everybody's first comes before anybody's second: whoever hands in much waits.
    """
    lease = uuid.uuid4()
    with transaction.atomic(durable=True):
        queue = waiting().order_by(_own_before(), "submitted_at", "pk").select_for_update(skip_locked=True)
        pk = queue.values_list("pk", flat=True).first()
        if pk is None:
            return None
        waiting().filter(pk=pk).update(
            state=State.RUNNING, lease=lease, retry_at=timezone.now() + LEASE, tries=F("tries") + 1
        )
    return Attempt.objects.filter(pk=pk, lease=lease).select_related("learner", "lesson").first()


def _own_before() -> Coalesce:
    """How many attempts the same learner handed in shortly before."""
    moment = OuterRef("submitted_at")
    before = Attempt.objects.filter(
        learner=OuterRef("learner"),
        kind=Attempt.Kind.EXERCISE,
        submitted_at__lt=moment,
        submitted_at__gt=moment - TURN,
    )
    return Coalesce(Subquery(before.order_by().values("learner").annotate(n=Count("pk")).values("n")), 0)


def requeue(attempts: QuerySet[Attempt]) -> int:
    """Have attempts that could not be checked checked again; return how many."""
    return attempts.filter(state=State.FAULT).update(
        state=State.QUEUED, tries=0, retry_at=None, lease=None, result={}
    )


def _leave_for_later(reason: str) -> None:
    """Note that there is no checker; whoever waits is told, and nothing is lost."""
    count = waiting().update(
        state=State.QUEUED,
        lease=None,
        retry_at=timezone.now() + WAIT_FOR_CHECKER,
        result={"waits_for": "checker"},
    )
    log.warning("no_checker", reason=reason, attempts=count)


def _grade(attempt: Attempt) -> bool:
    """Check one claimed attempt; return whether a verdict was kept."""
    if attempt.tries > len(BACK_OFF) + 1:  # its checkers were killed, time after time
        return _put_back(attempt, reason="The checker did not survive this program.")
    try:
        verdict = grading.grade(job_of(attempt))
    except grading.GraderUnavailable as error:
        return _put_back(attempt, reason=str(error))
    except Exception as error:
        log.exception("grader_broke", attempt=attempt.pk)
        return _put_back(attempt, reason=f"{type(error).__name__}: {error}")
    return _keep(attempt, verdict)


def job_of(attempt: Attempt) -> grading.Job:
    """Return what the grader is asked: the files handed in and the checks of that time."""
    checks = tuple(grading.CheckFile(file["name"], file["source"]) for file in attempt.asked["checks"])
    return grading.Job(files=attempt.answers["files"], kind=attempt.asked["run"], checks=checks)


def _put_back(attempt: Attempt, *, reason: str) -> bool:
    """Queue an attempt again after a wait, or give it up after the last try; the reason is kept for staff."""
    is_last = attempt.tries > len(BACK_OFF)
    values: dict[str, Any] = {"lease": None, "result": {"waits_for": "checker", "fault": reason[:2_000]}}
    if is_last:
        values |= {"state": State.FAULT, "retry_at": None}
    else:
        values |= {"state": State.QUEUED, "retry_at": timezone.now() + BACK_OFF[attempt.tries - 1]}
    Attempt.objects.filter(pk=attempt.pk, state=State.RUNNING, lease=attempt.lease).update(**values)
    log.error("attempt_not_checked", attempt=attempt.pk, tries=attempt.tries, given_up=is_last, reason=reason)
    return False


def _keep(attempt: Attempt, verdict: grading.Verdict) -> bool:
    """Write the verdict and what follows from it in one transaction, if the lease is still ours."""
    results = mark_hidden(verdict.results, attempt.asked["checks"])
    passed = sum(result["state"] == "passed" for result in results)
    with transaction.atomic(durable=True):
        kept = Attempt.objects.filter(pk=attempt.pk, state=State.RUNNING, lease=attempt.lease).update(
            state=State(verdict.outcome),
            result={
                "results": results,
                "console": verdict.console[:LONGEST_CONSOLE],
                "reason": verdict.reason,
            },
            score=round(100 * passed / len(results)) if results else 0,
            decided_at=timezone.now(),
            retry_at=None,
            lease=None,
        )
        if kept and attempt.learner:
            completion.settle(attempt.learner, attempt.lesson)
    if not kept:
        log.warning("verdict_came_too_late", attempt=attempt.pk)
    return bool(kept)
