"""Who has how much to do, and who did how much."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from enrollment.figures.periods import Period
from enrollment.figures.scope import Scope
from enrollment.models import LeadEvent, PipelineStage, StageChange


@dataclass(frozen=True)
class Workload:
    """One owner's leads; of a counsellor by key, or of nobody (None).

    Now: `open`, neither enrolled nor closed; `late`, of those the ones whose promised answer is overdue;
    `due`, of those the ones whose next action is due until the end of today.
    In the period: `new` leads asked; `answered` got their first answer, whoever gave it; `enrolled` were
    moved to Enrolled (a lead once). These count for the lead's present owner. `calls` are the calls that
    this person logged, on anybody's lead.
    """

    owner: int | None
    open: int = 0
    late: int = 0
    due: int = 0
    new: int = 0
    answered: int = 0
    enrolled: int = 0
    calls: int = 0


def workloads(scope: Scope, period: Period, *, now: datetime, day_ends_at: datetime) -> list[Workload]:
    """Return the workload of everybody who has a number in it; seven queries, each by an index of its own."""
    found: dict[int | None, dict[str, int]] = defaultdict(dict)
    for name, narrowed in (
        ("open", Q()),
        ("late", Q(answered_at__isnull=True, answer_due_at__lt=now)),
        ("due", Q(next_action_at__lt=day_ends_at)),
    ):
        for owner, count in _per_owner(scope.leads().open().filter(narrowed)):
            found[owner][name] = count
    for owner, done in done_in(scope, period).items():
        found[owner] |= done
    return [Workload(owner=owner, **figures) for owner, figures in found.items() if any(figures.values())]


def done_in(scope: Scope, period: Period) -> dict[int | None, dict[str, int]]:
    """Return the new, answered, enrolled and calls of a period by owner; four queries."""
    within = Q(created_at__gte=period.starts_at, created_at__lt=period.ends_at)
    answered = Q(answered_at__gte=period.starts_at, answered_at__lt=period.ends_at)
    enrolled = StageChange.objects.filter(within, scope.worked(), Q(after=PipelineStage.ENROLLED))
    calls = LeadEvent.objects.filter(within, scope.worked(), kind=LeadEvent.Kind.CALL, actor__isnull=False)
    counts = {
        "new": _per_owner(scope.asked(period)),
        "answered": _per_owner(scope.leads().filter(answered)),
        "enrolled": enrolled.order_by().values_list("lead__owner").annotate(Count("lead", distinct=True)),
        "calls": calls.order_by().values_list("actor").annotate(Count("pk")),
    }
    found: dict[int | None, dict[str, int]] = defaultdict(dict)
    for name, counted in counts.items():
        for owner, count in counted:
            found[owner][name] = count
    return found


def _per_owner(leads: Any) -> Any:
    return leads.order_by().values_list("owner").annotate(Count("pk"))
