"""Conditions of a step look at learning and seats, and cost nothing where there are none."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses import wall_clock
from courses.models import Cohort
from enrollment.followups.conditions import first_unmet
from enrollment.followups.facts import Facts, facts_of_lead
from enrollment.models import Enrollment, Lead, Step
from lessons.models import Progress
from tests.conftest import SmallCourse
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory, make_course, make_module
from tests.factories.enrollment import EnrollmentFactory, LeadFactory, PersonFactory
from tests.factories.followups import StepFactory
from tests.factories.lessons import make_lesson

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrollment(course: SmallCourse) -> Enrollment:
    """Somebody who was enrolled ten days ago in a group of ten that starts in a week, and never came."""
    user = UserFactory()
    lead = LeadFactory(person=PersonFactory(user=user), course=course.page, stage_id=Lead.Stage.ENROLLED)
    cohort = CohortFactory(course=course.page, starts_on=wall_clock.today() + timedelta(days=7))
    return EnrollmentFactory(
        learner=user,
        course=course.page,
        lead=lead,
        cohort=cohort,
        created_at=timezone.now() - timedelta(days=10),
    )


def unmet(lead: Lead, name: str, value: int | None = None) -> str:
    """Return what doesn't hold for the lead as it is now."""
    step = Step.objects.get(pk=StepFactory(conditions=[(name, value)]).pk)
    return first_unmet(step, facts_of_lead(Lead.objects.get(pk=lead.pk)))


def done(enrollment: Enrollment, lesson: Any, *, days_ago: float = 0, is_done: bool = True) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    Progress.objects.create(
        learner=enrollment.learner,
        lesson=lesson,
        opened_at=at,
        visited_at=at,
        done_at=at if is_done else None,
        rule="read" if is_done else "",
    )


def test_an_account_counts_once_its_owner_signed_in(enrollment: Enrollment) -> None:
    lead = enrollment.lead
    assert unmet(lead, "account_made") == "they have no account yet"
    assert unmet(lead, "no_account") == ""

    enrollment.learner.last_login = timezone.now()
    enrollment.learner.save()
    assert unmet(lead, "account_made") == ""
    assert unmet(lead, "no_account") == "they have made their account"


def test_lessons_of_the_course_count_and_no_others(enrollment: Enrollment, course: SmallCourse) -> None:
    lead = enrollment.lead
    done(enrollment, make_lesson(make_module(make_course())))
    done(enrollment, course.free, is_done=False)
    assert unmet(lead, "first_lesson_done") == "they have done no lesson yet"
    assert unmet(lead, "no_lesson_done") == ""

    done(enrollment, course.locked)
    assert unmet(lead, "first_lesson_done") == ""
    assert unmet(lead, "no_lesson_done") == "they have done a lesson"


def test_days_without_a_lesson_count_from_the_last_visit_or_the_beginning(
    enrollment: Enrollment, course: SmallCourse
) -> None:
    Cohort.objects.update(starts_on=wall_clock.today() - timedelta(days=8))
    assert unmet(enrollment.lead, "inactive_for", 8) == ""
    assert unmet(enrollment.lead, "inactive_for", 9) == "they were in a lesson within 9 days"

    done(enrollment, course.free, days_ago=3.5)
    assert unmet(enrollment.lead, "inactive_for", 3) == ""
    assert unmet(enrollment.lead, "inactive_for", 4) == "they were in a lesson within 4 days"


def test_a_start_that_is_near_or_over(enrollment: Enrollment) -> None:
    lead = enrollment.lead
    assert unmet(lead, "cohort_starts_in", 7) == ""
    assert unmet(lead, "cohort_starts_in", 6) == "no group of theirs starts within 6 days"

    Cohort.objects.update(starts_on=wall_clock.today() - timedelta(days=1))
    assert unmet(lead, "cohort_starts_in", 7) == "no group of theirs starts within 7 days"


def test_seats_of_the_next_group_of_the_course_that_a_lead_asked_about(course: SmallCourse) -> None:
    lead = LeadFactory(course=course.page)
    CohortFactory(course=course.page, starts_on=wall_clock.today() - timedelta(days=3), seats_taken=10)
    assert unmet(lead, "seats_left", 3) == "no group of theirs has 3 seats or fewer left"

    CohortFactory(course=course.page, seats=10, seats_taken=7)
    assert unmet(lead, "seats_left", 3) == ""
    assert unmet(lead, "seats_left", 2) == "no group of theirs has 2 seats or fewer left"
    assert unmet(LeadFactory(), "seats_left", 9) == "no group of theirs has 9 seats or fewer left"


def test_somebody_without_a_place_has_neither_lessons_nor_pauses() -> None:
    lead = LeadFactory()
    assert unmet(lead, "no_account") == ""
    assert unmet(lead, "no_lesson_done") == ""
    assert unmet(lead, "inactive_for", 1) == "they have no lessons to be in"


def test_all_must_hold_and_the_first_that_does_not_is_named(enrollment: Enrollment) -> None:
    step = StepFactory(conditions=[("no_account", None), ("cohort_starts_in", 2), ("seats_left", 1)])
    facts = facts_of_lead(enrollment.lead)

    assert first_unmet(Step.objects.get(pk=step.pk), facts) == "no group of theirs starts within 2 days"


def test_facts_cost_nothing_where_nobody_asks_and_each_once_where_they_do(enrollment: Enrollment) -> None:
    plain = StepFactory()
    asking = StepFactory(conditions=[("no_lesson_done", None), ("inactive_for", 3), ("inactive_for", 4)])
    plain, asking = (Step.objects.get(pk=step.pk) for step in (plain, asking))
    place = Enrollment.objects.select_related("learner", "course", "cohort").get()
    facts = Facts(lead=enrollment.lead, enrollment=place, entered_cohort=None, at=timezone.now())

    with CaptureQueriesContext(connection) as queries:
        assert first_unmet(plain, facts) == ""
    assert len(queries) == 0
    with CaptureQueriesContext(connection) as queries:
        first_unmet(asking, facts)
        first_unmet(asking, facts)
    assert len(queries) == 2
