"""How fast people get their first answer, in the institute's working time."""

from array import array
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q

from courses.calendar import WorkingCalendar
from enrollment.figures.medians import median, percentile, share
from enrollment.models import PipelineStage

BOUNDS = (0, 1, 2, 4, 8, 16, 24)
"""Where the bars of the histogram begin, in working hours; the last one is open."""
CHUNK = 5000


@dataclass(frozen=True)
class Bucket:
    """Leads that were answered after at least `start` and less than `end` working hours."""

    start: int
    end: int | None
    count: int


@dataclass(frozen=True)
class Responses:
    """First answers to the leads that asked in a period; the date of asking decides.

    `answered`: leads whose first answer is noted, whenever that was.
    `median`, `percentile_90`, `histogram`: working hours between asking and that answer; the time in
    which the institute is closed, on holidays too, doesn't count. 90 % were answered within the
    percentile. Who was answered as they asked has no such time: written down in a talk, or imported.
    They count as answered and kept; nobody waited, so they would only flatter the times.
    `kept`: answered by the promised time. `broken`: answered later, or still open and overdue.
    `kept_share` is their share among both, so that a promise which isn't due yet counts nowhere.
    """

    asked: int
    answered: int
    kept: int
    broken: int
    median: float | None
    percentile_90: float | None
    histogram: tuple[Bucket, ...]

    @property
    def kept_share(self) -> float | None:
        """The share of due promises that were kept."""
        return share(self.kept, self.kept + self.broken)

    @property
    def timed(self) -> int:
        """Answered leads that have waited for it."""
        return sum(bucket.count for bucket in self.histogram)

    @property
    def waiting(self) -> int:
        """Leads without a noted answer."""
        return self.asked - self.answered


@dataclass(frozen=True)
class AllResponses:
    """The figures of all leads, and of those of each owner by key (None: nobody's)."""

    total: Responses
    owners: dict[int | None, Responses]


def responses(leads: Any, calendar: WorkingCalendar, *, now: datetime) -> AllResponses:
    """Return how these leads were answered; two queries.

    Holidays are no matter of SQL: the two times of every lead that waited are read, a chunk at a time.
    """
    leads = leads.order_by()
    hours: dict[int | None, array] = defaultdict(lambda: array("d"))
    answered = leads.filter(answered_at__gt=F("created_at")).values_list(
        "owner_id", "created_at", "answered_at"
    )
    for owner, asked_at, answered_at in answered.iterator(chunk_size=CHUNK):
        hours[owner].append(calendar.working_time(asked_at, answered_at).total_seconds() / 3600)
    overdue = Q(answered_at__isnull=True, answer_due_at__lt=now) & ~Q(stage__in=PipelineStage.ENDED)
    counted = leads.values_list("owner_id").annotate(
        asked=Count("pk"),
        answered=Count("answered_at"),
        kept=Count("pk", filter=Q(answered_at__lte=F("answer_due_at"))),
        broken=Count("pk", filter=Q(answered_at__gt=F("answer_due_at")) | overdue),
    )
    owners = {owner: _responses(hours[owner], *counts) for owner, *counts in counted}
    totals = [
        sum(getattr(figures, name) for figures in owners.values())
        for name in ("asked", "answered", "kept", "broken")
    ]
    everything = array("d")
    for part in hours.values():
        everything.extend(part)
    return AllResponses(total=_responses(everything, *totals), owners=owners)


def _responses(hours: array, asked: int, answered: int, kept: int, broken: int) -> Responses:
    ordered = sorted(hours)
    places = [0] * len(BOUNDS)
    for value in ordered:
        places[bisect_right(BOUNDS, value) - 1] += 1
    return Responses(
        asked=asked,
        answered=answered,
        kept=kept,
        broken=broken,
        median=median(ordered),
        percentile_90=percentile(ordered, 90),
        histogram=tuple(
            Bucket(start, end, count)
            for start, end, count in zip(BOUNDS, (*BOUNDS[1:], None), places, strict=True)
        ),
    )
