"""How far leads come, and how fast."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import DateField, F, Max, Min, Q, Value
from django.db.models.functions import Greatest, TruncMonth
from django.utils import timezone

from enrollment.figures.medians import median, medians, share
from enrollment.figures.pipeline import Pipeline
from enrollment.models import ClosingReason, PipelineStage


@dataclass(frozen=True)
class StageFigures:
    """One stage of a funnel.

    `reached`: leads that are or were in this stage or in a later one. A lead that skipped the stage
    passed it; one that was moved back or closed since still reached it.
    `of_first`, `of_before`: the share of the leads that reached the first stage (all that asked), and
    the stage before; None where nobody did.
    `time_to`: median time from asking to the first move into this stage or a later one; leads that came
    into the desk there, such as imported ones, have no such time.
    `time_in`: median length of the stays in this stage that ended, a lead that came twice counted twice.
    Both are of the clock, nights and holidays included.
    """

    key: str
    name: str
    reached: int
    of_first: float | None
    of_before: float | None
    time_to: timedelta | None
    time_in: timedelta | None


@dataclass(frozen=True)
class Reason:
    """Leads closed for one reason, and their share of all that are closed."""

    name: str
    count: int
    of_closed: float | None


@dataclass(frozen=True)
class Funnel:
    """The leads that asked in a period, by how far they have come until now.

    The date of asking decides the period, so numbers of a recent period still grow. `closed` are those
    that are closed now; a lead that was opened again is not.
    """

    asked: int
    stages: tuple[StageFigures, ...]
    closed: int
    reasons: tuple[Reason, ...]


def split_by(name: str) -> Any:
    """Return the lead's value by which a funnel is split; a month is the institute's, by its first day."""
    if name == "month":
        return TruncMonth("created_at", tzinfo=timezone.get_default_timezone(), output_field=DateField())
    return F({"source": "source", "course": "course_id", "owner": "owner_id", "campaign": "campaign"}[name])


def funnel(leads: Any, pipeline: Pipeline) -> Funnel:
    """Return the funnel of these leads; three queries."""
    return split_funnel(leads, pipeline, by=Value(1)).get(1) or empty_funnel(pipeline)


def empty_funnel(pipeline: Pipeline) -> Funnel:
    """Return the funnel of no leads."""
    return _funnel(pipeline, _Part(), {}, {})


def split_funnel(leads: Any, pipeline: Pipeline, *, by: Any) -> dict[Any, Funnel]:
    """Return a funnel for each value of `by`; three queries.

    One of them reads a row for every lead: to have the database sort the leads for the median of each
    stage anew costs more than the rows do. All at once, since PostgreSQL plans a cursor for its first
    rows, by the whole table in the order of its key.
    """
    leads = leads.order_by().annotate(part=by)
    parts: dict[Any, _Part] = defaultdict(_Part)
    for part, stage, reason, *milestones in _milestones(leads, pipeline):
        parts[part].add(pipeline, stage=stage, reason=reason, milestones=milestones)
    if not parts:
        return {}
    reasons = dict(ClosingReason.objects.values_list("pk", "name"))
    times_in = _times_in(leads)
    return {part: _funnel(pipeline, found, times_in[part], reasons) for part, found in parts.items()}


def _milestones(leads: Any, pipeline: Pipeline) -> Any:
    """Return part, stage, closing reason, furthest place moved to, asking, and each stage's first time."""
    furthest = Max(Greatest(pipeline.place("stage_changes__after"), pipeline.place("stage_changes__before")))
    reached = {
        f"reached_{place}": Min(
            "stage_changes__created_at", filter=Q(stage_changes__after__in=pipeline.keys_from(place))
        )
        for place in range(1, len(pipeline.stages))
    }
    rows = leads.values("pk", "part", "stage_id", "closing_reason_id", "created_at")
    names = ["part", "stage_id", "closing_reason_id", "furthest", "created_at", *reached]
    return rows.annotate(furthest=furthest, **reached).values_list(*names)


@dataclass
class _Part:
    """The leads of one funnel while they are read."""

    furthest: Counter[int] = field(default_factory=Counter)
    reasons: Counter[int] = field(default_factory=Counter)
    seconds: dict[int, array] = field(default_factory=lambda: defaultdict(lambda: array("d")))

    def add(self, pipeline: Pipeline, *, stage: str, reason: int | None, milestones: Sequence[Any]) -> None:
        furthest, asked_at, *reached = milestones
        self.furthest[max(furthest, pipeline.places.get(stage, 0))] += 1
        if stage == PipelineStage.CLOSED:
            self.reasons[reason or 0] += 1
        for place, moment in enumerate(reached, start=1):
            if moment is not None:
                self.seconds[place].append((moment - asked_at).total_seconds())


def _times_in(leads: Any) -> dict[Any, dict[str, timedelta]]:
    """Return the median stay in each stage; one query."""
    times: dict[Any, dict[str, timedelta]] = defaultdict(dict)
    stays = leads.filter(stage_changes__isnull=False).values(
        "part", took=F("stage_changes__stayed"), left=F("stage_changes__before")
    )
    for (part, key), time in medians(stays, of="took", by=["part", "left"]).items():
        times[part][key] = time
    return times


def _funnel(
    pipeline: Pipeline, found: _Part, times_in: Mapping[str, timedelta], reasons: Mapping[int, str]
) -> Funnel:
    asked, closed = found.furthest.total(), found.reasons.total()
    stages: list[StageFigures] = []
    for place, stage in enumerate(pipeline.stages):
        reached = sum(count for furthest, count in found.furthest.items() if furthest >= place)
        seconds = median(sorted(found.seconds.get(place, ())))
        stages.append(
            StageFigures(
                key=stage.key,
                name=stage.name,
                reached=reached,
                of_first=share(reached, asked),
                of_before=share(reached, stages[-1].reached) if stages else None,
                time_to=None if seconds is None else timedelta(seconds=seconds),
                time_in=times_in.get(stage.key),
            )
        )
    named = sorted((-count, reasons.get(reason, "")) for reason, count in found.reasons.items())
    return Funnel(
        asked=asked,
        stages=tuple(stages),
        closed=closed,
        reasons=tuple(Reason(name, -count, share(-count, closed)) for count, name in named),
    )
