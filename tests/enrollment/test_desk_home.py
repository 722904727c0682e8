"""The home panel "Needs you now", and cohorts in the CMS."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from courses.models import Cohort
from enrollment.admin.panels import ROWS, waiting_for
from enrollment.models import Lead
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def names(user: User) -> dict[str, list[str]]:
    return {group.name: [lead.person.name for lead in group.leads] for group in waiting_for(user)}


def test_late_unassigned_and_due_leads_need_you(admissions: User) -> None:
    now = timezone.now()
    LeadFactory(person=PersonFactory(name="Late"), answer_due_at=now - timedelta(hours=1),
                created_at=now - timedelta(hours=9))  # fmt: skip
    LeadFactory(person=PersonFactory(name="Waits"), created_at=now - timedelta(hours=2))
    LeadFactory(person=PersonFactory(name="Fresh"), created_at=now - timedelta(minutes=10))
    LeadFactory(person=PersonFactory(name="Due"), owner=admissions, next_action="Call", next_action_at=now)
    LeadFactory(person=PersonFactory(name="Later"), owner=admissions, next_action="Call",
                next_action_at=now + timedelta(days=2))  # fmt: skip
    LeadFactory(person=PersonFactory(name="Gone"), stage_id=Lead.Stage.CLOSED,
                answer_due_at=now - timedelta(days=1))  # fmt: skip

    assert names(admissions) == {"late": ["Late"], "due": ["Due"], "unassigned": ["Waits"]}


def test_nothing_waiting_is_said(desk: Client) -> None:
    assert "Nothing waiting." in desk.get("/cms/").content.decode()


def test_authors_have_no_such_panel(author: User) -> None:
    LeadFactory(person=PersonFactory(name="Asha Devi"), answer_due_at=timezone.now() - timedelta(hours=1))
    page = signed_in(author).get("/cms/").content.decode()

    assert "Needs you now" not in page
    assert "Asha Devi" not in page


def test_each_row_leads_to_its_lead_and_many_to_the_list(desk: Client) -> None:
    now = timezone.now()
    LeadFactory.create_batch(ROWS + 1, answer_due_at=now - timedelta(hours=1))
    page = desk.get("/cms/").content.decode()

    assert f"/cms/leads/inspect/{Lead.objects.last().pk}/" in page
    assert "/cms/leads/?late=true" in page


def test_the_panel_costs_the_same_queries_for_one_lead_and_for_three(admissions: User) -> None:
    now = timezone.now()
    LeadFactory(answer_due_at=now - timedelta(hours=1))
    with CaptureQueriesContext(connection) as one:
        names(admissions)
    LeadFactory.create_batch(2, answer_due_at=now - timedelta(hours=1))
    with CaptureQueriesContext(connection) as three:
        names(admissions)

    assert len(three) == len(one) == 3


def test_cohorts_are_listed_with_their_seats(desk: Client, course: SmallCourse) -> None:
    CohortFactory(course=course.page, seats=12, seats_taken=3)
    page = desk.get("/cms/cohorts/").content.decode()

    assert "Python full-stack" in page
    assert "Online, live" in page
    assert "12" in page


def test_the_list_of_cohorts_costs_the_same_queries_for_one_and_for_three(
    desk: Client, course: SmallCourse
) -> None:
    CohortFactory(course=course.page)
    desk.get("/cms/cohorts/")
    with CaptureQueriesContext(connection) as one:
        desk.get("/cms/cohorts/")
    for day in (10, 20):
        CohortFactory(course=course.page, starts_on=timezone.localdate() + timedelta(days=day))
    with CaptureQueriesContext(connection) as three:
        desk.get("/cms/cohorts/")

    assert len(three) == len(one)


def test_an_admissions_lead_makes_a_cohort_and_admissions_do_not(
    desk: Client, admissions_lead: User, course: SmallCourse
) -> None:
    data = {
        "course": str(course.page.pk),
        "starts_on": str(timezone.localdate() + timedelta(days=30)),
        "mode": "online",
        "seats": "20",
        "price": "",
    }
    assert desk.post("/cms/cohorts/add/", data).status_code == 302
    assert not Cohort.objects.exists()

    signed_in(admissions_lead).post("/cms/cohorts/add/", data)
    assert Cohort.objects.get().seats == 20


def test_fewer_seats_than_learners_is_an_error_not_a_crash(
    admissions_lead: User, course: SmallCourse
) -> None:
    cohort = CohortFactory(course=course.page, seats=5, seats_taken=4)
    data = {
        "course": str(course.page.pk),
        "starts_on": str(cohort.starts_on),
        "mode": "online",
        "seats": "3",
        "price": "",
    }
    response = signed_in(admissions_lead).post(f"/cms/cohorts/edit/{cohort.pk}/", data)

    assert response.status_code == 200
    assert response.context["form"].errors
    cohort.refresh_from_db()
    assert cohort.seats == 5


def test_authors_see_no_cohorts(author: User, course: SmallCourse) -> None:
    client = signed_in(author)

    assert client.get("/cms/cohorts/").status_code == 302
    assert "/cms/cohorts/" not in client.get("/cms/").content.decode()
