"""Waiting places and offers of seats on the learner's own page."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from courses.models import Cohort
from enrollment.models import Lead, WaitingPlace
from enrollment.seats import offer_free_seats
from enrollment.waiting import position
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def cohort(course: SmallCourse) -> Cohort:
    return CohortFactory(course=course.page, seats=0)


@pytest.fixture
def lead(learner: User, course: SmallCourse) -> Lead:
    return LeadFactory(person=PersonFactory(user=learner), course=course.page)


def wait(cohort: Cohort, lead: Lead | None = None, **fields: object) -> WaitingPlace:
    return WaitingPlace.objects.create(cohort=cohort, lead=lead or LeadFactory(), **fields)


def page_of(user: User) -> str:
    return signed_in(user).get("/learn/").content.decode()


def test_the_number_in_the_line_and_the_way_to_the_list_stand_on_the_own_page(
    cohort: Cohort, lead: Lead, learner: User
) -> None:
    wait(cohort)
    wait(cohort, LeadFactory(stage_id=Lead.Stage.CLOSED))
    place = wait(cohort, lead)
    wait(cohort)
    assert position(place) == 2

    page = page_of(learner)

    assert "Number 2 in the line" in page
    assert f'href="/waiting/{cohort.pk}/"' in page
    assert "A seat is free for you" not in page


def test_an_offered_seat_leads_to_its_page_until_its_time_is_over(
    cohort: Cohort, lead: Lead, learner: User
) -> None:
    place = wait(cohort, lead)
    Cohort.objects.update(seats=1)
    offer_free_seats(cohort.pk)

    page = page_of(learner)

    assert "A seat is free for you" in page
    url = page.split('<li data-state="offered">')[1].split('href="')[1].split('"')[0]
    offer = signed_in(learner).get(url)
    assert offer.status_code == 200
    assert "Accept the seat" in offer.content.decode()

    WaitingPlace.objects.filter(pk=place.pk).update(offer_until=timezone.now())
    assert "A seat is free for you" not in page_of(learner)


def test_only_own_places_that_still_count_are_shown(
    cohort: Cohort, lead: Lead, learner: User, stranger: User, course: SmallCourse
) -> None:
    wait(cohort, lead, state=WaitingPlace.State.LEFT)
    started = CohortFactory(course=course.page, starts_on=timezone.localdate() - timedelta(days=3))
    wait(started, lead)
    wait(cohort, LeadFactory(person=PersonFactory(email=stranger.email)))
    assert "Waiting lists" not in page_of(learner)
    EmailAddress.objects.filter(user=stranger).delete()
    assert "Waiting lists" not in page_of(stranger)

    EmailAddress.objects.create(user=stranger, email=stranger.email, verified=True, primary=True)

    assert "Number 1 in the line" in page_of(stranger)


def test_two_enquiries_for_one_group_show_one_place(cohort: Cohort, lead: Lead, learner: User) -> None:
    wait(cohort, lead)
    wait(cohort, LeadFactory(person=lead.person))

    assert page_of(learner).count("in the line") == 1


def test_the_own_page_costs_the_same_for_one_place_and_for_three(
    course: SmallCourse, lead: Lead, learner: User
) -> None:
    client = signed_in(learner)
    counts = []
    for number in (1, 3):
        while WaitingPlace.objects.count() < number:
            starts_on = timezone.localdate() + timedelta(days=WaitingPlace.objects.count())
            wait(CohortFactory(course=course.page, seats=0, starts_on=starts_on), lead)
        client.get("/learn/")
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/learn/").content.decode()
        assert page.count("in the line") == number
        counts.append(len(queries))

    assert counts[0] == counts[1]
