"""Why leads are closed."""

from dataclasses import dataclass

from django.db.models import Count, Q

from enrollment.figures.medians import share
from enrollment.figures.periods import Period
from enrollment.figures.scope import Scope
from enrollment.models import PipelineStage, StageChange


@dataclass(frozen=True)
class Closing:
    """Leads closed for one reason, and their share of all that were closed."""

    name: str
    count: int
    of_all: float | None


def closings(scope: Scope, period: Period) -> list[Closing]:
    """Return why leads were closed in the period, the commonest reason first; one query.

    The date of closing decides, not that of asking. A lead counts once, with its present reason; one
    that was opened again since doesn't count. Imported as closed without a move: not counted.
    """
    moves = StageChange.objects.filter(
        Q(after=PipelineStage.CLOSED, created_at__gte=period.starts_at, created_at__lt=period.ends_at)
    )
    leads = scope.leads().filter(Q(stage=PipelineStage.CLOSED, pk__in=moves.order_by().values("lead")))
    counted = leads.order_by().values_list("closing_reason__name").annotate(count=Count("pk"))
    rows = list(counted.order_by("-count", "closing_reason__name"))
    total = sum(count for _name, count in rows)
    return [Closing(name, count, share(count, total)) for name, count in rows]
