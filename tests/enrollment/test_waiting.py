"""Waiting lists: joined in order, seats offered and held, accepted, declined, lapsed; never one too many."""

import re
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from courses.models import Cohort
from enrollment.enrolling import place_lead, transfer, withdraw
from enrollment.models import Enrollment, Lead, LeadEvent, WaitingPlace
from enrollment.offers import offer_token
from enrollment.privacy import erase, restrict
from enrollment.tasks import offers
from enrollment.waiting import accept, join, leave, position, release_waiting
from outbox.models import Message
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory, make_course
from tests.factories.enrollment import ClosingReason, LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db

State = WaitingPlace.State


@pytest.fixture
def cohort(course: SmallCourse) -> Cohort:
    """One seat, and Asha has it."""
    cohort = CohortFactory(course=course.page, seats=1)
    place_lead(lead=lead_of("Asha", cohort), course=cohort.course, cohort=cohort)
    return cohort


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def lead_of(name: str, cohort: Cohort, **fields: Any) -> Lead:
    person = PersonFactory(name=name, email=f"{name.lower()}@example.com")
    return LeadFactory(person=person, course=cohort.course, **fields)


def waiting(cohort: Cohort, *names: str) -> list[WaitingPlace]:
    return [join(lead=lead_of(name, cohort), cohort=cohort) for name in names]


def free_the_seat() -> None:
    withdraw(Enrollment.objects.open().order_by("pk").first())


def now(place: WaitingPlace) -> WaitingPlace:
    return WaitingPlace.objects.select_related("cohort__course", "lead__person").get(pk=place.pk)


def states(places: list[WaitingPlace]) -> list[str]:
    return [now(place).state for place in places]


def offer_mails() -> list[str]:
    return list(Message.objects.filter(key__contains=":offer:").order_by("pk").values_list("to", flat=True))


def link_to(place: WaitingPlace) -> str:
    """The link of the mail, as the outbox has it."""
    message = Message.objects.filter(key__startswith=f"waiting:{place.pk}:").latest("pk")
    return message.private["offer_url"].removeprefix("http://testserver")


def said_of(place: WaitingPlace) -> list[str]:
    lines = place.lead.events.filter(kind=LeadEvent.Kind.ENROLMENT).order_by("pk")
    return list(lines.values_list("text", flat=True))


def assert_seats_are_right() -> None:
    call_command("check_seats")
    for cohort in Cohort.objects.all():
        taken = Enrollment.objects.opening().filter(cohort=cohort).count()
        held = WaitingPlace.objects.filter(cohort=cohort, state=State.OFFERED).count()
        assert cohort.seats_taken == taken + held <= cohort.seats


def test_the_seat_that_is_given_back_is_held_for_the_first_in_line(cohort: Cohort) -> None:
    first, second = waiting(cohort, "Bala", "Chitra")
    assert (position(first), position(second)) == (1, 2)

    free_the_seat()

    assert states([first, second]) == [State.OFFERED, State.WAITING]
    assert position(now(second)) == 1
    assert offer_mails() == ["bala@example.com"]
    message = Message.objects.get(key__startswith="waiting:")
    assert "[[offer_url]]" in message.text
    assert message.private["offer_url"] not in message.text
    assert "₹45,000" in message.text
    held = now(first)
    assert held.offer_until - held.offered_at == timedelta(hours=48)
    assert [line.split(",")[0] for line in said_of(first)] == [
        "Joined the waiting list of Python full-stack",
        "Seat offered in Python full-stack",
    ]
    assert_seats_are_right()


def test_a_held_seat_is_nobody_elses(cohort: Cohort, desk: Client) -> None:
    waiting(cohort, "Bala")
    free_the_seat()
    other = lead_of("Devi", cohort)

    response = desk.post(
        f"/cms/leads/enrol/{other.pk}/", {"course": cohort.course_id, "cohort": cohort.pk, "free": ""}
    )

    assert response.status_code == 409
    assert "This cohort is full." in response.content.decode()
    assert not other.enrollments.exists()
    assert_seats_are_right()


def test_the_offer_is_shown_by_get_and_accepted_by_post(cohort: Cohort, visitor: Client) -> None:
    (place,) = waiting(cohort, "Bala")
    free_the_seat()
    link = link_to(place)

    page = visitor.get(link)
    assert 'data-state="offered"' in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert states([place]) == [State.OFFERED], "looking at it takes nothing"

    page = visitor.post(link, {"do": "accept"}).content.decode()
    assert "The seat is yours" in page
    enrollment = Enrollment.objects.get(lead=place.lead)
    assert (enrollment.cohort, enrollment.state) == (cohort, Enrollment.State.INVITED)
    assert enrollment.learner.email == "bala@example.com"
    assert Message.objects.get(key=f"enrolment:{enrollment.pk}:invitation").to == "bala@example.com"
    assert Lead.objects.get(pk=place.lead_id).stage_id == Lead.Stage.ENROLLED
    assert f"Accepted the seat offered in {cohort}" in said_of(place)
    assert_seats_are_right()


def test_accepting_twice_is_one_seat_and_one_mail(cohort: Cohort, visitor: Client) -> None:
    (place,) = waiting(cohort, "Bala")
    free_the_seat()
    link = link_to(place)
    for _press in range(2):
        assert "The seat is yours" in visitor.post(link, {"do": "accept"}).content.decode()

    assert Enrollment.objects.opening().filter(cohort=cohort).count() == 1
    assert Message.objects.filter(to="bala@example.com").count() == 2, "the offer and the invitation"
    assert_seats_are_right()


def test_declining_gives_the_seat_to_the_next(cohort: Cohort, visitor: Client) -> None:
    places = waiting(cohort, "Bala", "Chitra")
    free_the_seat()

    page = visitor.post(link_to(places[0]), {"do": "decline"}).content.decode()

    assert "You are off the waiting list" in page
    assert states(places) == [State.LEFT, State.OFFERED]
    assert offer_mails() == ["bala@example.com", "chitra@example.com"]
    assert_seats_are_right()


def test_an_offer_lapses_and_the_next_in_line_gets_the_seat(cohort: Cohort, visitor: Client) -> None:
    places = waiting(cohort, "Bala", "Chitra")
    free_the_seat()
    late = link_to(places[0])
    with time_machine.travel(timezone.now() + timedelta(hours=47)):
        offers()
        assert states(places) == [State.OFFERED, State.WAITING]
    with time_machine.travel(timezone.now() + timedelta(hours=49)):
        for _again in range(2):
            offers()
        assert states(places) == [State.LAPSED, State.OFFERED]
        assert offer_mails() == ["bala@example.com", "chitra@example.com"]
        response = visitor.post(late, {"do": "accept"})

    assert response.status_code == 410
    assert "This seat went to the next person" in response.content.decode()
    assert not places[0].lead.enrollments.exists()
    assert said_of(places[0])[-1] == f"The offer of a seat in {cohort} lapsed"
    assert_seats_are_right()


def let_lapse() -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=49)):
        for _again in range(2):
            offers()


def lapse_mails() -> list[Message]:
    return list(Message.objects.filter(key__contains=":lapsed:"))


def test_who_did_not_answer_is_told_once_that_the_seat_went_on(cohort: Cohort, visitor: Client) -> None:
    places = waiting(cohort, "Bala", "Chitra")
    free_the_seat()

    let_lapse()

    (message,) = lapse_mails()
    assert message.to == "bala@example.com"
    assert "went to the next person" in message.text
    assert "Python full-stack" in message.text
    assert message.private["offer_url"] not in message.text
    page = visitor.get(link_to(places[0]))
    assert page.status_code == 410
    assert "Join the waiting list again" in page.content.decode()
    assert places[0].lead.events.filter(message=message).exists()

    anew = join(lead=places[0].lead, cohort=cohort)
    leave(now(places[1]))
    let_lapse()
    assert now(anew).state == State.LAPSED
    assert [message.to for message in lapse_mails()] == ["bala@example.com"] * 2


def test_who_declined_or_is_restricted_or_erased_hears_nothing_of_a_lapse(
    cohort: Cohort, admissions_lead: User
) -> None:
    declined, restricted, erased = waiting(cohort, "Bala", "Chitra", "Devi")
    free_the_seat()
    leave(now(declined))
    restrict(person=restricted.lead.person, actor=admissions_lead, reason="asked for")
    erase(person=erased.lead.person, actor=admissions_lead)

    let_lapse()
    WaitingPlace.objects.filter(pk=restricted.pk).update(
        state=State.OFFERED, offered_at=timezone.now(), offer_until=timezone.now()
    )
    Cohort.objects.update(seats_taken=1)
    let_lapse()

    assert now(restricted).state == State.LAPSED
    assert lapse_mails() == []


def test_a_lapsed_offer_of_somebody_without_an_address_is_a_call_to_make(cohort: Cohort) -> None:
    lead = LeadFactory(person=PersonFactory(email="", phone="+919876543210"), course=cohort.course)
    place = join(lead=lead, cohort=cohort)
    free_the_seat()

    let_lapse()

    assert lapse_mails() == []
    assert (
        said_of(place)[-1]
        == f"The offer of a seat in {cohort} lapsed. There is no e-mail address: call them."
    )


def test_an_offer_whose_time_is_over_cannot_be_accepted_before_the_task_runs(
    cohort: Cohort, visitor: Client
) -> None:
    (place,) = waiting(cohort, "Bala")
    free_the_seat()
    with time_machine.travel(timezone.now() + timedelta(hours=49)):
        assert visitor.get(link_to(place)).status_code == 410
        assert visitor.post(link_to(place), {"do": "accept"}).status_code == 410

    assert not place.lead.enrollments.exists()


@pytest.mark.parametrize(
    "forge",
    [
        lambda place: offer_token(place)[:-1] + ("A" if offer_token(place)[-1] != "A" else "B"),
        lambda place: f"{place.pk}",
        lambda place: "WzEsMF0:1abcde:forged",
        lambda place: offer_token(WaitingPlace(pk=place.pk, offered_at=timezone.now() - timedelta(days=1))),
    ],
    ids=["changed", "number", "unsigned", "earlier offer"],
)
def test_no_other_link_opens_the_offer(
    cohort: Cohort, visitor: Client, forge: Callable[[WaitingPlace], str]
) -> None:
    (place,) = waiting(cohort, "Bala")
    free_the_seat()
    address = f"/waiting/offer/{forge(now(place))}/"

    assert visitor.get(address).status_code == 404
    assert visitor.post(address, {"do": "accept"}).status_code == 404
    assert states([place]) == [State.OFFERED]
    assert not place.lead.enrollments.exists()


def test_an_offer_ends_with_the_first_day_and_the_list_closes(cohort: Cohort) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(starts_on=timezone.localdate() + timedelta(days=1))
    cohort.refresh_from_db()
    first, second = waiting(cohort, "Bala", "Chitra")
    free_the_seat()
    assert now(first).offer_until <= timezone.now() + timedelta(hours=48)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        offers()

    assert states([first, second]) == [State.LAPSED, State.LEFT]
    assert "the waiting list is closed" in said_of(second)[-1]
    assert offer_mails() == ["bala@example.com"]
    assert_seats_are_right()


def test_more_seats_are_offered_in_order(cohort: Cohort, admissions_lead: User) -> None:
    places = waiting(cohort, "Bala", "Chitra", "Devi")
    fields = ("course_id", "starts_on", "mode")
    data = {name.removesuffix("_id"): getattr(cohort, name) for name in fields} | {"seats": "3", "price": ""}
    response = signed_in(admissions_lead).post(f"/cms/cohorts/edit/{cohort.pk}/", data)

    assert response.status_code == 302
    assert states(places) == [State.OFFERED, State.OFFERED, State.WAITING]
    assert_seats_are_right()


def test_moving_away_gives_the_seat_to_the_line(cohort: Cohort, admissions: User) -> None:
    (place,) = waiting(cohort, "Bala")
    later = CohortFactory(course=cohort.course, mode=Cohort.Mode.CLASSROOM)
    enrollment = Enrollment.objects.get()
    place_lead(lead=enrollment.lead, course=cohort.course, cohort=later, actor=admissions)

    assert states([place]) == [State.OFFERED]
    assert_seats_are_right()


def test_joining_twice_keeps_the_first_place(cohort: Cohort) -> None:
    first, second = waiting(cohort, "Bala", "Chitra")
    again = join(lead=first.lead, cohort=cohort)

    assert (again, position(again)) == (first, 1)
    assert len(said_of(first)) == 1
    assert position(second) == 2


def test_closed_and_restricted_leads_pause(cohort: Cohort) -> None:
    closed, hidden, third = waiting(cohort, "Bala", "Chitra", "Devi")
    Lead.objects.filter(pk=closed.lead_id).update(
        stage=Lead.Stage.CLOSED, closing_reason=ClosingReason.objects.first()
    )
    Lead.objects.filter(pk=hidden.lead_id).update(set_aside=Lead.SetAside.RESTRICTED)
    free_the_seat()

    assert states([closed, hidden, third]) == [State.WAITING, State.WAITING, State.OFFERED]


def test_an_erased_persons_seat_goes_on(cohort: Cohort, visitor: Client) -> None:
    places = waiting(cohort, "Bala", "Chitra")
    free_the_seat()

    assert release_waiting(places[0].lead) == 1
    assert release_waiting(places[0].lead) == 0
    assert states(places) == [State.LEFT, State.OFFERED]
    assert_seats_are_right()


def test_the_offer_of_a_restricted_person_opens_for_nobody(cohort: Cohort, visitor: Client) -> None:
    (place,) = waiting(cohort, "Bala")
    free_the_seat()
    Lead.objects.filter(pk=place.lead_id).update(set_aside=Lead.SetAside.RESTRICTED)

    assert visitor.post(link_to(place), {"do": "accept"}).status_code == 404
    assert not place.lead.enrollments.exists()


def test_somebody_without_an_address_is_to_be_called(cohort: Cohort, desk: Client) -> None:
    lead = LeadFactory(person=PersonFactory(name="Bala", email="", phone="+919500481067"))
    place = join(lead=lead, cohort=cohort)
    free_the_seat()

    assert states([place]) == [State.OFFERED]
    assert said_of(place)[-1].endswith("There is no e-mail address: call them.")
    page = desk.post(f"/cms/leads/waiting/{place.pk}/", {"do": "accept", "back": "lead"}, follow=True)
    assert "no e-mail address" in page.content.decode()
    assert_seats_are_right()


def test_staff_accept_skip_and_take_off(cohort: Cohort, desk: Client) -> None:
    places = waiting(cohort, "Bala", "Chitra", "Devi")
    free_the_seat()

    def change(place: WaitingPlace, do: str) -> str:
        return desk.post(f"/cms/leads/waiting/{place.pk}/", {"do": do}, follow=True).content.decode()

    assert "Bala went to the end of the line." in change(places[0], "skip")
    assert states(places) == [State.WAITING, State.OFFERED, State.WAITING]
    assert [position(now(place)) for place in places] == [2, 0, 1]
    assert "Devi is off the list." in change(places[2], "leave")
    assert "Chitra has the seat" in change(places[1], "accept")
    assert states(places) == [State.WAITING, State.TAKEN, State.LEFT]
    assert "Somebody settled this before" in change(places[1], "accept")
    assert "Nobody else is on the list" in change(places[0], "skip")
    assert_seats_are_right()


def test_a_restricted_persons_seat_stands_on_the_cohorts_page_without_a_name(
    cohort: Cohort, desk: Client, admissions_lead: User
) -> None:
    restrict(person=Lead.objects.get().person, actor=admissions_lead, reason="asked for it")
    page = desk.get(f"/cms/leads/cohorts/{cohort.pk}/").content.decode()

    assert "Restricted person" in page
    assert "Asha" not in page


def test_a_restricted_persons_earlier_place_stands_there_without_a_name(
    cohort: Cohort, desk: Client, admissions_lead: User
) -> None:
    place, _behind = waiting(cohort, "Bala", "Chitra")
    restrict(person=place.lead.person, actor=admissions_lead, reason="asked for it")

    page = desk.get(f"/cms/leads/cohorts/{cohort.pk}/").content.decode()

    assert "Hidden or merged lead" in page
    assert "Bala" not in page
    assert "Chitra" in page


def test_the_line_stands_on_the_cohorts_page(cohort: Cohort, desk: Client) -> None:
    waiting(cohort, "Bala", "Chitra", "Devi")
    free_the_seat()
    page = desk.get(f"/cms/leads/cohorts/{cohort.pk}/").content.decode()

    assert "1 of 1 seats, 1 on offer, 2 waiting" in " ".join(page.split())
    offered, line, enrolled = (page.index(f'id="{part}"') for part in ("offers", "waiting", "enrolled"))
    assert offered < page.index(">Bala<") < line < page.index(">Chitra<") < page.index(">Devi<") < enrolled
    assert "Withdrawn" in page[enrolled:]
    assert f"/cms/leads/cohorts/{cohort.pk}/" in desk.get("/cms/leads/waiting/").content.decode()
    assert f'href="/cms/leads/cohorts/{cohort.pk}/"' in desk.get("/cms/cohorts/").content.decode()


def test_desk_pages_cost_the_same_for_one_and_for_three(cohort: Cohort, desk: Client) -> None:
    addresses = [f"/cms/leads/cohorts/{cohort.pk}/", "/cms/leads/waiting/", "/cms/cohorts/"]

    def costs() -> list[int]:
        counts = []
        for address in addresses:
            desk.get(address)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                desk.get(address)
            counts.append(len(queries))
        return counts

    waiting(cohort, "Bala")
    one = costs()
    waiting(cohort, "Chitra", "Devi")
    for name in ("Esha", "Farid"):
        other = CohortFactory(course=make_course(), seats=1)
        place_lead(lead=lead_of(name, other), course=other.course, cohort=other)
        join(lead=lead_of(f"{name}2", other), cohort=other)
    Cohort.objects.filter(pk=cohort.pk).update(seats=3, seats_taken=3)
    for name in ("gita", "hari"):
        learner = UserFactory(email=f"{name}@example.com")
        Enrollment.objects.create(learner=learner, course=cohort.course, cohort=cohort)

    assert costs() == one


def test_a_signed_in_person_joins_sees_their_number_and_leaves(cohort: Cohort, stranger: User) -> None:
    waiting(cohort, "Bala")
    browser = signed_in(stranger)
    course = browser.get(cohort.course.url).content.decode()
    assert "Join waiting list" in course
    assert f'action="/waiting/{cohort.pk}/"' in course

    for _press in range(2):
        page = browser.post(f"/waiting/{cohort.pk}/", follow=True).content.decode()
        assert "You are number 2 on the waiting list" in page
    place = WaitingPlace.objects.get(lead__person__contact_points__value="stranger@example.com")
    assert Lead.objects.filter(course=cohort.course, waiting_places=place).count() == 1
    assert "You are number 2 on the waiting list." in browser.get(cohort.course.url).content.decode()

    browser.post(f"/waiting/{cohort.pk}/", {"do": "decline"})
    assert states([place]) == [State.LEFT]
    assert "Join waiting list" in browser.get(f"/waiting/{cohort.pk}/").content.decode()


def test_a_signed_in_person_accepts_on_their_own_page(cohort: Cohort, stranger: User) -> None:
    browser = signed_in(stranger)
    browser.post(f"/waiting/{cohort.pk}/")
    free_the_seat()

    assert "A seat is free for you" in browser.get(f"/waiting/{cohort.pk}/").content.decode()
    assert "The seat is yours" in browser.post(f"/waiting/{cohort.pk}/", {"do": "accept"}).content.decode()
    assert Enrollment.objects.get(learner=stranger).cohort == cohort
    assert "You have a seat in this group" in browser.get(f"/waiting/{cohort.pk}/").content.decode()


def test_nobody_sees_or_ends_the_place_of_an_address_that_is_not_proven(
    cohort: Cohort, stranger: User
) -> None:
    EmailAddress.objects.filter(user=stranger).update(verified=False)
    (place,) = waiting(cohort, "Stranger")
    browser = signed_in(stranger)

    assert "You are number" not in browser.get(f"/waiting/{cohort.pk}/").content.decode()
    browser.post(f"/waiting/{cohort.pk}/", {"do": "decline"})
    assert states([place]) == [State.WAITING]


def test_a_visitor_is_led_to_the_enquiry_with_the_course(cohort: Cohort, visitor: Client) -> None:
    page = visitor.get(cohort.course.url).content.decode()
    assert re.search(r'href="/enquire/\?course=python-full-stack">\s*Join waiting list', page)
    for method in ("get", "post"):
        response = getattr(visitor, method)(f"/waiting/{cohort.pk}/")
        assert response.url == "/enquire/?course=python-full-stack"
    assert not WaitingPlace.objects.exists()


def test_nobody_waits_where_seats_are_left(cohort: Cohort, stranger: User) -> None:
    free_the_seat()
    browser = signed_in(stranger)
    response = browser.post(f"/waiting/{cohort.pk}/")

    assert response.status_code == 409
    assert "There are seats left" in response.content.decode()
    assert not Lead.objects.filter(person__name=stranger.name).exists(), "nothing was asked for"
    assert "Join waiting list" not in browser.get(cohort.course.url).content.decode()
    assert not WaitingPlace.objects.exists()


def test_the_price_agreed_while_waiting_is_the_price_of_the_seat(
    cohort: Cohort, desk: Client, visitor: Client
) -> None:
    lead = lead_of("Bala", cohort)
    data = {"course": cohort.course_id, "cohort": cohort.pk, "price": "₹40,000", "wait": "1"}
    page = desk.post(f"/cms/leads/enrol/{lead.pk}/", data, follow=True).content.decode()
    assert f"Bala is number 1 on the waiting list of {cohort}." in page
    assert "number 1 in the line" in page
    free_the_seat()
    place = lead.waiting_places.get()

    assert "₹40,000" in visitor.get(link_to(place)).content.decode()
    visitor.post(link_to(place), {"do": "accept"})
    assert lead.enrollments.get().price_agreed == 40000


def test_check_seats_says_which_cohort_is_wrong(cohort: Cohort, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_seats")
    assert "rightly" in capsys.readouterr().out
    Cohort.objects.filter(pk=cohort.pk).update(seats_taken=0)

    with pytest.raises(CommandError, match="1 cohorts"):
        call_command("check_seats")
    assert (
        f"{cohort} (id {cohort.pk}): 0 counted as taken, 1 enrolments and offers" in capsys.readouterr().err
    )


def together(*jobs: Callable[[], object]) -> list[str]:
    """Run the jobs at one moment, each with its own connection; return the names of what they raised."""
    start = Barrier(len(jobs))
    raised: list[str] = []

    def run(job: Callable[[], object]) -> None:
        start.wait()
        try:
            job()
        except Exception as error:  # noqa: BLE001 - told to the test
            raised.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_opposite_moves_at_once_wait_for_nobody(course: SmallCourse) -> None:
    one = CohortFactory(course=course.page, seats=2)
    two = CohortFactory(course=make_course(), seats=2)
    for _round in range(5):
        Enrollment.objects.all().delete()
        Cohort.objects.update(seats_taken=0)
        pairs = [(one, two), (two, one)]
        held = []
        for number, (here, there) in enumerate(pairs):
            lead = LeadFactory()
            enrollment = place_lead(lead=lead, course=here.course, cohort=here).enrollment
            held.append((lead, enrollment, there, number))
        raised = together(
            *(
                lambda lead=lead, enrollment=enrollment, there=there: transfer(
                    enrollment, lead=lead, course=there.course, cohort=there
                )
                for lead, enrollment, there, _number in held
            )
        )
        assert raised == []
        moved = Enrollment.objects.open().values_list("lead", "cohort")
        assert dict(moved) == {lead.pk: there.pk for lead, _enrollment, there, _number in held}
        assert_seats_are_right()


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_an_answer_at_once_give_one_seat_and_one_offer(course: SmallCourse) -> None:
    cohort = CohortFactory(course=course.page, seats=1)
    place_lead(lead=lead_of("Asha", cohort), course=cohort.course, cohort=cohort)
    places = waiting(cohort, "Bala", "Chitra")
    free_the_seat()
    WaitingPlace.objects.filter(pk=places[0].pk).update(offer_until=timezone.now() - timedelta(seconds=1))

    raised = together(offers, offers, lambda: accept(now(places[0])), lambda: leave(now(places[0])))

    assert set(raised) <= {"OfferEnded"}
    assert states(places)[1] == State.OFFERED
    assert sorted(offer_mails()) == ["bala@example.com", "chitra@example.com"]
    assert_seats_are_right()


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_a_rival_for_the_held_seat_never_both_win(course: SmallCourse) -> None:
    cohort = CohortFactory(course=course.page, seats=1)
    place_lead(lead=lead_of("Asha", cohort), course=cohort.course, cohort=cohort)
    (place,) = waiting(cohort, "Bala")
    free_the_seat()
    rivals = [lead_of(name, cohort) for name in ("Chitra", "Devi", "Esha")]

    raised = together(
        lambda: accept(now(place)),
        lambda: accept(now(place)),
        *(
            lambda rival=rival: place_lead(lead=rival, course=cohort.course, cohort=cohort)
            for rival in rivals
        ),
    )

    assert raised == ["CohortFull"] * 3
    assert Enrollment.objects.open().get().lead == place.lead
    assert_seats_are_right()
