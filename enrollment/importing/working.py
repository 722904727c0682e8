"""Working on imports in slices, so that mail and grading get their turn, and going on after a crash.

A worker holds a lease on one import. Each chunk is one transaction with what it writes, the progress
and the next lease, so that a worker killed at any moment loses at most a chunk that never was. When the
lease has run out, the next worker goes on behind the last chunk. Imports are written one after the
other, each knowing the people of the one before.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import batched, islice
from uuid import uuid4

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment.importing.answers import AnswerReader
from enrollment.importing.errors import LeaseLost
from enrollment.importing.finishing import remove_staged, remove_untouched, reveal, save_problems
from enrollment.importing.judging import Judge, Verdict
from enrollment.importing.staging import Stager, refused_rows
from enrollment.importing.storing import stored_rows
from enrollment.models import ImportedRow, LeadImport

CHUNK = 1_000
LEASE = timedelta(seconds=60)
LAST_LEASE = timedelta(minutes=5)
"""For the transaction that makes everything appear; as long as a task may run."""
WAIT = timedelta(seconds=30)
"""Before the next try after a failure."""
TRIES = 5

State = LeadImport.State
TAKING_AWAY = (State.CANCELLED, State.FAILED, State.UNDONE)

log = structlog.get_logger(__name__)


def work(*, seconds: float = 20) -> None:
    """Work on imports until none waits or time is up; the next call goes on.

    Costs one query when nothing waits. Must run outside a transaction.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and (job := claim()):
        try:
            with _without_collector():
                _STEPS[State(job.state)](job, deadline)
        except LeaseLost:
            log.info("lead_import_lease_lost", lead_import=job.pk)
        except Exception as error:  # noqa: BLE001 - one bad import must not hold the others up
            # A traceback would hold what the rows say.
            log.error("lead_import_failed", lead_import=job.pk, error=type(error).__name__)  # noqa: TRY400
            _note_failure(job, error)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the collector of cycles from walking all new rows again and again: a third of the whole time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def claim() -> LeadImport | None:
    """Lease the import that has waited longest to the caller; no two callers get the same one."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        waiting = LeadImport.objects.filter(leased_until__lte=now).order_by("leased_until", "pk")
        for job in waiting.select_for_update(skip_locked=True):
            if job.state == State.IMPORTING and _others_first(job):
                continue
            job.lease_token, job.leased_until = uuid4(), now + LEASE
            job.save(update_fields=["lease_token", "leased_until"])
            return job
    return None


def _others_first(job: LeadImport) -> bool:
    """Whether an earlier import is still being written, or one taken away."""
    earlier = Q(state=State.IMPORTING) & (
        Q(started_at__lt=job.started_at) | Q(started_at=job.started_at, pk__lt=job.pk)
    )
    at_work = LeadImport.objects.filter(leased_until__isnull=False)
    return at_work.filter(earlier | Q(state__in=TAKING_AWAY)).exists()


def _check(job: LeadImport, deadline: float) -> None:
    def write(verdicts: Sequence[Verdict]) -> None:
        ImportedRow.objects.bulk_create(refused_rows(job, verdicts))

    reader = AnswerReader(job.columns, job.mapping)
    if not _read_on(job, reader, write, deadline=deadline):
        return
    problems = save_problems(job)
    with transaction.atomic():
        _keep(job, state=State.CHECKED, problems=problems, last_error="", lease_token=None, leased_until=None)
        job.imported_rows.all().delete()


def _import(job: LeadImport, deadline: float) -> None:
    reader = AnswerReader(job.columns, job.mapping)
    stager = Stager(job, job.mapping["values"])
    if not _read_on(job, reader, stager.stage, deadline=deadline):
        return
    problems = save_problems(job)
    _keep(job, leased_until=timezone.now() + LAST_LEASE)
    reveal(job, reader, problems=problems)
    log.info("leads_imported", lead_import=job.pk, new=job.rows_new, known=job.rows_known)


def _read_on(
    job: LeadImport,
    reader: AnswerReader,
    write: Callable[[Sequence[Verdict]], None],
    *,
    deadline: float,
) -> bool:
    """Judge and write the rows behind the last chunk; return whether the end was reached in time."""
    judge = Judge(reader)
    with stored_rows(job) as rows:
        refused = set(job.imported_rows.filter(lead=None).values_list("number", flat=True))
        judge.remember(islice(rows, job.rows_done), refused=refused)
        for chunk in batched(rows, CHUNK):
            verdicts = judge.judge(chunk)
            with transaction.atomic():
                write(verdicts)
                _count(job, verdicts)
            if time.monotonic() >= deadline and job.rows_done < job.rows_total:
                _keep(job, leased_until=timezone.now(), lease_token=None)
                return False
    return True


def _count(job: LeadImport, verdicts: Sequence[Verdict]) -> None:
    """Save the progress and the next lease with the chunk."""
    refused = sum(verdict.is_refused for verdict in verdicts)
    known = sum(verdict.lead is not None and not verdict.is_refused for verdict in verdicts)
    job.rows_done += len(verdicts)
    job.rows_refused += refused
    job.rows_known += known
    job.rows_new += len(verdicts) - refused - known
    _keep(
        job,
        rows_done=job.rows_done,
        rows_refused=job.rows_refused,
        rows_known=job.rows_known,
        rows_new=job.rows_new,
        leased_until=timezone.now() + LEASE,
    )


def _keep(job: LeadImport, **changes: object) -> None:
    """Save changes if the lease is still the caller's. Raises LeaseLost."""
    held = LeadImport.objects.filter(pk=job.pk, lease_token=job.lease_token, state=job.state)
    if not held.update(**changes):
        raise LeaseLost


def _take_away(job: LeadImport, deadline: float) -> None:
    remove = remove_untouched if job.state == State.UNDONE else remove_staged
    while remove(job):
        _keep(job, leased_until=timezone.now() + LEASE)
        if time.monotonic() >= deadline:
            _keep(job, leased_until=timezone.now(), lease_token=None)
            return
    job.imported_rows.all().delete()
    _keep(job, leased_until=None, lease_token=None)


def _note_failure(job: LeadImport, error: Exception) -> None:
    """Try again later; after TRIES failures in one step give it up, and have what was staged taken away."""
    now = timezone.now()
    held = LeadImport.objects.filter(pk=job.pk, lease_token=job.lease_token)
    held.update(tries=F("tries") + 1, last_error=type(error).__name__, leased_until=now + WAIT)
    held.filter(tries__gte=TRIES, state__in=LeadImport.WORKED_ON).update(
        state=State.FAILED,
        finished_at=now,
        leased_until=now,
        last_error=_("The server failed %(times)s times (%(error)s).")
        % {"times": TRIES, "error": type(error).__name__},
    )


_STEPS: dict[LeadImport.State, Callable[[LeadImport, float], None]] = {
    State.CHECKING: _check,
    State.IMPORTING: _import,
    **dict.fromkeys(TAKING_AWAY, _take_away),
}
