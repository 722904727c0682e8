"""A further enquiry of somebody known, as it comes in through the forms and is seen at the desk."""

import uuid
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections, transaction
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrollment import intake
from enrollment.desk import change_stage
from enrollment.models import (
    ClosingReason,
    Consent,
    ContactPoint,
    DuplicateSuggestion,
    Lead,
    LeadEvent,
    Person,
    PipelineStage,
    Submission,
)
from enrollment.people import find_known, fold_name
from outbox.models import Message
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.courses import make_course
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db


def answers(**changes: str) -> dict[str, str]:
    values = {
        "name": "Kavitha Selvam",
        "email": "kavitha@example.com",
        "phone": "98765 43210",
        "contact_by": "whatsapp",
        "message": "When does the next group start?",
        "key": str(uuid.uuid4()),
    }
    return values | changes


def ask(client: Client | None = None, path: str = "/enquire/", **changes: str) -> None:
    response = (client or Client()).post(path, answers(**changes))
    assert response.status_code == 302, response.content.decode()


@pytest.fixture(autouse=True)
def _site(course: SmallCourse) -> None:
    pass


def test_a_second_enquiry_is_added_to_the_open_lead_with_all_that_was_said(course: SmallCourse) -> None:
    ask()
    ask(
        name="KAVITHA  selvam",
        email="Kavitha@Example.com",
        phone="+44 7700 900982",
        contact_by="phone",
        best_time="evening",
        course="python-full-stack",
        message="And what does it cost?",
        consent_news="on",
    )

    lead = Lead.objects.get()
    event = lead.events.get(kind=LeadEvent.Kind.ANOTHER)
    assert event.text.splitlines() == [
        "Your name: KAVITHA selvam",
        "Email address: Kavitha@Example.com",
        "How should we contact you?: Phone call",
        "Phone number: +44 7700 900982",
        "Which course is it about?: Python full-stack",
        "Best time to reach you: Evening",
        "Your message: And what does it cost?",
        "I am under 18: No",
        "Send me course news about once a month. I can stop at any time.: Yes",
    ]
    assert (lead.contact_by, lead.best_time, lead.course) == ("phone", "evening", course.page)
    assert lead.message == "When does the next group start?"
    points = lead.person.contact_points.values_list("value", flat=True)
    assert set(points) == {"kavitha@example.com", "+919876543210", "+447700900982"}
    assert Consent.objects.get().granted
    outcomes = Submission.objects.order_by("pk").values_list("outcome", "lead")
    assert list(outcomes) == [("lead", lead.pk), ("repeated", lead.pk)]
    assert "447700900982" in lead.search_text
    subjects = Message.objects.values_list("subject", flat=True)
    assert len(subjects) == 2
    assert all(lead.reference in subject for subject in subjects)
    assert lead.next_action == "", "nobody has answered yet, so the first promise stands"


def test_what_was_said_is_shown_to_the_sender_and_nobody_else_of_the_same_lead() -> None:
    first, second = Client(), Client()
    ask(first, message="My first words")
    page = second.post("/enquire/", answers(message="My second words"), follow=True)

    reference = Lead.objects.get().reference
    assert page.redirect_chain == [(f"/enquire/thanks/{reference}/", 302)]
    assert "My second words" in page.content.decode()
    assert "My first words" not in page.content.decode()
    again = first.get(f"/enquire/thanks/{reference}/").content.decode()
    assert "My first words" in again
    assert "My second words" not in again


def test_unticked_news_and_an_empty_best_time_take_nothing_back() -> None:
    ask(consent_news="on", best_time="morning")
    ask()

    lead = Lead.objects.get()
    assert lead.best_time == "morning"
    assert [consent.granted for consent in Consent.objects.all()] == [True]


def test_another_question_to_an_answered_lead_starts_the_clock_again() -> None:
    ask()
    lead = Lead.objects.get()
    change_stage(lead=lead, stage="contacted", actor=None)
    answered_at = Lead.objects.get().answered_at

    page = Client().post("/enquire/", answers(message="One more thing"), follow=True).content.decode()

    lead = Lead.objects.get()
    assert lead.answered_at == answered_at
    assert lead.next_action == "Answer the new enquiry"
    assert lead.next_action_at > timezone.now()
    by = timezone.localtime(lead.next_action_at)
    assert f"before {by:%H:%M} on {by:%A}" in page
    assert f"before {by:%H:%M} on {by:%A}" in Message.objects.order_by("pk").last().text


@pytest.mark.parametrize(("hours", "kept"), [(0, True), (1000, False)])
def test_an_earlier_plan_stays_and_a_later_one_gives_way_without_being_forgotten(
    hours: int, *, kept: bool
) -> None:
    ask()
    at = timezone.now() + timedelta(hours=hours)
    Lead.objects.update(answered_at=timezone.now(), next_action="Send brochure", next_action_at=at)

    ask()

    lead = Lead.objects.get()
    assert (lead.next_action == "Send brochure") is kept
    plans = lead.events.filter(kind=LeadEvent.Kind.PLAN).values_list("text", flat=True)
    assert any("Send brochure" in text for text in plans) is not kept


@pytest.mark.parametrize(
    ("first", "second", "leads"),
    [
        ("", "python-full-stack", 1),
        ("python-full-stack", "", 1),
        ("python-full-stack", "python-full-stack", 1),
        ("python-full-stack", "data", 2),
    ],
)
def test_another_course_is_another_lead_of_the_same_person(first: str, second: str, leads: int) -> None:
    make_course(slug="data", title="Data")
    ask(course=first)
    ask(course=second)

    assert Person.objects.count() == 1
    assert Lead.objects.count() == leads
    assert Submission.objects.exclude(lead=None).count() == 2


def test_placement_is_another_lead_and_a_second_placement_enquiry_fills_in_its_answers() -> None:
    ask()
    ask(path="/placement/", status="working", skills="SQL")
    ask(path="/placement/", status="working", target_role="Backend")

    assert Person.objects.count() == 1
    placement = Lead.objects.get(interest=Lead.Interest.PLACEMENT)
    assert placement.details == {"status": "working", "skills": "SQL", "target_role": "Backend"}
    assert Lead.objects.count() == 2


@pytest.mark.parametrize("stage", PipelineStage.ENDED)
def test_a_closed_lead_stays_closed_and_the_new_one_is_linked_with_it(stage: str) -> None:
    ask()
    old = Lead.objects.get()
    change_stage(lead=old, stage=stage, actor=None, reason=ClosingReason.objects.first())

    ask(message="I changed my mind")

    old.refresh_from_db()
    new = Lead.objects.exclude(pk=old.pk).get()
    assert old.stage_id == stage
    assert new.person == old.person
    assert new.stage_id == PipelineStage.NEW
    assert old.reference in new.events.get(kind=LeadEvent.Kind.ANOTHER).text
    assert new.reference in old.events.get(kind=LeadEvent.Kind.ANOTHER).text


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Arun Selvam"},
        {"name": "Kavitha"},
        {"email": "arun@example.com"},
        {"name": "Arun Selvam", "email": "arun@example.com"},
    ],
    ids=["same mail, other name", "same mail, short name", "same phone and name", "same phone"],
)
def test_sharing_an_address_or_a_phone_joins_nobody(changes: dict[str, str]) -> None:
    ask()
    ask(**changes)

    assert Person.objects.count() == Lead.objects.count() == 2
    assert set(Submission.objects.values_list("outcome", flat=True)) == {"lead"}
    assert not DuplicateSuggestion.objects.filter(dismissed_at__isnull=False).exists()


def test_a_restricted_person_is_known_to_nobody() -> None:
    ask()
    Person.objects.update(restricted_at=timezone.now())
    Lead.objects.update(set_aside=Lead.SetAside.RESTRICTED)

    ask()

    assert Person.objects.count() == 2
    assert Lead.everything.filter(set_aside="").count() == 1
    assert LeadEvent.objects.filter(kind=LeadEvent.Kind.ANOTHER).count() == 0


def test_a_row_that_is_not_wholly_imported_yet_is_known_to_nobody() -> None:
    person = PersonFactory(name="Kavitha Selvam", email="kavitha@example.com")
    LeadFactory(person=person, set_aside=Lead.SetAside.IMPORTING)

    ask()

    assert Lead.objects.get().person != person


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"email": "new@example.com"}, True),
        ({"name": "Kavi", "email": "login@example.com"}, True),
        ({"name": "Arun", "email": "arun@example.com"}, False),
    ],
    ids=["own name", "own address", "asks for somebody else"],
)
def test_who_is_signed_in_is_known_by_the_account(changes: dict[str, str], *, known: bool) -> None:
    account = UserFactory(email="login@example.com")
    lead = LeadFactory(person=PersonFactory(name="Kavitha Selvam", user=account))

    ask(signed_in(account), **changes)

    assert (Submission.objects.get().lead == lead) is known
    assert Submission.objects.get().account == account
    assert Person.objects.count() == (1 if known else 2)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Zoë  Müller", "zoe muller", True),
        ("ZOE MULLER", "Zoë Mu\u0308ller", True),
        (" Kavitha\u00a0Selvam", "Kavitha Selvam ", True),
        ("Kavitha S.", "Kavitha S", False),
        ("रमा", "रमु", False),
        ("கவிதா", "கவிதீ", False),
    ],
)
def test_names_fold_case_space_and_accents_but_no_letter_of_another_script(
    one: str, other: str, *, same: bool
) -> None:
    assert (fold_name(one) == fold_name(other)) is same


@pytest.mark.parametrize("namesakes", [1, 3])
def test_looking_for_a_known_person_costs_the_same_however_many_share_the_address(namesakes: int) -> None:
    for number in range(namesakes):
        person = PersonFactory(name=f"Kavitha {number}", email="kavitha@example.com")
        LeadFactory(person=person, course=None)

    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        found = find_known(account=None, email="kavitha@example.com", name="Kavitha 0")

    assert found.name == "Kavitha 0"
    assert len(queries) == 6  # savepoint and its end, who it is, locks on leads and person, still so


@pytest.mark.django_db(transaction=True)
def test_posts_of_a_known_person_at_the_same_moment_lose_nothing_and_make_one_lead() -> None:
    ask()
    posts = 6
    barrier, failed = Barrier(posts), []

    def post(number: int) -> None:
        try:
            data = QueryDict(mutable=True)
            data.update(answers(message=f"Question {number}", phone=f"98765 4321{number}"))
            barrier.wait()
            intake.settle(intake.record(form="enquiry", data=data, address=None))
        except Exception as error:  # noqa: BLE001 - told by the assertion below
            failed.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=post, args=[number]) for number in range(posts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    lead = Lead.objects.get()
    said = "\n".join(lead.events.filter(kind=LeadEvent.Kind.ANOTHER).values_list("text", flat=True))
    assert all(f"Question {number}" in said for number in range(posts))
    assert lead.person.contact_points.filter(kind=ContactPoint.Kind.PHONE).count() == posts
    assert Message.objects.count() == posts + 1


@pytest.mark.django_db(transaction=True)
def test_first_posts_for_another_course_at_the_same_moment_make_one_lead_of_it() -> None:
    ask()
    Lead.objects.update(stage="enrolled")
    barrier = Barrier(4)

    def post() -> None:
        try:
            data = QueryDict(mutable=True)
            data.update(answers())
            barrier.wait()
            intake.settle(intake.record(form="enquiry", data=data, address=None))
        finally:
            connections.close_all()

    threads = [Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Person.objects.count() == 1
    assert Lead.objects.open().count() == 1
    assert sorted(Submission.objects.values_list("outcome", flat=True)) == ["lead", "lead"] + ["repeated"] * 3


@pytest.mark.django_db(transaction=True)
def test_every_enquiry_sent_twice_at_the_same_moment_makes_one_lead() -> None:
    posts = [answers(name=f"Asha {number}", email=f"asha{number}@example.com") for number in range(12)]
    barrier, told = Barrier(2), []

    def send() -> None:
        try:
            for number, post in enumerate(posts):
                barrier.wait()
                response = Client().post("/enquire/", post, REMOTE_ADDR=f"10.0.0.{number}")
                told.append(response.headers["Location"])
        finally:
            connections.close_all()

    threads = [Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Lead.objects.count() == Person.objects.count() == Submission.objects.count() == len(posts)
    assert Message.objects.count() == len(posts)
    assert all(told.count(place) == 2 for place in told)
    assert len(told) == 2 * len(posts)
