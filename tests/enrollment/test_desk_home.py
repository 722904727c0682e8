"""The home panel "Needs you now", and cohorts in the CMS."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from courses.models import Cohort
from enrollment.admin.needs import ROWS, waiting_for
from enrollment.desk import add_note
from enrollment.models import Lead, LeadEvent, PipelineStage, WaitingPlace
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import CounsellorFactory, LeadEventFactory, LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
"""Tuesday, 12:00 where the institute is, which is open from 10:00 to 18:00."""


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


@pytest.fixture
def noon() -> time_machine.Traveller:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def named(name: str, **fields: object) -> Lead:
    return LeadFactory(person=PersonFactory(name=name), **fields)


def names(user: User) -> dict[str, list[str]]:
    request = RequestFactory().get("/cms/")
    request.user = User.objects.get(pk=user.pk)
    return {group.name: [row.lead.person.name for row in group.rows] for group in waiting_for(request)}


@pytest.mark.usefixtures("noon")
def test_what_is_mine_and_late_due_stuck_or_nobodys_needs_me(admissions: User) -> None:
    PipelineStage.objects.filter(key="contacted").update(stuck_after_hours=8)
    later = NOON + timedelta(hours=30)
    named("Late", owner=admissions, answer_due_at=NOON - timedelta(minutes=1))
    named("Soon", owner=admissions, answer_due_at=NOON + timedelta(hours=2))
    named("In time", owner=admissions, answer_due_at=NOON + timedelta(hours=2, minutes=1))
    named("Answered", owner=admissions, answer_due_at=NOON - timedelta(hours=1), answered_at=NOON)
    named("Due", owner=admissions, answer_due_at=later, next_action="Call", next_action_at=NOON)
    named("Tomorrow", owner=admissions, answer_due_at=later, next_action="Call",
          next_action_at=NOON + timedelta(days=1))  # fmt: skip
    stuck = {"owner": admissions, "answered_at": NOON, "stage_id": "contacted"}
    named("Stuck", **stuck, stage_since=NOON - timedelta(hours=24, minutes=1))
    named("Moves", **stuck, stage_since=NOON - timedelta(hours=24))
    named("Nobody's", answer_due_at=later, created_at=NOON - timedelta(minutes=61))
    named("Fresh", answer_due_at=later, created_at=NOON - timedelta(minutes=59))
    named("Others'", owner=UserFactory(), answer_due_at=NOON - timedelta(hours=1))
    named("Gone", owner=admissions, stage_id=Lead.Stage.CLOSED, answer_due_at=NOON - timedelta(days=1))

    assert names(admissions) == {
        "late": ["Late"],
        "soon": ["Soon"],
        "due": ["Due"],
        "stuck": ["Stuck"],
        "unassigned": ["Nobody's"],
    }


@pytest.mark.usefixtures("noon")
def test_an_admissions_lead_sees_what_is_late_of_everybody(admissions: User, admissions_lead: User) -> None:
    named("Late", owner=admissions, answer_due_at=NOON - timedelta(minutes=1))
    named("Soon", owner=admissions, answer_due_at=NOON + timedelta(hours=1))

    assert names(admissions_lead) == {"late": ["Late"], "soon": ["Soon"]}


@pytest.mark.usefixtures("noon")
def test_who_wrote_again_waits_until_somebody_turns_to_them(admissions: User) -> None:
    lead = named("Again", owner=admissions, answered_at=NOON, answer_due_at=NOON)
    LeadEventFactory(lead=lead, kind=LeadEvent.Kind.REPEATED, created_at=NOON - timedelta(hours=2))
    assert names(admissions) == {"again": ["Again"]}

    add_note(lead=lead, text="Called back.", actor=admissions)
    assert names(admissions) == {}


@pytest.mark.usefixtures("noon")
def test_seats_whose_offer_lapses_today_need_me(admissions: User, course: SmallCourse) -> None:
    cohort = CohortFactory(course=course.page)
    for name, hours in (("Today", 3), ("Tomorrow", 24)):
        lead = named(name, owner=admissions, answered_at=NOON)
        WaitingPlace.objects.create(
            lead=lead,
            cohort=cohort,
            state=WaitingPlace.State.OFFERED,
            offered_at=NOON,
            offer_until=NOON + timedelta(hours=hours),
        )

    assert names(admissions) == {"offers": ["Today"]}


@pytest.mark.usefixtures("noon")
def test_the_panel_says_how_long_and_what_a_lead_waits_for(desk: Client, admissions: User) -> None:
    named("Asha Devi", owner=admissions, created_at=NOON - timedelta(hours=6),
          answer_due_at=NOON - timedelta(hours=2))  # fmt: skip
    named("Ravi", owner=admissions, answer_due_at=NOON + timedelta(minutes=40))
    named("Meena", created_at=NOON - timedelta(hours=2), answer_due_at=NOON + timedelta(hours=2))
    page = desk.get("/cms/").content.decode()

    assert "2 h late" in page
    assert "due in 40 min" in page
    assert "No counsellor takes new leads" in page


def test_nothing_waiting_is_said(desk: Client) -> None:
    assert "Nothing waiting." in desk.get("/cms/").content.decode()


def test_authors_have_no_such_panel(author: User) -> None:
    named("Asha Devi", answer_due_at=timezone.now() - timedelta(hours=1))
    page = signed_in(author).get("/cms/").content.decode()

    assert "Needs you now" not in page
    assert "Asha Devi" not in page


def test_each_row_leads_to_its_lead_and_many_to_the_list(desk: Client, admissions: User) -> None:
    now = timezone.now()
    LeadFactory.create_batch(ROWS + 1, owner=admissions, answer_due_at=now - timedelta(hours=1))
    page = desk.get("/cms/").content.decode()

    assert f"/cms/leads/inspect/{Lead.objects.last().pk}/" in page
    assert "/cms/leads/?owner=me&amp;late=true" in page


def waiting_leads(user: User) -> dict[str, set[int]]:
    """Make more leads of each kind than the panel shows, and others that are none of them."""
    later = NOON + timedelta(hours=30)
    mine = {"owner": user, "answer_due_at": later}
    answered = mine | {"answered_at": NOON, "stage_id": "contacted"}
    kinds: dict[str, dict] = {
        "late": mine | {"answer_due_at": NOON - timedelta(minutes=1)},
        "soon": mine | {"answer_due_at": NOON + timedelta(hours=1)},
        "due": mine | {"next_action": "Call", "next_action_at": NOON + timedelta(hours=1)},
        "again": answered,
        "stuck": answered | {"stage_since": NOON - timedelta(days=9)},
        "unassigned": {"answer_due_at": later, "created_at": NOON - timedelta(minutes=61)},
    }
    made = {
        kind: {lead.pk for lead in LeadFactory.create_batch(ROWS + 2, **fields)}
        for kind, fields in kinds.items()
    }
    for lead in Lead.objects.filter(pk__in=made["again"]):
        LeadEventFactory(lead=lead, kind=LeadEvent.Kind.REPEATED, created_at=NOON - timedelta(hours=1))
    for others in (mine, answered, {"answer_due_at": later}, {"answer_due_at": NOON - timedelta(days=1)}):
        LeadFactory.create_batch(2, **{"created_at": NOON} | others)
    LeadFactory(owner=user, stage_id=Lead.Stage.CLOSED, stage_since=NOON - timedelta(days=9))
    return made


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("person", ["admissions", "admissions_lead"])
def test_see_all_leads_to_exactly_the_leads_that_the_panel_counts(
    person: str, request: pytest.FixtureRequest
) -> None:
    PipelineStage.objects.filter(key="contacted").update(stuck_after_hours=8)
    user = request.getfixturevalue(person)
    made = waiting_leads(user)
    client = signed_in(user)
    panel = RequestFactory().get("/cms/")
    panel.user = user
    lists = {group.name: client.get(group.more_url).context["page_obj"] for group in waiting_for(panel)}

    assert {name: {lead.pk for lead in page} for name, page in lists.items()} == made


@pytest.mark.usefixtures("noon")
def test_many_offered_seats_lead_to_the_waiting_lists(
    desk: Client, admissions: User, course: SmallCourse
) -> None:
    cohort = CohortFactory(course=course.page)
    for lead in LeadFactory.create_batch(ROWS + 1, owner=admissions, answered_at=NOON):
        WaitingPlace.objects.create(
            lead=lead, cohort=cohort, state="offered", offered_at=NOON, offer_until=NOON + timedelta(hours=1)
        )

    assert "/cms/leads/waiting/" in desk.get("/cms/").content.decode().split("Offered seats")[1]


@pytest.mark.usefixtures("noon")
def test_the_team_stands_with_its_numbers_before_the_admissions_lead_alone(
    admissions: User, admissions_lead: User
) -> None:
    CounsellorFactory(user=admissions, capacity=4)
    for due in (-1, 3, 4):
        LeadFactory(owner=admissions, answer_due_at=NOON + timedelta(hours=due))
    left = UserFactory(first_name="Gone", last_name="Away", is_active=False)
    LeadFactory(owner=left, answer_due_at=NOON + timedelta(hours=4))
    page = signed_in(admissions_lead).get("/cms/").content.decode()

    assert "3 of 4" in page
    assert "1 late" in page
    assert "Gone Away" in page
    assert f"/cms/leads/hand-over/{left.pk}/" in page
    assert f"/cms/leads/hand-over/{admissions.pk}/" not in page
    assert "3 of 4" not in signed_in(admissions).get("/cms/").content.decode()


@pytest.mark.usefixtures("noon")
def test_the_panel_costs_the_same_queries_for_one_lead_and_for_three(
    admissions: User, admissions_lead: User, course: SmallCourse
) -> None:
    PipelineStage.objects.filter(key="contacted").update(stuck_after_hours=1)
    cohort = CohortFactory(course=course.page)

    def one_of_each() -> None:
        owner = UserFactory()
        CounsellorFactory(user=owner)
        for person in (admissions, admissions_lead, owner, None):
            LeadFactory(owner=person, course=course.page, answer_due_at=NOON - timedelta(hours=1),
                        created_at=NOON - timedelta(hours=9))  # fmt: skip
            LeadFactory(owner=person, answer_due_at=NOON + timedelta(hours=1))
            LeadFactory(owner=person, next_action="Call", next_action_at=NOON, answered_at=NOON)
            LeadFactory(owner=person, stage_id="contacted", answered_at=NOON,
                        stage_since=NOON - timedelta(days=9))  # fmt: skip
            lead = LeadFactory(owner=person, answered_at=NOON)
            LeadEventFactory(lead=lead, kind=LeadEvent.Kind.ANOTHER, created_at=NOON)
            WaitingPlace.objects.create(lead=lead, cohort=cohort, state="offered", offered_at=NOON,
                                        offer_until=NOON + timedelta(hours=1))  # fmt: skip

    for user in (admissions, admissions_lead):
        client = signed_in(user)
        one_of_each()
        client.get("/cms/")
        with CaptureQueriesContext(connection) as one:
            client.get("/cms/")
        one_of_each()
        one_of_each()
        with CaptureQueriesContext(connection) as three:
            page = client.get("/cms/").content.decode()

        assert "Wrote again" in page
        assert "Offered seats that lapse today" in page
        assert len(three) == len(one)


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


def test_a_list_without_cohorts_says_what_one_is_and_who_adds_it(desk: Client, admissions_lead: User) -> None:
    page = desk.get("/cms/cohorts/").content.decode()

    assert "A cohort is a group" in page
    assert "An admissions lead adds cohorts." in page
    assert "Add a cohort" in signed_in(admissions_lead).get("/cms/cohorts/").content.decode()


def test_cohorts_are_not_deleted_many_at_once(admissions_lead: User, course: SmallCourse) -> None:
    CohortFactory(course=course.page)

    assert "bulk-action" not in signed_in(admissions_lead).get("/cms/cohorts/").content.decode()


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
