"""What a person may ask about their data, and what the desk does then."""

import io
import json
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from accounts.models import User
from enrollment.enrolling import enroll
from enrollment.models import (
    Consent,
    ContactPoint,
    DataAccess,
    Lead,
    LeadEvent,
    LeadFile,
    Person,
    Submission,
    WaitingPlace,
)
from enrollment.privacy import purge_due
from enrollment.tasks import purge
from outbox.delivery import drain
from outbox.models import Channel, DeliveryAttempt, Message, ProviderEvent, Reply
from outbox.queue import enqueue
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import LeadEventFactory, LeadFactory, PersonFactory, SubmissionFactory
from tests.factories.outbox import MessageFactory

SECRET = "I lost my job and need this."


@pytest.fixture
def person(site: object) -> Person:
    return PersonFactory(name="Asha Devi", email="asha@example.com", phone="+919876543210")


@pytest.fixture
def lead(person: Person) -> Lead:
    lead = LeadFactory(person=person, message=SECRET)
    SubmissionFactory(lead=lead, payload=json.dumps({"message": [SECRET]}), address="203.0.113.7")
    LeadEventFactory(lead=lead, kind=LeadEvent.Kind.ENQUIRY, text=SECRET)
    return lead


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


def mail_to(address: str, key: str) -> Message:
    return enqueue(
        key=key, to=address, subject="Hello", text="About you", purpose=Message.Purpose.ACKNOWLEDGEMENT
    )


def page(person: Person, action: str) -> str:
    return f"/cms/leads/people/{person.pk}/{action}/"


def test_a_consent_said_on_the_phone_is_written_down_with_its_wording(
    desk: Client, person: Person, lead: Lead, admissions: User
) -> None:
    desk.post(page(person, "consent"), {"purpose": "news", "granted": "yes", "channel": "phone"})
    desk.post(page(person, "consent"), {"purpose": "news", "granted": "no", "channel": "phone"})

    said = list(
        Consent.objects.order_by("pk").values_list("purpose", "granted", "notice_version", "actor", "channel")
    )
    assert said == [
        ("news", True, "2026-11", admissions.pk, "phone"),
        ("news", False, "2026-11", admissions.pk, "phone"),
    ]
    assert [event.text for event in lead.events.filter(kind="consent")] == [
        "Course news: taken back",
        "Course news: given",
    ]
    assert "not allowed" in desk.get(page(person, "privacy")).content.decode()


def test_somebody_under_18_needs_a_guardian_before_news(desk: Client, person: Person, lead: Lead) -> None:
    Person.objects.filter(pk=person.pk).update(under_18=True)
    news = {"purpose": "news", "granted": "yes", "channel": "phone"}

    refused = desk.post(page(person, "consent"), news)
    assert refused.status_code == 422
    assert "enter a parent" in refused.content.decode()
    assert not Consent.objects.exists()

    incomplete = desk.post(page(person, "guardian"), {"under_18": "on", "guardian_name": "Devi"})
    assert incomplete.status_code == 422
    desk.post(
        page(person, "guardian"),
        {"under_18": "on", "guardian_name": "Devi", "guardian_contact": "98765 43210"},
    )
    assert desk.post(page(person, "consent"), news).status_code == 302
    assert Consent.objects.get().granted


def test_an_access_request_is_answered_with_everything_and_noted(
    manager: Client, person: Person, lead: Lead, admissions_lead: User, course: SmallCourse
) -> None:
    learner = User.objects.create_user("asha@example.com", name="Asha Devi")
    Person.objects.filter(pk=person.pk).update(user=learner)
    enroll(learner=learner, course=course.page)
    mail_to("Asha@example.com", "one")
    LeadFile.objects.create(lead=lead, name="degree.pdf", size=3, file=ContentFile(b"PDF", "degree.pdf"))
    PersonFactory(name="Somebody Else", email="other@example.com")

    answer = manager.post(page(person, "data"))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer)))
    data = json.loads(archive.read("data.json"))

    assert data["person"]["name"] == "Asha Devi"
    assert {contact["value"] for contact in data["person"]["contacts"]} == {
        "asha@example.com",
        "+919876543210",
    }
    assert data["enquiries"][0]["message"] == SECRET
    assert data["enquiries"][0]["forms"][0]["fields"] == {"message": [SECRET]}
    assert data["messages"][0]["text"].strip() == "About you"
    assert data["enrolments"][0]["course"] == "Python full-stack"
    assert data["account"]["email"] == "asha@example.com"
    assert any(name.endswith("degree.pdf") for name in archive.namelist())
    assert "Somebody Else" not in archive.read("data.html").decode()
    noted = DataAccess.objects.get()
    assert (noted.kind, noted.person, noted.actor) == ("request", person, admissions_lead)
    assert "Asha Devi" in manager.get("/cms/leads/privacy/log/").content.decode()


def test_restricting_hides_at_once_and_stops_mail_and_can_be_lifted(
    manager: Client, desk: Client, person: Person, lead: Lead
) -> None:
    waiting = mail_to("asha@example.com", "waiting")
    manager.post(page(person, "restrict"), {"reason": "asked by phone"})

    assert "Asha Devi" not in desk.get("/cms/leads/").content.decode()
    assert "Asha Devi" not in desk.get("/cms/leads/board/").content.decode()
    assert desk.get(f"/cms/leads/inspect/{lead.pk}/").status_code == 404
    assert desk.get(page(person, "privacy")).status_code == 404
    waiting.refresh_from_db()
    assert waiting.state == Message.State.CANCELLED
    later = mail_to("asha@example.com", "later")
    drain()
    later.refresh_from_db()
    assert later.state == Message.State.CANCELLED
    assert "Asha Devi" in manager.get("/cms/leads/privacy/").content.decode()

    manager.post(page(person, "lift"))
    assert "Asha Devi" in desk.get("/cms/leads/").content.decode()
    after = mail_to("asha@example.com", "after")
    drain()
    after.refresh_from_db()
    assert after.state == Message.State.SENT


def test_a_shared_address_still_gets_mail_for_the_other_person(manager: Client, person: Person) -> None:
    PersonFactory(name="Her brother", email="asha@example.com")
    manager.post(page(person, "restrict"), {"reason": "asked"})

    message = mail_to("asha@example.com", "brother")
    drain()
    message.refresh_from_db()
    assert message.state == Message.State.SENT


def test_erasing_hides_now_and_purges_after_the_legal_period(
    manager: Client, person: Person, lead: Lead, django_capture_on_commit_callbacks: object
) -> None:
    mail_to("asha@example.com", "old")
    drain()
    stored = LeadFile.objects.create(
        lead=lead, name="degree.pdf", size=3, file=ContentFile(b"PDF", "degree.pdf")
    )
    storage, name = stored.file.storage, stored.file.name
    manager.post(page(person, "erase"))
    person.refresh_from_db()
    assert person.purge_on == timezone.localdate() + timedelta(days=365)

    purge()
    lead = Lead.everything.get(pk=lead.pk)
    assert lead.message == SECRET, "the law keeps it for a while"

    with (
        time_machine.travel(timezone.now() + timedelta(days=366)),
        django_capture_on_commit_callbacks(execute=True),
    ):
        assert purge_due() == 1
        assert purge_due() == 0

    lead.refresh_from_db()
    person.refresh_from_db()
    assert (lead.message, person.name, person.contact_points.count()) == ("", "Erased person", 0)
    assert "asha" not in lead.search_text
    assert not storage.exists(name)
    everywhere = json.dumps(
        [list(model.objects.values()) for model in (Submission, LeadEvent, Message, LeadFile)],
        default=str,
    )
    for trace in (SECRET, "asha@example.com", "9876543210", "203.0.113.7", "About you"):
        assert trace not in everywhere
    assert Submission.objects.count() == 1, "counts stay true"


def test_an_erasure_can_be_taken_back_until_it_is_done(manager: Client, person: Person, lead: Lead) -> None:
    manager.post(page(person, "erase"))
    manager.post(page(person, "lift"))
    person.refresh_from_db()

    assert (person.restricted_at, person.purge_on) == (None, None)
    assert Lead.objects.filter(pk=lead.pk).exists()


def test_a_learner_with_an_open_enrolment_is_not_erased(
    manager: Client, person: Person, lead: Lead, learner: User
) -> None:
    Person.objects.filter(pk=person.pk).update(user=learner)

    page_after = manager.post(page(person, "erase"), follow=True).content.decode()

    assert "Withdraw it on their lead first" in page_after
    person.refresh_from_db()
    assert person.restricted_at is None


def test_erasing_a_restricted_learner_says_what_to_do_and_leads_back(
    manager: Client, person: Person, lead: Lead, learner: User
) -> None:
    Person.objects.filter(pk=person.pk).update(user=learner)
    manager.post(page(person, "restrict"), {"reason": "asked for it"})
    asked = manager.get(page(person, "erase")).content.decode()
    assert 'href="/cms/leads/privacy/">Do not erase' in asked

    refused = manager.post(page(person, "erase"), follow=True)

    assert refused.status_code == 200
    assert "lift a restriction" in refused.content.decode()


def test_a_purge_closes_the_account(manager: Client, person: Person, lead: Lead) -> None:
    account = User.objects.create_user("asha@example.com", "a-long-password-1", name="Asha Devi")
    Person.objects.filter(pk=person.pk).update(user=account)
    browser = signed_in(account)
    manager.post(page(person, "erase"))
    Person.objects.filter(pk=person.pk).update(purge_on=timezone.localdate())

    purge()

    account.refresh_from_db()
    assert (account.is_active, account.name) == (False, "")
    assert "asha" not in account.email
    assert browser.get("/learn/").status_code == 302


@pytest.mark.parametrize("action", ["data", "restrict", "erase", "lift"])
def test_only_admissions_leads_decide_about_data(
    desk: Client, person: Person, lead: Lead, action: str
) -> None:
    assert desk.post(page(person, action), {"reason": "x"}).url == "/cms/"
    person.refresh_from_db()
    assert person.restricted_at is None
    assert not DataAccess.objects.exists()


def test_who_was_erased_and_asks_again_is_answered(
    visitor: Client, manager: Client, person: Person, lead: Lead
) -> None:
    manager.post(page(person, "erase"))

    visitor.post(
        "/enquire/",
        {"name": "Asha Devi", "email": "asha@example.com", "contact_by": "email", "key": str(uuid4())},
    )
    drain()

    again = Lead.objects.get()
    assert again.person != person
    assert Message.objects.get(to="asha@example.com").state == Message.State.SENT


def test_a_restricted_person_gives_a_held_seat_back(
    manager: Client, person: Person, lead: Lead, course: SmallCourse
) -> None:
    cohort = CohortFactory(course=course.page, seats=1, seats_taken=1)
    place = WaitingPlace.objects.create(
        lead=lead,
        cohort=cohort,
        state=WaitingPlace.State.OFFERED,
        offered_at=timezone.now(),
        offer_until=timezone.now() + timedelta(hours=4),
    )

    manager.post(page(person, "restrict"), {"reason": "asked"})

    place.refresh_from_db()
    cohort.refresh_from_db()
    assert (place.state, cohort.seats_taken) == (WaitingPlace.State.LEFT, 0)


def test_a_purge_takes_out_what_the_person_left_elsewhere(
    manager: Client, person: Person, lead: Lead, django_capture_on_commit_callbacks: object
) -> None:
    account = User.objects.create_user("asha.at.work@example.com", "a-long-password-1", name="Asha Devi")
    Person.objects.filter(pk=person.pk).update(user=account)
    refused = SubmissionFactory(
        lead=None,
        outcome="rejected",
        payload=json.dumps({"email": ["ASHA@example.com"], "message": [SECRET]}),
    )
    somebody_elses = SubmissionFactory(
        lead=None, outcome="rejected", payload=json.dumps({"email": ["natasha@example.com"]})
    )
    message = mail_to("asha.at.work@example.com", "to-the-account")
    Message.objects.filter(pk=message.pk).update(last_error="550 <asha@example.com> unknown")
    DeliveryAttempt.objects.create(
        message=message, started_at=timezone.now(), outcome="failed", detail="550 <asha@example.com> unknown"
    )
    ProviderEvent.objects.create(
        event_id="1", message=message, kind="bounce", payload={"to": "asha@example.com"}
    )
    DataAccess.objects.create(kind="file", count=1, query="ENQ: Asha Devi.pdf", person=person)
    log(account, "wagtail.edit")
    notice = enqueue(
        key="late",
        to="lead@example.com",
        subject="Late: Asha Devi waits for an answer",
        text=f"Asha Devi\nhttps://example.com/cms/leads/inspect/{lead.pk}/\n",
        purpose=Message.Purpose.NOTICE,
    )
    manager.post(page(person, "erase"))
    Person.objects.filter(pk=person.pk).update(purge_on=timezone.localdate())

    with django_capture_on_commit_callbacks(execute=True):
        purge()

    kept = (Submission, Message, DeliveryAttempt, ProviderEvent, DataAccess, ModelLogEntry, User)
    everywhere = json.dumps([list(model.objects.values()) for model in kept], default=str).lower()
    for trace in (SECRET.lower(), "asha@", "asha.at.work", "asha devi", "about you"):
        assert trace not in everywhere.replace("natasha@", "")
    refused.refresh_from_db()
    somebody_elses.refresh_from_db()
    assert refused.payload == "{}"
    assert "natasha" in somebody_elses.payload
    notice.refresh_from_db()
    assert notice.text == ""
    assert DataAccess.objects.filter(kind="file", count=1).exists(), "that it was read stays known"


def test_an_access_request_tells_of_mail_to_the_account_too(
    manager: Client, person: Person, lead: Lead
) -> None:
    account = User.objects.create_user("asha.at.work@example.com", "a-long-password-1", name="Asha Devi")
    Person.objects.filter(pk=person.pk).update(user=account)
    mail_to("asha.at.work@example.com", "to-the-account")

    archive = zipfile.ZipFile(io.BytesIO(manager.post(page(person, "data")).content))

    assert "asha.at.work@example.com" in [
        mail["to"] for mail in json.loads(archive.read("data.json"))["messages"]
    ]


def test_a_purge_leaves_the_account_of_somebody_who_learns_again(
    manager: Client, person: Person, lead: Lead, course: SmallCourse
) -> None:
    account = User.objects.create_user("asha@example.com", "a-long-password-1", name="Asha Devi")
    Person.objects.filter(pk=person.pk).update(user=account)
    manager.post(page(person, "erase"))
    enroll(learner=account, course=course.page)
    Person.objects.filter(pk=person.pk).update(purge_on=timezone.localdate())

    purge()

    account.refresh_from_db()
    person.refresh_from_db()
    assert (account.is_active, account.email) == (True, "asha@example.com")
    assert (person.name, person.user) == ("Erased person", None)


def test_erasing_a_lead_never_closes_the_account_of_staff(
    manager: Client, person: Person, lead: Lead, admin: User
) -> None:
    Person.objects.filter(pk=person.pk).update(user=admin)
    manager.post(page(person, "erase"))
    Person.objects.filter(pk=person.pk).update(purge_on=timezone.localdate())

    purge()

    before = admin.email
    admin.refresh_from_db()
    assert (admin.is_active, admin.email) == (True, before)
    assert admin.groups.exists() or admin.is_superuser


def test_erasing_a_lead_with_the_address_of_staff_stops_no_mail_of_theirs(
    manager: Client, person: Person, lead: Lead, admin: User
) -> None:
    ContactPoint.objects.filter(person=person, kind="email").update(value=admin.email)
    notice = mail_to(admin.email, "notice")
    manager.post(page(person, "erase"))
    drain()
    notice.refresh_from_db()
    assert notice.state == Message.State.SENT

    Person.objects.filter(pk=person.pk).update(purge_on=timezone.localdate())
    purge()

    notice.refresh_from_db()
    assert (notice.to, notice.text) == (admin.email, "About you")


def test_what_somebody_wrote_is_handed_out_to_them_and_goes_with_them(
    manager: Client, person: Person, lead: Lead, django_capture_on_commit_callbacks: object
) -> None:
    message = MessageFactory(
        state=Message.State.SENT,
        channel=Channel.WHATSAPP,
        to="+919876543210",
        text="Hello Asha Devi",
        content={"template": "hello", "parameters": ["Asha Devi"]},
        provider_id="wamid.919876543210",
    )
    Reply.objects.create(
        event_id="1", channel=Channel.WHATSAPP, sender="+919876543210", text=SECRET, message=message
    )
    Reply.objects.create(event_id="2", channel=Channel.EMAIL, sender="asha@example.com", text=SECRET)

    archive = zipfile.ZipFile(io.BytesIO(manager.post(page(person, "data")).content))
    answers = json.loads(archive.read("data.json"))["answers"]
    assert [(answer["channel"], answer["text"]) for answer in answers] == [
        ("whatsapp", SECRET),
        ("email", SECRET),
    ]

    manager.post(page(person, "erase"))
    Person.objects.filter(pk=person.pk).update(purge_on=timezone.localdate())
    with django_capture_on_commit_callbacks(execute=True):
        purge()

    left = json.dumps([list(model.objects.values()) for model in (Message, Reply)], default=str)
    for trace in (SECRET, "Asha", "asha@", "919876543210"):
        assert trace not in left
    assert Reply.objects.count() == 2, "that somebody answered stays known"
