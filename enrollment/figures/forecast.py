"""How many of the free seats open leads will probably take."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, floor, sqrt

from django.db.models import Count, Exists, OuterRef, Q

from courses.models import Cohort
from enrollment.figures.fill import waiting_by_cohort
from enrollment.figures.pipeline import Pipeline
from enrollment.figures.scope import Scope
from enrollment.models import PipelineStage, StageChange, WaitingPlace

HISTORY = timedelta(days=180)
FEWEST_ENDED = 20
"""Below this many ended leads of a course nothing is forecast for it."""
NORMAL_90 = 1.645


@dataclass(frozen=True)
class StageOutlook:
    """Open leads of one course in one stage, and what became of earlier ones that had come as far.

    `ended`: leads of the course that were enrolled or closed in the last 180 days, still are, and had
    reached this stage; `enrolled` of those. `low` and `high` bound the rate enrolled / ended by its
    90 % Wilson interval, so that few leads give a wide range.
    """

    stage: str
    open: int
    ended: int
    enrolled: int
    low: float
    high: float


@dataclass(frozen=True)
class CohortOutlook:
    """One cohort that has yet to start.

    `taken` are seats that enrolments and offers hold, `waiting` people who wait. `expected` is the
    range of seats that the open leads of the course will take: for each stage, open leads times rate, summed;
    leads on a waiting list are left out. The earliest cohort of a course is filled first, up to its free
    seats; what is left over goes to the next one. None: fewer than 20 leads ended, too few to tell.
    """

    cohort: Cohort
    waiting: int
    expected: tuple[int, int] | None

    @property
    def taken(self) -> int:
        """Seats that are gone."""
        return self.cohort.seats_taken


@dataclass(frozen=True)
class CourseOutlook:
    """The cohorts of one course and the stages that their forecast comes from.

    `beyond` is the range of expected enrolments for which no cohort has a seat.
    """

    course: str
    ended: int
    stages: tuple[StageOutlook, ...]
    cohorts: tuple[CohortOutlook, ...]
    beyond: tuple[int, int] | None


def outlook(scope: Scope, pipeline: Pipeline, *, day: date, since: datetime) -> list[CourseOutlook]:
    """Return what to expect for each course with a cohort that starts on `day` or later; four queries.

    A place on a list has no source and no owner, as seats have none: of the filters, only the course narrows.
    """
    cohorts = Cohort.objects.filter(starts_on__gte=day).select_related("course").order_by("starts_on", "pk")
    if scope.course:
        cohorts = cohorts.filter(course=scope.course)
    by_course: dict[int, list[Cohort]] = defaultdict(list)
    for cohort in cohorts:
        by_course[cohort.course_id].append(cohort)
    waiting = waiting_by_cohort(since=day)
    open_now = _open_by_stage(scope, list(by_course))
    ended = _ended_by_place(scope, pipeline, list(by_course), since=since)
    return [
        _course_outlook(found, pipeline, open_now[course], ended[course], waiting)
        for course, found in by_course.items()
    ]


def _open_by_stage(scope: Scope, courses: list[int]) -> dict[int, dict[str, int]]:
    waits = WaitingPlace.objects.filter(lead=OuterRef("pk"), state__in=WaitingPlace.OPEN_STATES)
    leads = scope.leads().open().filter(course__in=courses).exclude(Exists(waits)).order_by()
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for course, stage, count in leads.values_list("course", "stage").annotate(Count("pk")):
        counts[course][stage] = count
    return counts


def _ended_by_place(
    scope: Scope, pipeline: Pipeline, courses: list[int], *, since: datetime
) -> dict[int, dict[tuple[int, bool], int]]:
    """Return for each course how many ended leads came how far, by whether they are enrolled."""
    endings = StageChange.objects.filter(Q(after__in=PipelineStage.ENDED), created_at__gte=since)
    leads = scope.leads().filter(
        Q(course__in=courses, stage__in=PipelineStage.ENDED, pk__in=endings.order_by().values("lead"))
    )
    counted = leads.order_by().annotate(furthest=pipeline.furthest())
    counts: dict[int, dict[tuple[int, bool], int]] = defaultdict(lambda: defaultdict(int))
    for course, place, stage, count in counted.values_list("course", "furthest", "stage").annotate(
        Count("pk")
    ):
        counts[course][place, stage == PipelineStage.ENROLLED] += count
    return counts


def _course_outlook(
    cohorts: list[Cohort],
    pipeline: Pipeline,
    open_now: dict[str, int],
    ended: dict[tuple[int, bool], int],
    waiting: dict[int, int],
) -> CourseOutlook:
    stages = []
    for place, stage in enumerate(pipeline.stages):
        if stage.key in PipelineStage.ENDED:
            continue
        n = sum(count for (furthest, _won), count in ended.items() if furthest >= place)
        won = sum(count for (furthest, is_won), count in ended.items() if furthest >= place and is_won)
        low, high = wilson(won, n)
        stages.append(StageOutlook(stage.name, open_now.get(stage.key, 0), n, won, low, high))
    total = sum(ended.values())
    enough = total >= FEWEST_ENDED
    low = sum(stage.open * stage.low for stage in stages)
    high = sum(stage.open * stage.high for stage in stages)
    found = []
    for cohort in cohorts:
        room = max(cohort.seats_left - waiting.get(cohort.pk, 0), 0)
        here = (min(low, room), min(high, room))
        low, high = low - here[0], high - here[1]
        expected = (floor(here[0]), ceil(here[1])) if enough else None
        found.append(CohortOutlook(cohort, waiting.get(cohort.pk, 0), expected))
    beyond = (floor(low), ceil(high)) if enough and high > 0 else None
    return CourseOutlook(cohorts[0].course.title, total, tuple(stages), tuple(found), beyond)


def wilson(won: int, n: int) -> tuple[float, float]:
    """Return the 90 % Wilson interval of a rate; everything is possible of nothing."""
    if not n:
        return 0.0, 1.0
    rate, spread = won / n, NORMAL_90**2 / n
    middle = (rate + spread / 2) / (1 + spread)
    half = sqrt(rate * (1 - rate) * spread + spread**2 / 4) / (1 + spread)
    return max(middle - half, 0.0), min(middle + half, 1.0)
