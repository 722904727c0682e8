"""How far leads come, and how fast."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, DateField, F, Min, Value
from django.db.models.functions import TruncMonth
from django.utils import timezone

from enrollment.figures.medians import medians, share
from enrollment.figures.pipeline import Pipeline
from enrollment.models import PipelineStage


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


SPLITS: Mapping[str, Any] = {
    "source": F("source"),
    "course": F("course_id"),
    "owner": F("owner_id"),
    "campaign": F("campaign"),
    "month": TruncMonth("created_at", tzinfo=timezone.get_default_timezone(), output_field=DateField()),
}
"""What a funnel can be split by, each with the lead's value; a month is the institute's, by its first day."""


def funnel(leads: Any, pipeline: Pipeline) -> Funnel:
    """Return the funnel of these leads; two queries and one for each stage."""
    return split_funnel(leads, pipeline, by=Value(1)).get(1) or empty_funnel(pipeline)


def empty_funnel(pipeline: Pipeline) -> Funnel:
    """Return the funnel of no leads."""
    return _funnel(pipeline, {}, {}, {}, {})


def split_funnel(leads: Any, pipeline: Pipeline, *, by: Any) -> dict[Any, Funnel]:
    """Return a funnel for each value of `by`; as many queries as for a single one."""
    leads = leads.order_by().annotate(part=by)
    furthest: dict[Any, dict[int, int]] = defaultdict(dict)
    counted = leads.annotate(furthest=pipeline.furthest()).values_list("part", "furthest")
    for part, place, count in counted.annotate(count=Count("pk")):
        furthest[part][place] = count
    reasons: dict[Any, dict[str, int]] = defaultdict(dict)
    closed = leads.filter(stage=PipelineStage.CLOSED).values_list("part", "closing_reason__name")
    for part, reason, count in closed.annotate(count=Count("pk")).order_by("-count", "closing_reason__name"):
        reasons[part][reason] = count
    times_to = _times_to(leads, pipeline)
    times_in = _times_in(leads)
    return {
        part: _funnel(pipeline, counts, reasons[part], times_to[part], times_in[part])
        for part, counts in furthest.items()
    }


def _times_to(leads: Any, pipeline: Pipeline) -> dict[Any, dict[str, timedelta]]:
    """Return the median time to each stage after the first; one query each."""
    times: dict[Any, dict[str, timedelta]] = defaultdict(dict)
    for place, stage in list(enumerate(pipeline.stages))[1:]:
        moved = leads.filter(stage_changes__after__in=pipeline.keys_from(place)).values("pk", "part")
        took = moved.annotate(took=Min("stage_changes__created_at") - F("created_at"))
        for (part,), time in medians(took, of="took", by=["part"]).items():
            times[part][stage.key] = time
    return times


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
    pipeline: Pipeline,
    furthest: Mapping[int, int],
    reasons: Mapping[str, int],
    times_to: Mapping[str, timedelta],
    times_in: Mapping[str, timedelta],
) -> Funnel:
    asked = sum(furthest.values())
    closed = sum(reasons.values())
    stages: list[StageFigures] = []
    for place, stage in enumerate(pipeline.stages):
        reached = sum(count for furthest_place, count in furthest.items() if furthest_place >= place)
        stages.append(
            StageFigures(
                key=stage.key,
                name=stage.name,
                reached=reached,
                of_first=share(reached, asked),
                of_before=share(reached, stages[-1].reached) if stages else None,
                time_to=times_to.get(stage.key),
                time_in=times_in.get(stage.key),
            )
        )
    return Funnel(
        asked=asked,
        stages=tuple(stages),
        closed=closed,
        reasons=tuple(Reason(name, count, share(count, closed)) for name, count in reasons.items()),
    )
