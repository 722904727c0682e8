"""The addresses at which providers tell what became of messages, and what people write."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from outbox.models import Channel, Message, ProviderEvent, Reply, Report, Suppression
from tests.factories.outbox import MessageFactory
from tests.providers.fake import FakeProvider, Taken
from tests.providers.telling import (
    SMS_PATH,
    WHATSAPP_PATH,
    Notice,
    deliveries,
    of_sms,
    of_whatsapp,
    whatsapp_status,
)

pytestmark = pytest.mark.django_db

NUMBER = "+919876543210"
TRACKING = "/messages/events/mail/postmark/tracking/"
INBOUND = "/messages/events/mail/postmark/inbound/"


@pytest.fixture
def provider() -> Client:
    """Posts without a token of a form, as strangers do."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def post(provider: Client, notice: Notice, **headers: str) -> HttpResponse:
    sent = {**notice.headers, **headers}
    return provider.post(notice.path, notice.body, content_type="application/json", headers=sent)


def whatsapp(provider: Client, value: dict[str, Any], **fields: Any) -> HttpResponse:
    return post(provider, of_whatsapp(value, secret=settings.WHATSAPP_APP_SECRET, **fields))


def sms(provider: Client, *events: dict[str, Any]) -> HttpResponse:
    return post(provider, of_sms(*events, secret=settings.SMS_WEBHOOK_SECRET))


def mail(provider: Client, path: str, body: dict[str, Any], password: str = "") -> HttpResponse:
    password = password or settings.ANYMAIL["WEBHOOK_SECRET"]
    basic = base64.b64encode(password.encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    return provider.post(path, json.dumps(body), content_type="application/json", headers=headers)


def sent(channel: str = Channel.WHATSAPP, **fields: Any) -> Message:
    values = {"state": Message.State.SENT, "channel": channel, "to": NUMBER, **fields}
    return MessageFactory(**values)


def written(**fields: Any) -> dict[str, Any]:
    """Return a message as WhatsApp tells it."""
    head = {"from": "919876543210", "id": "wamid.theirs", "timestamp": str(int(time.time()))}
    return {"messages": [{**head, "type": "text", "text": {"body": "Yes"}, **fields}]}


# WhatsApp ---------------------------------------------------------------------------------------


def test_whatsapp_makes_sure_of_the_address(provider: Client) -> None:
    asked = {
        "hub.mode": "subscribe",
        "hub.verify_token": settings.WHATSAPP_VERIFY_TOKEN,
        "hub.challenge": "4711",
    }

    response = provider.get(WHATSAPP_PATH, asked)

    assert (response.status_code, response.content) == (200, b"4711")


@pytest.mark.parametrize("token", ["", "wrong", "tests-only-verify-tokeñ"])
def test_nobody_else_gets_an_answer_to_a_challenge(token: str, provider: Client) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "4711"}

    response = provider.get(WHATSAPP_PATH, asked)

    assert (response.status_code, response.content) == (403, b"")


def test_a_status_of_whatsapp_reaches_its_message(provider: Client) -> None:
    message = sent(provider_id="wamid.1")

    response = whatsapp(provider, {"statuses": [whatsapp_status("wamid.1", "read")]})

    message.refresh_from_db()
    assert (response.status_code, message.report) == (200, Report.READ)


def test_a_number_that_is_not_on_whatsapp_is_written_to_no_more(provider: Client) -> None:
    message = sent(provider_id="wamid.1")

    whatsapp(provider, {"statuses": [whatsapp_status("wamid.1", "failed", code=131026)]})

    message.refresh_from_db()
    assert message.report == Report.BOUNCED
    assert Suppression.objects.get().reason == Suppression.Reason.BOUNCED


def test_who_told_whatsapp_that_they_want_no_offers_gets_none(provider: Client) -> None:
    sent(provider_id="wamid.1")

    whatsapp(provider, {"statuses": [whatsapp_status("wamid.1", "failed", code=131050)]})

    assert Suppression.objects.get().reason == Suppression.Reason.UNSUBSCRIBED


def test_a_message_whose_answer_got_lost_is_known_by_what_we_gave_along(provider: Client) -> None:
    message = sent(state=Message.State.UNKNOWN)
    status = whatsapp_status("wamid.1", "sent", reference=message.message_id)

    whatsapp(provider, {"statuses": [status]})

    message.refresh_from_db()
    assert (message.state, message.provider_id) == (Message.State.SENT, "wamid.1")


def test_everything_three_times_and_in_no_order_comes_out_the_same(provider: Client) -> None:
    taken = []
    for number in range(4):
        message = sent(provider_id=f"wamid.{number}")
        taken.append(Taken("whatsapp", f"wamid.{number}", NUMBER, message.message_id, {}))
    secrets = {"whatsapp": settings.WHATSAPP_APP_SECRET}

    answers = {post(provider, notice).status_code for notice in deliveries(taken, secrets=secrets)}

    assert answers == {200}
    assert set(Message.objects.values_list("report", flat=True)) == {Report.READ}
    assert ProviderEvent.objects.count() == 12


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Yes"),
        ({"type": "button", "button": {"payload": "call", "text": "Call me"}}, "Call me"),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Monday"}},
            },
            "Monday",
        ),
        ({"type": "image", "image": {"id": "7", "caption": "My marks"}}, "[image] My marks"),
        ({"type": "audio", "audio": {"id": "7"}}, "[audio]"),
        ({"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}}, "👍"),
    ],
)
def test_what_people_write_or_press_on_whatsapp_is_an_answer(
    fields: dict[str, Any], text: str, provider: Client
) -> None:
    whatsapp(provider, written(**fields))

    reply = Reply.objects.get()
    assert (reply.channel, reply.sender, reply.text) == (Channel.WHATSAPP, NUMBER, text)


def test_an_answer_on_whatsapp_names_the_message_that_it_answers(provider: Client) -> None:
    message = sent(provider_id="wamid.1")

    whatsapp(provider, written(context={"from": "914440001055", "id": "wamid.1"}))

    assert Reply.objects.get().message == message


def test_stop_on_whatsapp_is_heeded(provider: Client) -> None:
    whatsapp(provider, written(text={"body": "STOP"}))

    assert Suppression.objects.get().channel == Channel.WHATSAPP


def test_what_is_about_another_number_of_the_app_is_left_alone(provider: Client) -> None:
    response = whatsapp(provider, written(), phone_id="1099")

    assert response.status_code == 200
    assert not Reply.objects.exists()


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"statuses": "none", "messages": [None, {"type": "text"}]},
        {"statuses": [{"id": "wamid.1", "status": "played"}]},
        {"statuses": [whatsapp_status("wamid.of-nobody", "delivered")]},
        written(type="system", system={"body": "has changed the number"}),
        {"errors": [{"code": 130429}]},
    ],
)
def test_what_is_not_known_is_taken_quietly(value: dict[str, Any], provider: Client) -> None:
    response = whatsapp(provider, value)

    assert (response.status_code, response.content) == (200, b"")
    assert not Reply.objects.exists()


def test_a_report_of_whatsapp_that_is_not_signed_is_refused(provider: Client) -> None:
    message = sent(provider_id="wamid.1")
    notice = of_whatsapp({"statuses": [whatsapp_status("wamid.1", "read")]}, secret="guessed")

    answers = [post(provider, notice), post(provider, Notice(notice.path, notice.body))]

    message.refresh_from_db()
    assert {(answer.status_code, answer.content) for answer in answers} == {(403, b"")}
    assert message.report == ""


def test_a_body_that_was_changed_is_refused(provider: Client) -> None:
    notice = of_whatsapp(written(), secret=settings.WHATSAPP_APP_SECRET)
    changed = Notice(notice.path, notice.body.replace(b"Yes", b"No!"), notice.headers)

    assert post(provider, changed).status_code == 403


def test_without_a_secret_nothing_is_believed(provider: Client, settings: Settings) -> None:
    settings.WHATSAPP_APP_SECRET = settings.WHATSAPP_VERIFY_TOKEN = settings.SMS_WEBHOOK_SECRET = ""
    challenge = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "4711"}

    assert post(provider, of_whatsapp(written(), secret="")).status_code == 403
    assert post(provider, of_sms(secret="")).status_code == 403
    assert provider.get(WHATSAPP_PATH, challenge).status_code == 403


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"entry": ', b"\xff\xfe"])
def test_a_signed_body_that_is_no_object_is_refused(body: bytes, provider: Client) -> None:
    mac = hmac.new(settings.WHATSAPP_APP_SECRET.encode(), body, hashlib.sha256).hexdigest()

    response = post(provider, Notice(WHATSAPP_PATH, body, {"X-Hub-Signature-256": f"sha256={mac}"}))

    assert (response.status_code, response.content) == (400, b"")


@pytest.mark.parametrize("path", [WHATSAPP_PATH, SMS_PATH, INBOUND])
def test_a_body_that_is_far_too_long_is_refused_unread(path: str, provider: Client) -> None:
    longest = 25 * 1024 * 1024 if path == INBOUND else 1024 * 1024

    response = provider.post(path, b"x" * (longest + 1), content_type="application/json")

    assert (response.status_code, response.content) == (413, b"")


# SMS --------------------------------------------------------------------------------------------


def test_a_report_of_the_gateway_reaches_its_message(provider: Client) -> None:
    message = sent(Channel.SMS, state=Message.State.UNKNOWN)
    event = {"id": "1", "type": "delivered", "message": "sms-1", "reference": message.key}

    response = sms(provider, event)

    message.refresh_from_db()
    assert response.status_code == 200
    assert (message.state, message.report, message.provider_id) == ("sent", Report.DELIVERED, "sms-1")


def test_an_answer_by_sms_is_kept(provider: Client) -> None:
    sms(provider, {"id": "2", "type": "received", "number": NUMBER, "text": "நிறுத்து"})

    assert Reply.objects.get().text == "நிறுத்து"
    assert Suppression.objects.get().channel == Channel.SMS


def test_what_the_gateway_sends_beyond_that_is_taken_quietly(provider: Client) -> None:
    response = sms(provider, {"id": "3", "type": "queued"}, {"type": "received"}, {"id": "4"})

    assert response.status_code == 200
    assert not ProviderEvent.objects.exists()


@pytest.mark.parametrize("age", [-400, 400])
def test_a_request_of_another_time_is_refused(age: int, provider: Client) -> None:
    notice = of_sms(secret=settings.SMS_WEBHOOK_SECRET, at=time.time() - age)

    assert post(provider, notice).status_code == 403


def test_a_time_that_was_not_signed_is_refused(provider: Client) -> None:
    notice = of_sms(secret=settings.SMS_WEBHOOK_SECRET, at=time.time() - 60)

    assert post(provider, notice, **{"X-Timestamp": str(int(time.time()))}).status_code == 403


# E-mail -----------------------------------------------------------------------------------------


def postmark(kind: str, **fields: Any) -> dict[str, Any]:
    return {"RecordType": kind, "MessageID": "b7bc2f4a", "Email": "reader@example.com", **fields}


def test_a_delivery_of_mail_reaches_its_message(provider: Client) -> None:
    message = MessageFactory(state=Message.State.SENT, provider_id="b7bc2f4a")

    response = mail(
        provider,
        TRACKING,
        postmark("Delivery", DeliveredAt="2026-11-23T10:00:00Z", Recipient="x@example.com"),
    )

    message.refresh_from_db()
    assert (response.status_code, message.report) == (200, Report.DELIVERED)


def test_a_mail_that_is_unclear_is_known_by_what_we_gave_along(provider: Client) -> None:
    message = MessageFactory(state=Message.State.UNKNOWN)
    told = postmark("Delivery", Metadata={"message": message.message_id})

    mail(provider, TRACKING, told)

    message.refresh_from_db()
    assert (message.state, message.report) == (Message.State.SENT, Report.DELIVERED)


@pytest.mark.parametrize(
    ("told", "report", "reason"),
    [
        (postmark("Bounce", ID=1, Type="HardBounce"), Report.BOUNCED, "bounced"),
        (postmark("Bounce", ID=1, Type="SoftBounce"), Report.FAILED, None),
        (postmark("SpamComplaint", ID=1, Type="SpamComplaint"), Report.COMPLAINED, "complained"),
        (postmark("Bounce", ID=1, Type="BadEmailAddress"), Report.BOUNCED, "bounced"),
        (postmark("Bounce", ID=1, Type="Blocked"), Report.FAILED, None),
        (
            postmark("SubscriptionChange", SuppressSending=True, SuppressionReason="ManualSuppression"),
            "",
            "unsubscribed",
        ),
        (postmark("Open"), "", None),
    ],
)
def test_bounces_and_complaints_end_what_is_sent(
    told: dict[str, Any], report: str, reason: str | None, provider: Client
) -> None:
    message = MessageFactory(state=Message.State.SENT, provider_id="b7bc2f4a")

    answers = [mail(provider, TRACKING, told).status_code for _repeat in range(3)]

    message.refresh_from_db()
    assert (answers, message.report) == ([200] * 3, report)
    assert list(Suppression.objects.values_list("reason", flat=True)) == ([reason] if reason else [])


def mail_from_reader(*headers: tuple[str, str], **fields: Any) -> dict[str, Any]:
    named = [{"Name": name, "Value": value} for name, value in headers]
    return {
        "FromFull": {"Email": "Reader@example.com", "Name": "Reader"},
        "From": "Reader@example.com",
        "Subject": "Re: Your enquiry",
        "MessageID": "73e6d360",
        "TextBody": "Yes, please.\n\n> We will answer by Monday",
        "StrippedTextReply": "Yes, please.",
        "Headers": [{"Name": "Message-ID", "Value": "<1@mail.example.com>"}, *named],
        **fields,
    }


def test_a_mail_that_answers_ours_is_kept_with_it(provider: Client) -> None:
    message = MessageFactory(state=Message.State.SENT, to="reader@example.com")
    references = ("References", f"<other@example.com> {message.message_id}")

    for _repeat in range(3):
        mail(provider, INBOUND, mail_from_reader(references))

    reply = Reply.objects.get()
    assert (reply.message, reply.sender, reply.is_automatic) == (message, "reader@example.com", False)
    assert (reply.subject, reply.text) == ("Re: Your enquiry", "Yes, please.")


@pytest.mark.parametrize(
    "header",
    [
        ("Auto-Submitted", "auto-replied (vacation)"),
        ("X-Autoreply", "yes"),
        ("Precedence", "Bulk"),
    ],
)
def test_an_automatic_answer_is_told_from_one_of_a_person(header: tuple[str, str], provider: Client) -> None:
    mail(provider, INBOUND, mail_from_reader(header))

    assert Reply.objects.get().is_automatic


def test_a_mail_that_tells_of_a_failed_delivery_is_an_automatic_one(provider: Client) -> None:
    body = mail_from_reader()
    body["Headers"].insert(0, {"Name": "Return-Path", "Value": "<>"})

    mail(provider, INBOUND, body)

    assert Reply.objects.get().is_automatic


def test_a_mail_with_attachments_beyond_what_forms_may_have_is_kept(provider: Client) -> None:
    content = base64.b64encode(b"x" * 4_000_000).decode()
    attachment = {"Name": "marks.pdf", "Content": content, "ContentType": "application/pdf"}

    response = mail(provider, INBOUND, mail_from_reader(Attachments=[attachment]))

    assert response.status_code == 200
    assert Reply.objects.get().text == "Yes, please."


def test_a_mail_of_pictures_and_colours_is_kept_as_text(provider: Client) -> None:
    body = mail_from_reader(TextBody="", StrippedTextReply="", HtmlBody="<p>Yes,<br><b>please</b>.</p>")

    mail(provider, INBOUND, body)

    assert "please" in Reply.objects.get().text
    assert "<" not in Reply.objects.get().text


@pytest.mark.parametrize("path", [TRACKING, INBOUND])
def test_a_report_of_mail_without_the_password_is_refused(path: str, provider: Client) -> None:
    answers = [
        mail(provider, path, postmark("Delivery"), password="provider:guessed-guessed"),
        provider.post(path, "{}", content_type="application/json"),
    ]

    assert {answer.status_code for answer in answers} == {400}
    assert not ProviderEvent.objects.exists()


def test_only_the_provider_in_use_has_addresses(provider: Client) -> None:
    assert provider.get("/messages/events/mail/postmark/tracking/").status_code == 405
    assert provider.get("/messages/events/mail/mailgun/tracking/").status_code == 404


def test_the_provider_of_the_tests_tells_what_it_took() -> None:
    fake = FakeProvider()
    fake.take("sms", to=NUMBER, reference="run:1", body={})

    notices = deliveries(fake.taken, secrets={"sms": "secret"})

    fake._server.server_close()
    assert len(notices) == 6
    assert {notice.path for notice in notices} == {SMS_PATH}
