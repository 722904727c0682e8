"""Getting in touch from the lead page: calls, WhatsApp, mail and booked calls."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from enrollment.contacting import send_mail
from enrollment.desk import ONE_PRESS, plan_next_action, plan_shown
from enrollment.errors import PersonRestricted
from enrollment.models import Lead, LeadEvent, MessageTemplate
from outbox.models import Message, Suppression
from outbox.suppression import suppress
from tests.conftest import SmallCourse, signed_in
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(course: SmallCourse) -> Lead:
    person = PersonFactory(name="Asha Devi", email="Asha@Example.com", phone="+919500481067")
    return LeadFactory(person=person, course=course.page, reference="ENQ-7F3K-29")


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def mail_data(**changes: str) -> dict[str, str]:
    data = {"key": str(uuid4()), "to": "asha@example.com", "subject": "Fees", "text": "Hello Asha,\nbye"}
    return data | changes


@pytest.mark.parametrize(
    ("outcome", "answered"),
    [("reached", True), ("no-answer", False), ("wrong-number", False)],
)
def test_a_call_is_logged_in_one_press_and_counts_when_somebody_spoke(
    desk: Client, lead: Lead, admissions: User, outcome: str, answered: bool
) -> None:
    data = {"outcome": outcome, "text": "Asked about fees"}
    page = desk.post(f"/cms/leads/call/{lead.pk}/", data, follow=True).content.decode()

    lead.refresh_from_db()
    assert (lead.answered_at is not None) is answered
    event = lead.events.get()
    assert (event.kind, event.outcome, event.actor) == (LeadEvent.Kind.CALL, outcome, admissions)
    assert f"Call: {event.get_outcome_display().lower()}" in page
    assert "Asked about fees" in page


def test_the_first_contact_alone_sets_the_answer(desk: Client, lead: Lead) -> None:
    first = timezone.now() - timedelta(days=1)
    Lead.objects.update(answered_at=first)
    desk.post(f"/cms/leads/call/{lead.pk}/", {"outcome": "reached"})

    lead.refresh_from_db()
    assert lead.answered_at == first


def test_tries_without_an_answer_are_counted(desk: Client, lead: Lead) -> None:
    for minutes in (0, 20, 40):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
            desk.post(f"/cms/leads/call/{lead.pk}/", {"outcome": "no-answer"})
    page = desk.get(f"/cms/leads/inspect/{lead.pk}/").content.decode()

    assert "3 tries without an answer" in page


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("call", {"outcome": "reached", "text": "Fine"}),
        ("chat", {"to": "+919500481067", "text": "Hello"}),
        ("note", {"text": "Wants the evening group."}),
    ],
)
def test_a_button_pressed_twice_writes_one_line(
    desk: Client, lead: Lead, form: str, data: dict[str, str]
) -> None:
    for _ in range(2):
        assert desk.post(f"/cms/leads/{form}/{lead.pk}/", data).status_code in {200, 302}

    assert lead.events.count() == 1


def test_the_same_note_by_another_person_or_later_is_another_note(
    desk: Client, lead: Lead, admissions_lead: User
) -> None:
    data = {"text": "Called, no answer."}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for client in (desk, signed_in(admissions_lead)):
            client.post(f"/cms/leads/note/{lead.pk}/", data)
        clock.shift(ONE_PRESS + timedelta(seconds=1))
        desk.post(f"/cms/leads/note/{lead.pk}/", data)

    assert lead.events.count() == 3


def test_calling_back_is_planned(desk: Client, lead: Lead) -> None:
    with time_machine.travel(datetime(2026, 11, 24, 5, 0, tzinfo=UTC)):
        client = signed_in(User.objects.get(email="admissions@example.com"))
        data = {"outcome": "call-back", "at": "2026-11-25T16:30", "text": "", "shown": "|"}
        client.post(f"/cms/leads/call/{lead.pk}/", data)

    lead.refresh_from_db()
    assert lead.next_action == "Call back"
    assert timezone.localtime(lead.next_action_at).strftime("%d %H:%M") == "25 16:30"
    assert lead.answered_at is not None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Press how the call ended"),
        ({"outcome": "won"}, "Press how the call ended"),
        ({"outcome": "call-back", "at": ""}, "Enter when to call back"),
        ({"outcome": "call-back", "at": "2020-01-01T10:00"}, "This time is over"),
        ({"outcome": "call-back", "at": "later"}, "Enter a date and time"),
        ({"outcome": "reached", "text": "x" * 4001}, "Shorten the note"),
    ],
)
def test_a_call_that_is_not_said_rightly_is_refused(
    desk: Client, lead: Lead, data: dict[str, str], said: str
) -> None:
    response = desk.post(f"/cms/leads/call/{lead.pk}/", data)

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not lead.events.exists()


def test_calling_back_does_not_wipe_a_plan_made_meanwhile(
    desk: Client, lead: Lead, admissions_lead: User
) -> None:
    shown = plan_shown(lead)
    plan_next_action(lead=lead, action="Send fees", at=timezone.now(), actor=admissions_lead)
    at = timezone.localtime() + timedelta(days=1)
    data = {"outcome": "call-back", "at": at.strftime("%Y-%m-%dT%H:%M"), "text": "Busy", "shown": shown}
    response = desk.post(f"/cms/leads/call/{lead.pk}/", data)

    assert response.status_code == 409
    assert f"{admissions_lead} changed this to Send fees" in response.content.decode()
    assert ">\nBusy</textarea>" in response.content.decode()
    lead.refresh_from_db()
    assert lead.next_action == "Send fees"


def test_whatsapp_is_noted_and_opened_with_the_text(desk: Client, lead: Lead) -> None:
    text = "Hello Asha & all, ₹ 20 000?"
    response = desk.post(f"/cms/leads/chat/{lead.pk}/", {"to": "+919500481067", "text": text})
    page = response.content.decode()

    assert f"https://wa.me/919500481067?text={quote(text)}" in page
    assert lead.events.get().text == text
    lead.refresh_from_db()
    assert lead.answered_at is not None


def test_whatsapp_goes_to_the_persons_own_numbers_only(desk: Client, lead: Lead) -> None:
    response = desk.post(f"/cms/leads/chat/{lead.pk}/", {"to": "+911234567890", "text": "Hello"})

    assert response.status_code == 422
    assert "Choose a number from the list" in response.content.decode()
    assert not lead.events.exists()


def test_a_chosen_text_is_shown_filled(desk: Client, lead: Lead, course: SmallCourse) -> None:
    template = MessageTemplate.objects.create(
        channel="email", name="Seat", subject="{reference}: {course}", body="Dear {name}, {staff} here."
    )
    page = desk.get(f"/cms/leads/inspect/{lead.pk}/?template={template.pk}").content.decode()

    assert 'value="ENQ-7F3K-29: Python full-stack"' in page
    assert "Dear Asha Devi, " in page


def test_a_place_that_nothing_fills_is_not_sent(desk: Client, lead: Lead) -> None:
    page = desk.get(f"/cms/leads/inspect/{lead.pk}/").content.decode()
    assert "Call is booked" in page
    for form, data in (
        ("mail", mail_data(text="I call on {booked_at}")),
        ("chat", {"to": "+919500481067", "text": "On {booked_at}"}),
    ):
        response = desk.post(f"/cms/leads/{form}/{lead.pk}/", data)
        assert response.status_code == 422
        assert "Nothing is known for {booked_at}" in response.content.decode()
    assert not lead.events.exists()


def test_a_mail_leaves_through_the_outbox_and_stands_on_the_timeline(
    desk: Client, lead: Lead, admissions_lead: User
) -> None:
    Lead.objects.update(owner=admissions_lead)
    page = desk.post(f"/cms/leads/mail/{lead.pk}/", mail_data(), follow=True).content.decode()

    message = Message.objects.get()
    assert (message.to, message.subject) == ("asha@example.com", "Fees")
    assert message.text.startswith("Hello Asha,\nbye")
    assert "Hello Asha,<br>bye" in message.html
    assert message.reply_to == admissions_lead.email
    assert lead.events.get().message == message
    assert 'data-state="pending"' in page
    lead.refresh_from_db()
    assert lead.answered_at is not None


def test_answers_go_to_the_writer_of_a_lead_without_an_owner(
    desk: Client, lead: Lead, admissions: User
) -> None:
    desk.post(f"/cms/leads/mail/{lead.pk}/", mail_data())

    assert Message.objects.get().reply_to == admissions.email


def test_send_pressed_twice_sends_once_and_another_text_is_another_mail(desk: Client, lead: Lead) -> None:
    data = mail_data()
    for _ in range(2):
        desk.post(f"/cms/leads/mail/{lead.pk}/", data)
    assert Message.objects.count() == lead.events.count() == 1

    desk.post(f"/cms/leads/mail/{lead.pk}/", data | {"text": "Went back and wrote more"})
    assert Message.objects.count() == lead.events.count() == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to": "other@example.com"}, "Choose an address from the list"),
        ({"subject": ""}, "Enter a subject"),
        ({"text": " "}, "Write the text first"),
        ({"key": "x"}, "Open the page again"),
    ],
)
def test_a_mail_that_cannot_be_sent_says_why(
    desk: Client, lead: Lead, changes: dict[str, str], said: str
) -> None:
    response = desk.post(f"/cms/leads/mail/{lead.pk}/", mail_data(**changes))

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Message.objects.exists()


def test_a_suppressed_address_gets_nothing_and_the_words_stay(desk: Client, lead: Lead) -> None:
    suppress("asha@example.com", reason=Suppression.Reason.BOUNCED)
    response = desk.post(f"/cms/leads/mail/{lead.pk}/", mail_data(text="Long words"))

    assert response.status_code == 422
    assert "asha@example.com gets no mail any more" in response.content.decode()
    assert "Long words" in response.content.decode()
    assert not Message.objects.exists()


def test_who_unsubscribed_from_news_still_gets_answers(desk: Client, lead: Lead) -> None:
    suppress("asha@example.com", reason=Suppression.Reason.UNSUBSCRIBED)
    desk.post(f"/cms/leads/mail/{lead.pk}/", mail_data())

    assert Message.objects.count() == 1


def test_a_person_restricted_meanwhile_gets_nothing(lead: Lead, admissions: User) -> None:
    lead.person.restricted_at = timezone.now()
    lead.person.save(update_fields=["restricted_at"])
    with pytest.raises(PersonRestricted):
        send_mail(
            lead=lead, to="asha@example.com", subject="Fees", text="Hello", key=uuid4(), actor=admissions
        )
    assert not Message.objects.exists()


def test_a_booked_call_is_planned_and_told(lead: Lead, admissions: User) -> None:
    data = {"at": "2026-11-25T16:30", "tell_at": "asha@example.com", "shown": "|"}
    with time_machine.travel(datetime(2026, 11, 24, 5, 0, tzinfo=UTC)):
        client = signed_in(admissions)
        for _ in range(2):
            page = client.post(f"/cms/leads/book/{lead.pk}/", data, follow=True).content.decode()

    assert "Call booked: Wednesday 25 November, 16:30. Asha Devi is told by e-mail." in page
    message = Message.objects.get()
    assert message.subject == "We will call you on Wednesday 25 November at 16:30"
    assert "Python full-stack" in message.text
    lead.refresh_from_db()
    assert lead.next_action == "Call"
    assert lead.events.filter(kind=LeadEvent.Kind.PLAN).count() == 1


def test_a_call_is_booked_without_a_mail_and_not_in_the_past(desk: Client, lead: Lead) -> None:
    past = {"at": "2020-01-01T10:00", "shown": "|"}
    assert "This time is over" in desk.post(f"/cms/leads/book/{lead.pk}/", past).content.decode()

    at = (timezone.localtime() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    desk.post(f"/cms/leads/book/{lead.pk}/", {"at": at, "shown": "|"})
    lead.refresh_from_db()
    assert lead.next_action == "Call"
    assert not Message.objects.exists()
