"""What staff start and stop. Each is one conditional change; the work itself is the worker's.

All raise ImportMovedOn when the import isn't where the caller saw it.
"""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from enrollment.importing.columns import Mapping
from enrollment.importing.errors import ImportMovedOn
from enrollment.models import LeadImport

State = LeadImport.State
CHECKABLE = (State.MAPPING, State.CHECKED, State.FAILED)
STOPPABLE = (State.MAPPING, State.CHECKING, State.CHECKED, State.IMPORTING)

log = structlog.get_logger(__name__)


@transaction.atomic
def start_check(*, job: LeadImport, mapping: Mapping) -> None:
    """Have every row read and checked by this mapping; nothing is written but the result."""
    idle = Q(state__in=CHECKABLE, leased_until=None) & ~Q(file="")
    _move(job, idle, state=State.CHECKING, mapping=mapping, **_from_the_start())
    job.imported_rows.all().delete()


@transaction.atomic
def start_import(*, job: LeadImport) -> None:
    """Have the checked rows imported."""
    checked = Q(state=State.CHECKED, leased_until=None) & ~Q(file="")
    _move(job, checked, state=State.IMPORTING, **_from_the_start())
    job.imported_rows.all().delete()


def cancel(*, job: LeadImport) -> None:
    """Stop at once; what was staged is removed without ever having been seen."""
    now = timezone.now()
    _move(
        job,
        Q(state__in=STOPPABLE),
        state=State.CANCELLED,
        finished_at=now,
        leased_until=now,
        lease_token=None,
    )


def undo(*, job: LeadImport) -> None:
    """Have the leads of an import removed that nobody has worked since; possible for UNDO_DAYS."""
    now = timezone.now()
    since = now - timedelta(days=LeadImport.UNDO_DAYS)
    done = Q(state=State.DONE, rows_new__gt=0, finished_at__gte=since)
    _move(job, done, state=State.UNDONE, started_at=now, leased_until=now, lease_token=None)


def may_undo(job: LeadImport) -> bool:
    """Whether `undo` is still possible, and would remove anything."""
    since = timezone.now() - timedelta(days=LeadImport.UNDO_DAYS)
    is_recent = job.finished_at is not None and job.finished_at >= since
    return job.state == State.DONE and job.rows_new > 0 and is_recent


def _move(job: LeadImport, present: Q, **changes: object) -> None:
    if not LeadImport.objects.filter(present, pk=job.pk).update(**changes):
        raise ImportMovedOn
    job.refresh_from_db()
    log.info("lead_import_moved", lead_import=job.pk, state=job.state)


def _from_the_start() -> dict[str, object]:
    now = timezone.now()
    counts = dict.fromkeys(("rows_done", "rows_new", "rows_known", "rows_refused", "tries"), 0)
    times = {"started_at": now, "leased_until": now, "finished_at": None, "lease_token": None}
    return counts | times | {"last_error": ""}
