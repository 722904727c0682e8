"""Enquiries that somebody at the desk writes down."""

import uuid

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from enrollment import tasks
from enrollment.models import Consent, ContactPoint, Lead, LeadEvent, Submission
from outbox.models import Message
from tests.conftest import SmallCourse, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(course: SmallCourse) -> None:
    pass


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def answers(**changes: str) -> dict[str, str]:
    values = {
        "name": "Mani Raman",
        "phone": "98765 43210",
        "source": "phone",
        "message": "Evening groups?",
        "key": str(uuid.uuid4()),
    }
    return values | changes


def test_a_call_with_nothing_but_a_number_becomes_a_lead_of_who_took_it(
    desk: Client, admissions: User, course: SmallCourse
) -> None:
    page = desk.get("/cms/leads/new/").content.decode()
    assert f'<option value="{admissions.pk}" selected>' in page

    response = desk.post(
        "/cms/leads/new/",
        answers(owner=str(admissions.pk), talked="on", acknowledge="on", course=str(course.page.pk)),
    )

    lead = Lead.objects.get()
    assert response.url == f"/cms/leads/inspect/{lead.pk}/"
    assert (lead.source, lead.owner, lead.course) == (Lead.Source.PHONE, admissions, course.page)
    assert lead.contact_by == Lead.ContactBy.PHONE
    assert lead.answered_at is not None
    assert not lead.is_late
    assert [point.value for point in lead.person.contact_points.all()] == ["+919876543210"]
    event = lead.events.get(kind=LeadEvent.Kind.ENQUIRY)
    assert (event.text, event.actor) == ("Evening groups?", admissions)
    assert lead.events.get(kind=LeadEvent.Kind.OWNER).text == f"Nobody to {admissions}"
    assert not Message.objects.exists()
    submission = Submission.objects.get()
    assert (submission.form, submission.account, submission.lead) == ("desk", admissions, lead)


def test_a_lead_that_is_nobodys_wakes_the_round_robin(
    desk: Client, django_capture_on_commit_callbacks, monkeypatch
) -> None:
    woken = []
    monkeypatch.setattr("outbox.wake.current_app.send_task", lambda task, **kwargs: woken.append(task))

    with django_capture_on_commit_callbacks(execute=True):
        desk.post("/cms/leads/new/", answers())

    assert Lead.objects.get().owner is None
    assert woken == [tasks.assign.name]


def test_the_list_leads_to_the_form(desk: Client) -> None:
    page = desk.get("/cms/leads/").content.decode()

    assert 'href="/cms/leads/new/"' in page
    assert "Add a lead" in page


def test_with_an_address_the_acknowledgement_is_sent_if_it_is_wanted(desk: Client) -> None:
    desk.post("/cms/leads/new/", answers(email="mani@example.com", acknowledge="on"))
    desk.post("/cms/leads/new/", answers(name="Devi", email="devi@example.com"))

    assert [message.to for message in Message.objects.all()] == ["mani@example.com"]
    waiting = Lead.objects.get(person__name="Devi")
    assert waiting.answered_at is None
    assert waiting.answer_due_at > timezone.now()


def test_consent_asked_in_a_talk_says_who_asked(desk: Client, admissions: User) -> None:
    desk.post("/cms/leads/new/", answers(email="mani@example.com", consent_news="on"))

    consent = Consent.objects.get()
    assert (consent.actor, consent.notice_version) == (admissions, "asked-by-phone")


def test_pressing_twice_makes_one_lead(desk: Client) -> None:
    data = answers()

    addresses = {desk.post("/cms/leads/new/", data).url for _number in range(2)}

    assert len(addresses) == Lead.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"phone": ""}, "Enter a phone number or an email address"),
        ({"name": ""}, "Enter the name"),
        ({"source": ""}, "Choose how they asked"),
        ({"contact_by": "email"}, "Enter the email address"),
        ({"under_18": "on"}, "Enter the name of a parent or guardian"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    desk: Client, changes: dict[str, str], said: str
) -> None:
    response = desk.post("/cms/leads/new/", answers(**changes))

    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert "Evening groups?" in page
    assert not Lead.objects.exists()
    assert Submission.objects.get().outcome == Submission.Outcome.REJECTED


def test_a_corrected_enquiry_makes_one_lead(desk: Client) -> None:
    data = answers(phone="")
    page = desk.post("/cms/leads/new/", data)
    key = page.context["form"]["key"].value()

    response = desk.post("/cms/leads/new/", data | {"phone": "98765 43210", "key": key})

    assert response.status_code == 302
    assert Lead.objects.count() == 1


def test_only_admissions_leads_give_a_new_lead_to_others(
    desk: Client, admissions_lead: User, admissions: User
) -> None:
    other = answers(owner=str(admissions_lead.pk))
    refused = desk.post("/cms/leads/new/", other)
    assert refused.status_code == 422
    assert "Choose an owner from the list" in refused.content.decode()

    signed_in(admissions_lead).post("/cms/leads/new/", answers(owner=str(admissions.pk)))

    assert Lead.objects.get().owner == admissions


def test_a_known_person_gets_no_second_lead(desk: Client) -> None:
    desk.post("/cms/leads/new/", answers(email="mani@example.com"))

    response = desk.post(
        "/cms/leads/new/", answers(email="mani@example.com", message="And fees?"), follow=True
    )

    assert Lead.objects.count() == 1
    assert "is known already" in response.content.decode()


def test_a_guardian_is_kept_and_a_child_gets_no_news(visitor: Client) -> None:
    response = visitor.post(
        "/enquire/",
        {
            "name": "Anu",
            "email": "anu@example.com",
            "contact_by": "email",
            "under_18": "on",
            "guardian_name": "Selvi Anand",
            "guardian_contact": "98765 43211",
            "consent_news": "on",
            "key": str(uuid.uuid4()),
        },
    )

    assert response.status_code == 302
    person = Lead.objects.get().person
    assert (person.under_18, person.guardian_name, person.guardian_contact) == (
        True,
        "Selvi Anand",
        "98765 43211",
    )
    assert not Consent.objects.filter(purpose=Consent.Purpose.NEWS, granted=True).exists()
    assert not ContactPoint.objects.filter(value="+919876543211").exists()


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"guardian_contact": "98765 43211"}, "guardian_name", "Enter the name of a parent or guardian"),
        ({"guardian_name": "Selvi"}, "guardian_contact", "Enter a phone number or an email address"),
        (
            {"guardian_name": "Selvi", "guardian_contact": "my mother"},
            "guardian_contact",
            "Enter a phone number or an email address",
        ),
        (
            {"guardian_name": "See https://x.example", "guardian_contact": "selvi@example.com"},
            "guardian_name",
            "Enter the name without a web address",
        ),
    ],
)
def test_somebody_under_18_names_a_guardian(
    visitor: Client, changes: dict[str, str], field: str, said: str
) -> None:
    data = {"name": "Anu", "email": "anu@example.com", "contact_by": "email", "under_18": "on"}

    response = visitor.post("/enquire/", data | changes)

    assert response.status_code == 422
    assert said in response.context["form"].errors[field][0]
    assert not Lead.objects.exists()
