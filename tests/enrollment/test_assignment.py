"""Who gets leads that nobody owns, and who sets that up."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier
from time import sleep

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.roles import Role, assign_role
from courses.models import Holiday, InstituteSettings
from enrollment import tasks
from enrollment.assignment import assign_waiting, given_by_hand, hand_over, why_waiting
from enrollment.desk import assign_owner
from enrollment.models import Counsellor, Lead, LeadEvent, Leave
from enrollment.roster import read_roster
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.courses import make_course
from tests.factories.enrollment import CounsellorFactory, LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
"""Tuesday, 12:00 where the institute is, which is open from 10:00 to 18:00."""
TODAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def counsellor(name: str, **fields: object) -> Counsellor:
    user = UserFactory(first_name=name, last_name="", email=f"{name.lower()}@example.com")
    assign_role(user, Role.ADMISSIONS)
    return CounsellorFactory(user=user, **fields)


def waiting(**fields: object) -> Lead:
    return LeadFactory(created_at=NOON - timedelta(minutes=5), **fields)


def owner_of(lead: Lead) -> str:
    owner = Lead.objects.get(pk=lead.pk).owner
    return str(owner) if owner else "nobody"


def reason(lead: Lead) -> str:
    found = Lead.objects.filter(pk=lead.pk).annotate(by_hand=given_by_hand()).get()
    return why_waiting(found, read_roster(), by_hand=found.by_hand)


@pytest.mark.usefixtures("site")
def test_leads_go_round_to_whom_has_waited_longest() -> None:
    counsellor("Anna", last_assigned_at=NOON - timedelta(hours=1))
    counsellor("Bala", last_assigned_at=NOON - timedelta(hours=2))
    counsellor("Chitra")
    leads = [waiting() for _number in range(5)]

    assert assign_waiting() == 5
    assert [owner_of(lead) for lead in leads] == ["Chitra", "Bala", "Anna", "Chitra", "Bala"]


@pytest.mark.usefixtures("site")
def test_the_turn_goes_on_in_the_next_run() -> None:
    counsellor("Anna")
    counsellor("Bala")
    owners = []
    for _run in range(3):
        lead = waiting()
        tasks.assign()
        owners.append(owner_of(lead))

    assert owners == ["Anna", "Bala", "Anna"]
    assert assign_waiting() == 0


def test_an_assignment_says_why_on_the_timeline(course: SmallCourse) -> None:
    counsellor("Anna")
    lead = waiting(course=course.page)
    placement = waiting(interest=Lead.Interest.PLACEMENT)
    assign_waiting()

    event = lead.events.get(kind=LeadEvent.Kind.OWNER)
    assert event.text == "Nobody to Anna. Round-robin: Python full-stack"
    assert event.actor is None
    assert "Round-robin: Placement" in placement.events.get(kind=LeadEvent.Kind.OWNER).text


def test_who_chose_courses_gets_leads_about_these_and_those_that_name_none(course: SmallCourse) -> None:
    other = make_course(slug="data", title="Data")
    anna = counsellor("Anna")
    anna.courses.set([other])
    anna.save()
    about_python, about_data, open_question = waiting(course=course.page), waiting(course=other), waiting()

    assert assign_waiting() == 2
    assert owner_of(about_python) == "nobody"
    assert reason(about_python) == "Nobody takes this course"
    assert owner_of(about_data) == owner_of(open_question) == "Anna"


@pytest.mark.parametrize(
    ("fields", "at", "gets"),
    [
        ({}, "2026-11-24 10:00", True),
        ({}, "2026-11-24 09:59", False),
        ({}, "2026-11-24 18:00", False),
        ({}, "2026-11-29 12:00", False),
        ({}, "2026-11-25 12:00", False),
        ({"starts_at": time(8), "ends_at": time(12)}, "2026-11-24 08:30", True),
        ({"starts_at": time(8), "ends_at": time(12)}, "2026-11-24 13:00", False),
        ({"days_off": "1"}, "2026-11-24 12:00", False),
        ({"days_off": "0"}, "2026-11-24 12:00", True),
    ],
    ids=[
        "opening",
        "before-opening",
        "closing",
        "sunday",
        "holiday",
        "own-hours",
        "after-own-hours",
        "day-off",
        "another-day-off",
    ],
)
@pytest.mark.usefixtures("site")
def test_leads_are_given_in_working_hours(
    fields: dict, at: str, gets: bool, noon: time_machine.Traveller
) -> None:
    institute = InstituteSettings.current()
    Holiday.objects.create(institute=institute, date=date(2026, 11, 25), name="Guru Nanak Jayanti")
    counsellor("Anna", **fields)
    lead = waiting()
    noon.move_to(datetime.fromisoformat(f"{at}+05:30"))

    assert assign_waiting() == gets
    assert reason(lead) == ("" if gets else "Waits for working hours")


@pytest.mark.parametrize(
    ("first", "last", "gets"), [(0, 0, False), (-3, 2, False), (1, 2, True), (-2, -1, True)]
)
@pytest.mark.usefixtures("site")
def test_nobody_gets_a_lead_while_on_leave(first: int, last: int, gets: bool) -> None:
    anna = counsellor("Anna")
    Leave.objects.create(
        counsellor=anna, first_day=TODAY + timedelta(days=first), last_day=TODAY + timedelta(days=last)
    )
    lead = waiting()

    assert assign_waiting() == gets
    assert reason(lead) == ("" if gets else "Who takes this course is on leave")


@pytest.mark.usefixtures("site")
def test_nobody_gets_more_than_they_have_room_for() -> None:
    anna = counsellor("Anna", capacity=2)
    LeadFactory(owner=anna.user)
    LeadFactory(owner=anna.user, stage_id=Lead.Stage.CLOSED)
    leads = [waiting(), waiting()]

    assert assign_waiting() == 1
    assert owner_of(leads[0]) == "Anna"
    assert reason(leads[1]) == "Nobody at work has room"


@pytest.mark.usefixtures("site")
def test_whoever_left_or_takes_none_gets_none() -> None:
    left = counsellor("Left")
    User.objects.filter(pk=left.user_id).update(is_active=False)
    counsellor("Moved").user.groups.clear()
    counsellor("Pausing", takes_leads=False)
    lead = waiting()

    assert assign_waiting() == 0
    assert reason(lead) == "No counsellor takes new leads"


@pytest.mark.usefixtures("site")
def test_old_ended_and_set_aside_leads_are_left_alone() -> None:
    counsellor("Anna")
    old = LeadFactory(created_at=NOON - timedelta(days=31))
    waiting(stage_id=Lead.Stage.CLOSED)
    waiting(set_aside=Lead.SetAside.RESTRICTED)

    assert assign_waiting() == 0
    assert reason(old) == "Older than 30 days: choose an owner"


def test_what_a_person_gave_back_stays_with_nobody(admissions: User, admissions_lead: User) -> None:
    counsellor("Anna")
    lead = waiting()
    assign_waiting()
    assign_owner(lead=lead, owner=admissions, actor=admissions_lead)
    assert owner_of(lead) == str(admissions)

    assign_owner(lead=lead, owner=None, actor=admissions_lead)
    assert assign_waiting() == 0
    assert reason(lead) == "Given back by hand: choose an owner"


@pytest.mark.usefixtures("site")
def test_leads_that_nobody_takes_do_not_hold_up_the_others(course: SmallCourse, monkeypatch) -> None:
    monkeypatch.setattr("enrollment.assignment.BATCH", 2)
    other = make_course(slug="data", title="Data")
    anna = counsellor("Anna")
    anna.courses.set([other])
    anna.save()
    for _number in range(3):
        waiting(course=course.page)
    newest = waiting(course=other)

    assert assign_waiting() == 1
    assert owner_of(newest) == "Anna"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer anyway")
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_give_each_lead_once_and_nobody_too_many(site, monkeypatch) -> None:
    monkeypatch.setattr("enrollment.assignment.BATCH", 3)
    users = [counsellor("Anna", capacity=8).user, counsellor("Bala", capacity=7).user]
    for _number in range(20):
        waiting()
    start = Barrier(4)

    def work(_number: int) -> int:
        start.wait()
        try:
            return assign_waiting()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(work, range(4)))

    assert sum(given) == 15
    assert [Lead.objects.filter(owner=user).count() for user in users] == [8, 7]
    assert LeadEvent.objects.filter(kind=LeadEvent.Kind.OWNER).count() == 15


@pytest.mark.usefixtures("site")
def test_leads_of_who_is_away_go_round_and_what_nobody_takes_stays(
    course: SmallCourse, admissions_lead: User, noon: time_machine.Traveller
) -> None:
    other = make_course(slug="data", title="Data")
    away, bala = counsellor("Away"), counsellor("Bala", capacity=3)
    bala.courses.set([other])
    bala.save()
    for about in (other, other, course.page):
        LeadFactory(owner=away.user, course=about)
    ended = LeadFactory(owner=away.user, stage_id=Lead.Stage.CLOSED)
    noon.move_to(NOON + timedelta(hours=12))

    handed = hand_over(owner=away.user, to=None, actor=admissions_lead)

    assert (handed.given, handed.left) == (2, 1)
    assert Lead.objects.filter(owner=bala.user, course=other).count() == 2
    assert owner_of(ended) == "Away"
    event = LeadEvent.objects.filter(kind=LeadEvent.Kind.OWNER).first()
    assert event.text == "Away to Bala. Round-robin: Data"
    assert event.actor == admissions_lead


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer anyway")
@pytest.mark.django_db(transaction=True)
def test_a_course_chosen_while_leads_are_handed_over_is_the_one_on_the_timeline(
    site, course: SmallCourse
) -> None:
    owner, taker = UserFactory(), UserFactory(name="Bala")
    lead = LeadFactory(owner=owner, course=course.page)
    other = make_course(slug="data", title="Data")

    def hand() -> None:
        try:
            hand_over(owner=owner, to=taker, actor=taker)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Lead.objects.filter(pk=lead.pk).update(course=other)
            handed = pool.submit(hand)
            sleep(0.5)
        handed.result()

    assert LeadEvent.objects.get(kind=LeadEvent.Kind.OWNER).text.endswith("Handed over: Data")


def form(user: User, **fields: object) -> dict[str, object]:
    return {
        "user": user.pk, "takes_leads": "on", "capacity": "12", "starts_at": "09:00", "ends_at": "13:00",
        "days_off": ["5", "2"], "leaves-TOTAL_FORMS": "1", "leaves-INITIAL_FORMS": "0",
        "leaves-MIN_NUM_FORMS": "0", "leaves-MAX_NUM_FORMS": "1000", "leaves-0-first_day": "2026-12-21",
        "leaves-0-last_day": "2026-12-24", "leaves-0-id": "", **fields,
    }  # fmt: skip


def test_an_admissions_lead_sets_up_a_counsellor(
    admissions: User, admissions_lead: User, course: SmallCourse
) -> None:
    client = signed_in(admissions_lead)
    client.post("/cms/leads/counsellors/add/", form(admissions, courses=[course.page.pk]))
    made = Counsellor.objects.get()

    assert (made.user, made.capacity, made.days_off) == (admissions, 12, "25")
    assert list(made.courses.all()) == [course.page]
    assert made.leaves.get().last_day == date(2026, 12, 24)
    page = client.get("/cms/leads/counsellors/").content.decode()
    assert "0 of 12" in page
    assert "At work" in page


def test_the_set_up_refuses_half_hours_learners_and_leave_that_ends_before_it_starts(
    admissions: User, admissions_lead: User, stranger: User
) -> None:
    client = signed_in(admissions_lead)
    for wrong, words in [
        (form(admissions, ends_at=""), "Enter both times"),
        (form(stranger), "Choose somebody who works leads"),
        (form(admissions, **{"leaves-0-last_day": "2026-12-01"}), "The last day must not be before"),
        (form(admissions, starts_at="14:00"), "the end after the start"),
    ]:
        assert words in client.post("/cms/leads/counsellors/add/", wrong).content.decode()
    assert not Counsellor.objects.exists()


def test_saving_somebody_who_takes_none_offers_their_leads_to_others(
    admissions: User, admissions_lead: User
) -> None:
    member = CounsellorFactory(user=admissions, last_assigned_at=NOON)
    LeadFactory.create_batch(2, owner=admissions)
    client = signed_in(admissions_lead)
    data = form(admissions, **{"leaves-TOTAL_FORMS": "0"})
    del data["takes_leads"]
    page = client.post(f"/cms/leads/counsellors/edit/{member.pk}/", data, follow=True).content.decode()

    assert "is away and has 2 open leads" in page
    assert f"/cms/leads/hand-over/{admissions.pk}/" in page
    member.refresh_from_db()
    assert member.last_assigned_at == NOON


def test_handing_over_is_confirmed_with_the_count_and_to_a_chosen_person(
    admissions: User, admissions_lead: User
) -> None:
    LeadFactory.create_batch(2, owner=admissions)
    client, address = signed_in(admissions_lead), f"/cms/leads/hand-over/{admissions.pk}/"
    assert "Reassign 2 leads" in client.get(address).content.decode()
    assert Lead.objects.filter(owner=admissions).count() == 2

    client.post(address, {"to": admissions_lead.pk})
    assert Lead.objects.filter(owner=admissions_lead).count() == 2
    assert client.post(address, {"to": "9999"}).status_code == 422


def test_an_account_that_is_switched_off_offers_its_leads(admin: User, admissions: User) -> None:
    LeadFactory(owner=admissions)
    data = {"email": admissions.email, "first_name": "Asha", "last_name": "Devi", "groups": []}
    page = signed_in(admin).post(f"/cms/users/edit/{admissions.pk}/", data, follow=True).content.decode()

    admissions.refresh_from_db()
    assert not admissions.is_active
    assert "has 1 open lead" in page


def test_waiting_leads_are_given_by_a_button_that_says_why_the_others_wait(
    admissions: User, admissions_lead: User, course: SmallCourse
) -> None:
    client = signed_in(admissions_lead)
    lead = waiting(person=PersonFactory(name="Meena"), course=course.page)
    assert "No counsellor takes new leads" in client.get("/cms/leads/unassigned/").content.decode()

    CounsellorFactory(user=admissions)
    page = client.post("/cms/leads/unassigned/", follow=True).content.decode()
    assert "1 lead was given." in page
    assert "Every open lead has an owner." in page
    assert owner_of(lead) == str(admissions)


@pytest.mark.parametrize(
    "address", ["/cms/leads/counsellors/", "/cms/leads/counsellors/add/", "/cms/leads/unassigned/"]
)
def test_counsellors_do_not_set_themselves_up(address: str, admissions: User, author: User) -> None:
    for user in (admissions, author):
        client: Client = signed_in(user)
        assert client.get(address).status_code == 302
        assert "/cms/leads/counsellors/" not in client.get("/cms/").content.decode()


def test_the_list_of_counsellors_costs_the_same_queries_for_one_and_for_three(admissions_lead: User) -> None:
    client = signed_in(admissions_lead)
    counsellor("Anna")
    client.get("/cms/leads/counsellors/")
    with CaptureQueriesContext(connection) as one:
        client.get("/cms/leads/counsellors/")
    counsellor("Bala")
    counsellor("Chitra")
    with CaptureQueriesContext(connection) as three:
        client.get("/cms/leads/counsellors/")

    assert len(three) == len(one)


def test_an_enquiry_wakes_the_round_robin(
    visitor: Client, course: SmallCourse, django_capture_on_commit_callbacks, monkeypatch
) -> None:
    woken = []
    monkeypatch.setattr("outbox.wake.current_app.send_task", lambda task, **kwargs: woken.append(task))
    with django_capture_on_commit_callbacks(execute=True):
        visitor.post("/enquire/", {
            "name": "Asha Devi", "email": "asha@example.com", "contact_by": "email",
            "key": "0b6a2f5c-6f4e-4b0d-9c1e-3d7a5e2f8c41",
        })  # fmt: skip

    assert Lead.objects.count() == 1
    assert tasks.assign.name in woken


def test_the_lead_page_says_what_a_lead_waits_for(admissions: User) -> None:
    lead = waiting()

    page = signed_in(admissions).get(f"/cms/leads/inspect/{lead.pk}/").content.decode()
    assert "No counsellor takes new leads" in page
