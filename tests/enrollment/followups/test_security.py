"""What strangers and colleagues could try with follow-ups: names that bite, links that aren't theirs."""

import hashlib
import logging
from datetime import datetime
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core import signing
from django.core.signing import Signer
from django.test import Client
from django.utils import timezone

from accounts.models import User
from enrollment import privacy
from enrollment.followups.planning import plan
from enrollment.models import LeadEvent, Person, SequenceRun
from outbox import replies
from outbox.mime import build_email
from outbox.models import Channel, Message, OptOut, Suppression, address_hash
from outbox.replies import Heard
from outbox.unsubscribing import unsubscribe_url
from tests.conftest import signed_in
from tests.factories.enrollment import LeadEventFactory, LeadFactory, PersonFactory
from tests.factories.followups import RunFactory, StepFactory, TextFactory, planned_run
from tests.factories.outbox import MessageFactory

pytestmark = pytest.mark.django_db

PREVIEW = "/cms/leads/text-preview/"
LIST = "/cms/leads/deliveries/"
XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
NOON = datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Asia/Kolkata"))
PLACE_NAMES = [
    "[[unsubscribe_url]]",
    "[[code]]",
    "{phone}",
    "{{ lead.pk }}",
    "{% load i18n %}",
    "{lead.__class__}",
]


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def planned(name: str, **text: str) -> Message:
    """Return the first message of a sequence to somebody of this name, as it is planned."""
    step = StepFactory(text=TextFactory(**text))
    run = RunFactory(sequence=step.sequence, lead=LeadFactory(person=PersonFactory(name=name)))
    message = plan(run)
    assert message is not None
    return message


# Names and texts that look like places -----------------------------------------------------------------


@pytest.mark.parametrize("name", PLACE_NAMES)
def test_a_name_that_looks_like_a_place_is_never_filled(name: str) -> None:
    message = planned(name, subject="For {name}", body="Hello {name}, good day")

    email = build_email(message)
    html = email.alternatives[0].content

    assert message.subject == f"For {name}"
    assert unsubscribe_url(message) not in email.body.split("good day")[0]
    assert "http" not in html.split("good day")[0].rsplit("Hello", 1)[1]
    assert email.body.count(unsubscribe_url(message)) == 1
    assert name in email.body.replace("\u2060", "")


@pytest.mark.parametrize("typed", ["[[unsubscribe_url]]", "[[code]]"])
def test_a_private_place_typed_into_a_text_stays_text(typed: str, manager: Client) -> None:
    message = planned("Meena", body=f"Hello {{name}} {typed}, good day")
    own = build_email(message)

    assert unsubscribe_url(message) not in own.body.split("good day")[0]
    assert unsubscribe_url(message) in own.body


def test_a_name_of_many_lines_makes_no_header() -> None:
    bad = "Eve\r\nBcc: all@example.com\u2028X: 1\x85Y: 2\x0bZ: 3"
    message = planned(bad, subject="For {name}", body="Hello {name}")
    wire = build_email(message).message()

    assert wire["Bcc"] is None
    assert {"X", "Y", "Z"}.isdisjoint(wire.keys())
    assert len(message.subject.splitlines()) == 1
    assert wire["To"] == message.to
    assert "\n" not in wire["List-Unsubscribe"]


def test_a_refused_follow_up_can_be_sent_again_though_it_has_a_link_to_unsubscribe(desk: Client) -> None:
    message = planned("Meena")
    SequenceRun.objects.update(
        state="stopped", why="failed", ended_at=timezone.now(), message=None, step=None
    )
    Message.objects.filter(pk=message.pk).update(state="failed", attempts=1, last_error="550 no")

    desk.post(f"{LIST}{message.pk}/again/", {"queue": "failed"})

    message.refresh_from_db()
    assert message.state == Message.State.PENDING


# What others may not see -------------------------------------------------------------------------------


def test_no_message_about_a_restricted_person_is_shown_wherever_it_went(manager: Client, admin: User) -> None:
    person = PersonFactory(name="Hidden Person", email="family@example.com")
    lead = LeadFactory(person=person)
    LeadFactory(person=PersonFactory(email="family@example.com"))
    sent = MessageFactory(to="old-address@example.com", subject="Hello Hidden", state="sent")
    LeadEventFactory(lead=lead, kind=LeadEvent.Kind.MESSAGE, message=sent)
    shared = MessageFactory(to="family@example.com", subject="Dear Hidden", state="failed")
    LeadEventFactory(lead=lead, kind=LeadEvent.Kind.MESSAGE, message=shared)
    run = planned_run(lead=lead)
    Message.objects.filter(pk=run.message_id).update(subject="Soon, Hidden")
    assert "Hello Hidden" in manager.get(LIST).text

    privacy.restrict(person=person, actor=admin, reason="asked for")

    for address in (LIST, f"{LIST}failed/", f"{LIST}?q=family@example.com", f"{LIST}?q={lead.reference}"):
        assert "Hidden" not in manager.get(address).text
    for message in (sent, shared, run.message):
        assert manager.get(f"{LIST}{message.pk}/").status_code == 404
        assert manager.post(f"{LIST}{message.pk}/again/", {"queue": "failed"}).status_code == 404


def test_nothing_of_a_follow_up_that_never_left_is_kept_of_an_erased_person(admin: User) -> None:
    person = PersonFactory(name="Hidden Person", email="family@example.com")
    LeadFactory(person=PersonFactory(email="family@example.com"))
    message = planned_run(lead=LeadFactory(person=person)).message
    Message.objects.filter(pk=message.pk).update(subject="Soon, Hidden", text="Dear Hidden", html="Hidden")

    privacy.erase(person=person, actor=admin)
    Person.objects.filter(pk=person.pk).update(purge_on=timezone.localdate())
    privacy.purge_due()

    message.refresh_from_db()
    assert (message.subject, message.text, message.html, message.content) == ("", "", "", {})


def test_a_message_to_the_account_of_a_restricted_person_is_hidden_too(
    manager: Client, admin: User, learner: User
) -> None:
    person = PersonFactory(email="other@example.com", user=learner)
    message = MessageFactory(to=learner.email.upper(), subject="Your course")
    assert "Your course" in manager.get(LIST).text

    privacy.restrict(person=person, actor=admin, reason="asked for")

    assert "Your course" not in manager.get(LIST).text
    assert manager.get(f"{LIST}{message.pk}/").status_code == 404


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_at_the_end_of_time_is_only_a_day(day: str, desk: Client) -> None:
    assert desk.get(LIST, {"first": day, "last": day}).status_code in {200, 422}


@pytest.mark.parametrize(
    "query", ["\0", "\ud800", "%00", "x" * 5000, "' OR 1=1 --", "9" * 400, "ENQ-9999-" + "9" * 40]
)
@pytest.mark.parametrize("name", ["q", "sequence", "state", "after", "before", "first", "channel", "why"])
def test_odd_filters_are_answered(name: str, query: str, desk: Client) -> None:
    query = query.encode(errors="replace").decode()
    address = f"{LIST}failed/" if name in {"channel", "why"} else LIST

    assert desk.get(address, {name: query}).status_code in {200, 404, 422}


# Answers and what providers say ------------------------------------------------------------------------


def test_what_people_and_providers_write_is_shown_as_text(desk: Client) -> None:
    lead = LeadFactory(person=PersonFactory(name=XSS, phone="+919876543210"))
    for channel in (Channel.WHATSAPP, Channel.SMS):
        replies.take(
            Heard(event_id=f"{channel}:1", channel=channel, sender="+919876543210", text=XSS, subject=XSS)
        )
    for state in ("failed", "unknown", "pending"):
        message = MessageFactory(
            to=lead.email,
            subject=XSS,
            text=XSS,
            state=state,
            last_error=XSS,
            purpose="marketing",
            keeper="followup",
        )
        LeadEventFactory(lead=lead, kind=LeadEvent.Kind.MESSAGE, message=message, text=XSS)
    run = planned_run(lead=lead)
    Message.objects.filter(pk=run.message_id).update(
        subject=XSS, text=XSS, last_error=XSS, content={"body": XSS}
    )

    assert lead.events.filter(kind=LeadEvent.Kind.REPLY).count() == 2
    for address in (
        f"/cms/leads/inspect/{lead.pk}/",
        LIST,
        f"{LIST}failed/",
        f"{LIST}unclear/",
        f"{LIST}{message.pk}/",
    ):
        page = desk.get(address).text
        assert "onerror" in page, address
        assert "<script>alert(1)" not in page, address
        assert "<img src=x" not in page, address


def test_an_answer_that_guesses_a_message_id_finds_no_message() -> None:
    """Keys of messages can be guessed; ids that others may answer to must not."""
    run = planned_run()
    guessed = hashlib.sha256(run.message.key.encode()).hexdigest()[:32]

    assert guessed not in run.message.message_id


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_a_stop_from_a_spoofed_number_reaches_no_further_than_that_number(channel: str) -> None:
    victim = LeadFactory(person=PersonFactory(email="v@example.com", phone="+919876543210"))
    other = planned_run(lead=LeadFactory(person=PersonFactory(phone="+919876543211")))
    replies.take(Heard(event_id="s:1", channel=channel, sender="+919876543210", text="STOP"))

    assert Suppression.objects.get().channel == channel
    other.refresh_from_db()
    assert other.state == SequenceRun.State.ACTIVE
    assert victim.person.contact_points.exists()


@pytest.mark.parametrize("reason", ["bounced", "complained", "erased"])
def test_a_start_takes_back_nothing_but_an_own_stop(reason: str) -> None:
    Suppression.objects.create(channel="sms", address_hash=address_hash("+919876543210"), reason=reason)

    replies.take(Heard(event_id="s:1", channel="sms", sender="+919876543210", text="START"))

    assert Suppression.objects.get().reason == reason


# Preview, test and downloads ---------------------------------------------------------------------------


@pytest.fixture
def typed() -> dict[str, str]:
    return {
        "channel": "email",
        "subject": f"For {{name}} {XSS}",
        "body": f"{{name}} {XSS} javascript:alert(1)",
    }


@pytest.mark.parametrize("language", ["en", "ta"])
@pytest.mark.parametrize("channel", ["email", "whatsapp", "sms"])
def test_a_preview_runs_nothing(channel: str, language: str, manager: Client, typed: dict[str, str]) -> None:
    LeadFactory(person=PersonFactory(name=XSS))
    tamil = {"subject_ta": typed["subject"], "body_ta": f"வணக்கம் {typed['body']}"}

    page = manager.post(
        "/cms/leads/texts/preview/", typed | tamil | {"channel": channel, "language": language}
    ).text

    assert "onerror" in page
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    if channel == "email":
        assert ' sandbox srcdoc="' in page
        assert "&amp;lt;script&amp;gt;alert(1)" in page  # escaped once for the mail, once for the attribute
        assert 'href="javascript:' not in page.replace("&quot;", '"')


@pytest.mark.parametrize("name", PLACE_NAMES)
def test_a_preview_shows_names_that_look_like_places_as_they_are(name: str, manager: Client) -> None:
    LeadFactory(person=PersonFactory(name=name))

    page = manager.post(
        "/cms/leads/texts/preview/", {"channel": "sms", "body": "Hello {name}", "dlt_template": "1"}
    ).text

    assert f"Hello {name}" in page


def test_a_preview_of_a_restricted_person_is_refused(manager: Client, admin: User) -> None:
    lead = LeadFactory(person=PersonFactory(name="Hidden Person"))
    privacy.restrict(person=lead.person, actor=admin, reason="asked for")

    page = manager.post(
        "/cms/leads/texts/preview/",
        {"channel": "sms", "body": "Hello {name}", "chosen": lead.reference, "lead": "Hidden"},
    ).text

    assert "Hello Hidden" not in page


def test_a_test_goes_to_oneself_whatever_is_posted(manager: Client, admissions_lead: User) -> None:
    LeadFactory(person=PersonFactory(name="[[unsubscribe_url]]\r\nBcc: x@example.com"))
    data = {"channel": "email", "subject": "For {name}", "body": "{name}", "key": str(uuid4())}

    manager.post("/cms/leads/texts/test/", data | {"to": "victim@example.com", "email": "victim@example.com"})

    message = Message.objects.get()
    assert message.to == admissions_lead.email
    assert len(message.subject.splitlines()) == 1


def test_a_sequence_is_not_switched_on_by_a_forged_form(manager: Client) -> None:
    step = StepFactory(sequence__is_on=False)
    sequence = step.sequence
    data = {
        "name": "Renamed", "trigger": sequence.trigger, "basis": sequence.basis,
        "is_on": "on", "entered_until": "2001-01-01 00:00", "id": "999", "key": "x", "pk": "999",
        "steps-TOTAL_FORMS": "1", "steps-INITIAL_FORMS": "1", "steps-MIN_NUM_FORMS": "0",
        "steps-MAX_NUM_FORMS": "1000", "steps-0-id": str(step.pk), "steps-0-ORDER": "1",
        "steps-0-delay": "2", "steps-0-unit": step.unit, "steps-0-channel": step.channel,
        "steps-0-text": str(step.text_id), "steps-0-sequence": "999", "steps-0-conditions-count": "0",
    }  # fmt: skip

    manager.post(f"/cms/leads/sequences/edit/{sequence.pk}/", data)

    sequence.refresh_from_db()
    assert sequence.name == "Renamed"
    assert (sequence.is_on, sequence.entered_until) == (False, None)


# Links to unsubscribe ----------------------------------------------------------------------------------


def marketing(to: str = "meera@example.com") -> Message:
    return MessageFactory(to=to, purpose="marketing", topic="followups", state="sent")


def path_of(message: Message) -> str:
    return "/" + unsubscribe_url(message).split("/", 3)[3]


def forged() -> list[str]:
    held = ["email", address_hash("meera@example.com"), "followups", 1]
    return [
        Signer(salt="outbox.unsubscribe", key="guessed").sign_object(held),
        Signer(salt="other").sign_object(held),
        Signer().sign_object(held),
        signing.dumps(held),
        signing.dumps(held, salt="outbox.unsubscribe"),
        Signer(salt="outbox.unsubscribe").sign_object(["email"]),
        Signer(salt="outbox.unsubscribe").sign_object({"a": 1}),
        Signer(salt="outbox.unsubscribe").sign("not-base64!"),
        "1", "0", "-1", "\0", "%00", "..", "é" * 50, "x" * 5000, ":", "a:b", ".eJw:x",
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(19))
def test_a_link_that_we_never_wrote_does_nothing(number: int) -> None:
    stranger = Client(enforce_csrf_checks=True)
    address = f"/messages/unsubscribe/{quote(forged()[number], safe='')}/"

    for answer in (stranger.get(address), stranger.post(address, {"List-Unsubscribe": "One-Click"})):
        assert answer.status_code == 404
    assert not OptOut.objects.exists()
    assert not Suppression.objects.exists()


def test_every_link_shortened_or_changed_by_a_letter_does_nothing() -> None:
    stranger, path = Client(), path_of(marketing()).rstrip("/")
    end = path.rpartition("/")[2]
    cut = [path[:-length] for length in range(1, len(end), 7)]
    changed = [
        path[:-place] + ("A" if path[-place] != "A" else "B") + path[-place + 1 :]
        for place in range(2, len(end), 7)
    ]

    assert {stranger.post(f"{each}/", {"do": "stop-all"}).status_code for each in cut + changed} == {404}
    assert not Suppression.objects.exists()


def test_the_link_of_one_address_stops_no_other() -> None:
    first, second = marketing("first@example.com"), marketing("second@example.com")
    path = path_of(first)
    Message.objects.filter(pk=first.pk).update(to="second@example.com")  # put right meanwhile

    page = Client().post(path, {"do": "stop-all"})

    assert Suppression.objects.get().address_hash == address_hash("first@example.com")
    assert "second" not in page.text
    assert second.to == "second@example.com"


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete", "patch"])
def test_looking_at_the_page_writes_nothing_and_leaves_nothing_behind(method: str) -> None:
    stranger = Client()
    answer = getattr(stranger, method)(path_of(marketing()) + "?do=stop-all&List-Unsubscribe=One-Click")

    assert answer.status_code == (200 if method in {"get", "head"} else 405)
    assert not OptOut.objects.exists()
    assert not Suppression.objects.exists()
    assert "no-store" in answer.headers["Cache-Control"]
    assert method not in {"get", "head"} or answer.headers["Referrer-Policy"] == "no-referrer"


def test_the_token_stands_in_no_log_whatever_comes_of_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path, stranger = path_of(marketing()), Client()
    token = path.rstrip("/").rpartition("/")[2]

    stranger.get(path)
    stranger.post(path, {"do": "nothing"})
    stranger.get(path.replace(token, f"x{token}"))
    stranger.put(path)
    stranger.get(path.rstrip("/"))

    assert token not in caplog.text
