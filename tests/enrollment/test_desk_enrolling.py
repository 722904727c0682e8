"""Enrolling, moving and withdrawing from the lead page: price, lost seats, where the lead goes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from courses.models import Cohort
from enrollment.enrolling import Placement, place_lead
from enrollment.models import ClosingReason, Enrollment, Lead, LeadEvent, WaitingPlace
from enrollment.waiting import join
from outbox.models import Message
from tests.conftest import SmallCourse, signed_in
from tests.enrollment.test_waiting import assert_seats_are_right
from tests.factories.courses import CohortFactory, make_course
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


@pytest.fixture
def lead(course: SmallCourse) -> Lead:
    return LeadFactory(person=PersonFactory(name="Asha Devi", email="asha@example.com"), course=course.page)


@pytest.fixture
def cohort(course: SmallCourse) -> Cohort:
    return CohortFactory(course=course.page, seats=1)


@pytest.fixture
def classroom(course: SmallCourse) -> Cohort:
    return CohortFactory(course=course.page, mode=Cohort.Mode.CLASSROOM, price=120000)


def page_of(desk: Client, lead: Lead) -> str:
    return desk.get(f"/cms/leads/inspect/{lead.pk}/").content.decode()


def said_of(lead: Lead) -> list[str]:
    lines = lead.events.filter(kind=LeadEvent.Kind.ENROLMENT).order_by("pk")
    return list(lines.values_list("text", flat=True))


def seat(cohort: Cohort, **more: object) -> dict[str, object]:
    return {"course": cohort.course_id, "cohort": cohort.pk, "free": str(cohort.pk)} | more


def post(desk: Client, form: str, lead: Lead, data: dict[str, object]) -> tuple[int, str]:
    """Return the status of the answer and the page that the user sees in the end."""
    response = desk.post(f"/cms/leads/{form}/{lead.pk}/", data)
    page = desk.get(response.url) if response.status_code == 302 else response
    return response.status_code, page.content.decode()


def test_the_price_is_filled_in_agreed_told_and_shown(desk: Client, lead: Lead, classroom: Cohort) -> None:
    page = page_of(desk, lead)
    assert 'value="1,20,000"' in page, "the list price of the next cohort with seats"
    assert 'data-price="120000.00"' in page

    status, page = post(desk, "enrol", lead, seat(classroom, price="₹1,10,000", price_shown="1,20,000"))

    assert status == 302
    assert "₹1,10,000" in page
    assert lead.enrollments.get().price_agreed == 110000
    assert said_of(lead) == [f"Enrolled in {classroom} for ₹1,10,000"]
    assert "Price agreed: ₹1,10,000" in Message.objects.get().text


def test_no_price_stands_for_the_list_price(desk: Client, lead: Lead, classroom: Cohort) -> None:
    post(desk, "enrol", lead, seat(classroom, price=""))

    assert lead.enrollments.get().price_agreed == 120000


@pytest.mark.parametrize(
    ("price", "said"),
    [
        ("-1", "Enter a price of 0 or more"),
        ("a lot", "Enter the price as a number, like 45,000"),
        ("100000000", "Enter a price below ₹1,00,00,000"),
        ("1.999", "Enter rupees with two digits for paise at most"),
        ("NaN", "Enter the price as a number, like 45,000"),
    ],
)
def test_a_price_that_is_none_is_refused(
    desk: Client, lead: Lead, cohort: Cohort, price: str, said: str
) -> None:
    status, page = post(desk, "enrol", lead, seat(cohort, price=price))

    assert status == 422
    assert page.count(said) >= 2, "in the summary and at the field"
    assert not Enrollment.objects.exists()


def test_a_price_of_another_choice_is_asked_about_once(desk: Client, lead: Lead, classroom: Cohort) -> None:
    data = seat(classroom, price="45,000", price_shown="45,000")
    status, page = post(desk, "enrol", lead, data)
    assert status == 422
    assert "The list price of this choice is ₹1,20,000, not ₹45,000." in page

    assert post(desk, "enrol", lead, data | {"price_shown": ""})[0] == 302
    assert lead.enrollments.get().price_agreed == 45000


def test_a_lead_that_was_hidden_a_moment_ago_is_not_enrolled(
    desk: Client, lead: Lead, cohort: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hidden_first(**asked: Any) -> Placement:
        Lead.everything.filter(pk=lead.pk).update(set_aside=Lead.SetAside.RESTRICTED)
        return place_lead(**asked)

    monkeypatch.setattr("enrollment.admin.views.enrolling.place_lead", hidden_first)
    status, page = post(desk, "enrol", lead, seat(cohort))

    assert status == 409
    assert "The lead was merged already or is hidden." in page
    assert not Enrollment.objects.exists()


def test_a_seat_that_went_a_moment_ago(desk: Client, lead: Lead, cohort: Cohort, classroom: Cohort) -> None:
    rival = LeadFactory()
    place_lead(lead=rival, course=cohort.course, cohort=cohort)
    status, page = post(desk, "enrol", lead, seat(cohort, price="40,000"))

    assert status == 409
    assert "The last seat went a moment ago." in page
    assert page.index("Put on the waiting list") < page.index("Enrol here"), "waiting first, then another"
    assert "₹1,20,000" in page
    assert not lead.enrollments.exists()
    assert not User.objects.filter(email="asha@example.com").exists()

    status, page = post(desk, "enrol", lead, seat(cohort, price="40000", wait="1"))
    assert status == 302
    assert f"Asha Devi is number 1 on the waiting list of {cohort}." in page
    assert lead.waiting_places.get().price_agreed == 40000
    assert post(desk, "enrol", lead, seat(classroom))[0] == 302
    assert_seats_are_right()


def test_a_cohort_that_was_full_before_is_not_said_to_be_lost(
    desk: Client, lead: Lead, cohort: Cohort
) -> None:
    place_lead(lead=LeadFactory(), course=cohort.course, cohort=cohort)
    status, page = post(desk, "enrol", lead, seat(cohort, free=""))

    assert status == 409
    assert "This cohort is full." in page
    assert "went a moment ago" not in page
    assert "No other cohort of this course has a free seat." in page


def test_waiting_needs_a_full_cohort(desk: Client, lead: Lead, cohort: Cohort) -> None:
    status, page = post(desk, "enrol", lead, seat(cohort, wait="1"))
    assert (status, "This cohort has a free seat." in page) == (422, True)
    status, page = post(desk, "enrol", lead, {"course": cohort.course_id, "wait": "1"})
    assert (status, "Choose the cohort to wait for" in page) == (422, True)
    assert not WaitingPlace.objects.exists()


def test_a_move_shows_the_difference_in_price(
    desk: Client, lead: Lead, cohort: Cohort, classroom: Cohort
) -> None:
    enrollment = place_lead(lead=lead, course=cohort.course, cohort=cohort).enrollment
    status, page = post(desk, "transfer", lead, seat(classroom, enrollment=enrollment.pk, price="1,20,000"))

    assert status == 302
    assert "₹1,20,000 agreed, ₹75,000 more" in page
    assert said_of(lead)[-1] == f"Moved from {cohort} to {classroom}; ₹1,20,000 agreed, ₹75,000 more"
    assert lead.enrollments.get().cohort == classroom
    assert Message.objects.count() == 2
    assert_seats_are_right()


def test_a_move_to_another_course_withdraws_and_enrols_in_one_step(
    desk: Client, lead: Lead, cohort: Cohort
) -> None:
    other = CohortFactory(course=make_course(title="Flask alone"))
    enrollment = place_lead(lead=lead, course=cohort.course, cohort=cohort).enrollment
    waits = join(lead=LeadFactory(), cohort=cohort)
    status, _page = post(desk, "transfer", lead, seat(other, enrollment=enrollment.pk))

    assert status == 302
    enrollment.refresh_from_db()
    assert enrollment.state == Enrollment.State.WITHDRAWN
    assert lead.enrollments.open().get().cohort == other
    assert lead.enrollments.open().get().price_agreed == 45000, "kept when none is given"
    waits.refresh_from_db()
    assert waits.state == WaitingPlace.State.OFFERED
    assert Lead.objects.get(pk=lead.pk).stage_id == Lead.Stage.ENROLLED
    assert_seats_are_right()


def test_a_move_into_a_full_course_leaves_the_old_place(desk: Client, lead: Lead, cohort: Cohort) -> None:
    other = CohortFactory(course=make_course(), seats=1)
    place_lead(lead=LeadFactory(), course=other.course, cohort=other)
    enrollment = place_lead(lead=lead, course=cohort.course, cohort=cohort).enrollment
    status, page = post(desk, "transfer", lead, seat(other, enrollment=enrollment.pk))

    assert status == 409
    assert "The last seat went a moment ago." in page
    enrollment.refresh_from_db()
    assert (enrollment.cohort, enrollment.is_open) == (cohort, True)
    assert_seats_are_right()


@pytest.mark.parametrize(
    ("choose", "said"),
    [
        (lambda here: {"cohort": ""}, "Choose the cohort to move to"),
        (lambda here: {"cohort": here.pk}, "This is the cohort of today"),
        (lambda here: {"enrollment": "999999"}, "This enrolment is not open any more"),
    ],
)
def test_a_move_to_nowhere_is_refused(
    desk: Client, lead: Lead, cohort: Cohort, choose: Callable[[Cohort], dict[str, object]], said: str
) -> None:
    enrollment = place_lead(lead=lead, course=cohort.course, cohort=cohort).enrollment
    data = {"course": cohort.course_id, "enrollment": enrollment.pk} | choose(cohort)
    status, page = post(desk, "transfer", lead, data)

    assert status == 422
    assert said in page
    enrollment.refresh_from_db()
    assert enrollment.cohort == cohort


def test_withdrawing_the_last_place_asks_where_the_lead_goes(
    desk: Client, lead: Lead, cohort: Cohort
) -> None:
    enrollment = place_lead(lead=lead, course=cohort.course, cohort=cohort).enrollment
    data: dict[str, object] = {"enrollment": enrollment.pk, "reason": "New job in Pune"}

    assert "Choose where the lead goes" in post(desk, "withdraw", lead, data)[1]
    assert "Choose why the lead is closed" in post(desk, "withdraw", lead, data | {"stage": "closed"})[1]
    why = ClosingReason.objects.first()
    status, page = post(desk, "withdraw", lead, data | {"stage": "closed", "closing": why.pk})

    assert status == 302
    assert "Enrol again" in page
    lead.refresh_from_db()
    assert (lead.stage_id, lead.closing_reason) == ("closed", why)
    assert said_of(lead)[-1] == "Withdrawn from Python full-stack: New job in Pune"
    assert_seats_are_right()


def test_withdrawing_one_of_two_places_leaves_the_lead_enrolled(
    desk: Client, lead: Lead, cohort: Cohort
) -> None:
    first = place_lead(lead=lead, course=cohort.course, cohort=cohort).enrollment
    place_lead(lead=lead, course=make_course())
    status, _page = post(desk, "withdraw", lead, {"enrollment": first.pk, "stage": "contacted"})

    assert status == 302
    assert Lead.objects.get(pk=lead.pk).stage_id == Lead.Stage.ENROLLED


def test_a_withdrawal_is_undone_in_one_press_while_seats_last(
    desk: Client, lead: Lead, cohort: Cohort
) -> None:
    enrollment = place_lead(lead=lead, course=cohort.course, cohort=cohort).enrollment
    Enrollment.objects.update(price_agreed=30000)
    post(desk, "withdraw", lead, {"enrollment": enrollment.pk, "stage": "qualified"})
    again = seat(cohort, price="30000.00")
    assert f'name="cohort" value="{cohort.pk}"' in page_of(desk, lead)

    assert post(desk, "enrol", lead, again)[0] == 302
    back = lead.enrollments.get()
    assert (back.pk, back.is_open, back.price_agreed) == (enrollment.pk, True, 30000)

    post(desk, "withdraw", lead, {"enrollment": enrollment.pk, "stage": "qualified"})
    place_lead(lead=LeadFactory(), course=cohort.course, cohort=cohort)
    status, page = post(desk, "enrol", lead, again)
    assert (status, "The last seat went a moment ago." in page) == (409, True)
    assert_seats_are_right()


def test_the_page_costs_the_same_for_one_place_and_for_three(desk: Client, lead: Lead) -> None:
    def cost() -> int:
        page_of(desk, lead)
        with CaptureQueriesContext(connection) as queries:
            page_of(desk, lead)
        return len(queries)

    place_lead(lead=lead, course=make_course())
    one = cost()
    for _number in range(2):
        course = make_course()
        place_lead(lead=lead, course=course, cohort=CohortFactory(course=course))
    lead.events.all().delete()
    place_lead(lead=lead, course=make_course())

    assert cost() <= one
