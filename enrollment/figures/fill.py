"""How full cohorts are, and what their learners agreed to pay."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Sum

from courses.models import Cohort
from enrollment.figures.periods import Period
from enrollment.figures.scope import Scope
from enrollment.models import Enrollment, WaitingPlace


@dataclass(frozen=True)
class Fill:
    """One cohort: seats, how many are taken, who still waits for one, and what its learners agreed to pay.

    `agreed` sums the agreed price of enrolments that aren't withdrawn; `priced` of `enrolled` have one.
    """

    cohort: Cohort
    waiting: int
    enrolled: int
    priced: int
    agreed: Decimal


def fills(scope: Scope, *, since: date) -> list[Fill]:
    """Return how full the cohorts are that start on `since` or later, earliest first; three queries.

    Seats have no source and no owner: of the filters, only the course narrows.
    """
    cohorts = Cohort.objects.filter(starts_on__gte=since).select_related("course").order_by("starts_on", "pk")
    if scope.course:
        cohorts = cohorts.filter(course=scope.course)
    waiting = waiting_by_cohort(since=since)
    learners = Enrollment.objects.opening().filter(cohort__starts_on__gte=since).order_by()
    money = {
        cohort: figures
        for cohort, *figures in learners.values_list("cohort").annotate(
            Count("pk"), Count("price_agreed"), Sum("price_agreed")
        )
    }
    return [
        Fill(cohort, waiting.get(cohort.pk, 0), enrolled, priced, agreed or Decimal(0))
        for cohort in cohorts
        for enrolled, priced, agreed in [money.get(cohort.pk, (0, 0, None))]
    ]


def waiting_by_cohort(*, since: date) -> dict[int, int]:
    """Return how many wait for a seat, by cohort that starts on `since` or later; one query.

    An offered seat counts as taken, so its place doesn't wait any more.
    """
    places = WaitingPlace.objects.filter(
        state=WaitingPlace.State.WAITING, cohort__starts_on__gte=since, lead__set_aside=""
    )
    return dict(places.order_by().values_list("cohort").annotate(Count("pk")))


@dataclass(frozen=True)
class Revenue:
    """What was agreed for one course in a period: the date of enrolling decides, withdrawn ones are out.

    `agreed` sums the agreed price; `priced` of `enrolled` enrolments have one.
    """

    course: str
    enrolled: int
    priced: int
    agreed: Decimal


def revenues(scope: Scope, period: Period) -> dict[int, Revenue]:
    """Return the revenue agreed by course where any price is filled in; one query.

    With a source or owner chosen, only enrolments that came from such leads count.
    """
    enrolments = Enrollment.objects.opening().filter(
        created_at__gte=period.starts_at, created_at__lt=period.ends_at
    )
    if scope.course:
        enrolments = enrolments.filter(course=scope.course)
    if scope.source or scope.owner or scope.without_owner:
        enrolments = enrolments.filter(scope.condition("lead__"))
    counted = enrolments.order_by().values_list("course", "course__title").annotate(
        Count("pk"), Count("price_agreed"), Sum("price_agreed")
    )  # fmt: skip
    return {
        course: Revenue(title, enrolled, priced, agreed)
        for course, title, enrolled, priced, agreed in counted
        if priced
    }
