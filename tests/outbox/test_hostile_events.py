"""Whatever comes to the addresses of providers, signed or not, is answered and none of it with a 500."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from outbox.models import Channel, Message, ProviderEvent, Reply, Report
from tests.factories.outbox import MessageFactory
from tests.outbox.test_events import INBOUND, TRACKING, mail, mail_from_reader, post, postmark, written
from tests.providers.telling import SMS_PATH, WHATSAPP_PATH, Notice, of_sms, of_whatsapp, whatsapp_status

pytestmark = pytest.mark.django_db

ODD = [
    "a\0b",
    "half \ud800",
    "٤٢",
    "²",
    [],
    ["sent"],
    {"sent": 1},
    0,
    -1,
    10**400,
    1e308,
    True,
    None,
    "x" * 5000,
]
"""What no provider sends in these places."""


@pytest.fixture
def provider() -> Client:
    return Client(enforce_csrf_checks=True)


def whatsapp(provider: Client, *values: Any) -> set[int]:
    return {
        post(provider, of_whatsapp(value, secret=settings.WHATSAPP_APP_SECRET)).status_code
        for value in values
    }


def signed_whatsapp(body: bytes) -> Notice:
    mac = hmac.new(settings.WHATSAPP_APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return Notice(WHATSAPP_PATH, body, {"X-Hub-Signature-256": f"sha256={mac}"})


def signed_sms(body: bytes, *, timestamp: str = "") -> Notice:
    timestamp = timestamp or str(int(time.time()))
    secret = settings.SMS_WEBHOOK_SECRET.encode()
    mac = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return Notice(SMS_PATH, body, {"X-Signature": f"sha256={mac}", "X-Timestamp": timestamp})


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("name", ["id", "status", "recipient_id", "biz_opaque_callback_data", "errors"])
def test_an_odd_status_of_whatsapp_is_taken(name: str, odd: Any, provider: Client) -> None:
    status = whatsapp_status("wamid.1", "delivered") | {name: odd}

    assert whatsapp(provider, {"statuses": [status]}) == {200}


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("name", ["code", "title"])
def test_an_odd_error_of_whatsapp_is_taken(name: str, odd: Any, provider: Client) -> None:
    MessageFactory(channel=Channel.WHATSAPP, to="+919876543210", state="sent", provider_id="wamid.1")
    status = whatsapp_status("wamid.1", "failed") | {"errors": [{"code": 1, "title": "x", name: odd}]}

    assert whatsapp(provider, {"statuses": [status]}) == {200}


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("name", ["id", "from", "timestamp", "type", "text", "context"])
def test_an_odd_answer_on_whatsapp_is_taken(name: str, odd: Any, provider: Client) -> None:
    assert whatsapp(
        provider, written(**{name: odd}), written(context={"id": odd}), written(text={"body": odd})
    ) == {200}


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("name", ["id", "type", "message", "reference", "number", "detail", "text", "at"])
def test_an_odd_event_of_the_gateway_is_taken(name: str, odd: Any, provider: Client) -> None:
    reported = {
        "id": "1",
        "type": "invalid_number",
        "message": "sms-1",
        "reference": "key",
        "number": "+919876543210",
    }
    heard = {"id": "2", "type": "received", "number": "+919876543210", "text": "Hello", "message": "sms-1"}
    notice = of_sms(reported | {name: odd}, heard | {name: odd}, secret=settings.SMS_WEBHOOK_SECRET)

    assert post(provider, notice).status_code == 200


@pytest.mark.parametrize("odd", ["a\0b", "half \ud800", "x" * 5000], ids=repr)
@pytest.mark.parametrize("name", ["MessageID", "Email", "Recipient", "Details", "Description"])
def test_an_odd_report_about_a_mail_is_taken(name: str, odd: Any, provider: Client) -> None:
    told = postmark("Bounce", ID=1, Type="HardBounce") | {name: odd, "Metadata": {"message": odd}}

    assert mail(provider, TRACKING, told).status_code == 200


@pytest.mark.parametrize("odd", ["a\0b", "half \ud800", "x" * 5000, "٤٢"], ids=repr)
def test_an_odd_mail_is_no_error_of_ours(odd: str, provider: Client) -> None:
    body = mail_from_reader(
        ("In-Reply-To", f"<{odd}@example.com>"), Subject=odd, StrippedTextReply=odd, TextBody=odd
    )

    assert mail(provider, INBOUND, body).status_code == (400 if "\ud800" in odd else 200)


@pytest.mark.parametrize(
    "sender", ["a\0b@example.com", "half\ud800@example.com", f"{'x' * 5000}@example.com"]
)
def test_an_odd_sender_of_a_mail_is_no_error_of_ours(sender: str, provider: Client) -> None:
    body = mail_from_reader(FromFull={"Email": sender, "Name": "\0"}, From=sender)

    assert mail(provider, INBOUND, body).status_code in {200, 400}


@pytest.mark.parametrize("path", [INBOUND, TRACKING])
@pytest.mark.parametrize("body", ["no json", "[" * 200_000, '{"FromFull": {"Email": "', "\ufeff"])
def test_what_a_mail_provider_tells_in_no_json_is_refused(body: str, path: str, provider: Client) -> None:
    basic = base64.b64encode(settings.ANYMAIL["WEBHOOK_SECRET"].encode()).decode()
    response = provider.post(
        path, body, content_type="application/json", headers={"Authorization": f"Basic {basic}"}
    )

    assert response.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"entry":' * 100_000,
        b'{"entry": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"1" * 10_000,
        b"null",
        b'"text"',
        b"",
        b"\0",
        b"\xff" * 100,
    ],
    ids=["arrays", "objects", "balanced", "number", "null", "text", "empty", "nul", "bytes"],
)
def test_a_signed_body_that_is_nested_or_no_object_is_refused(body: bytes, provider: Client) -> None:
    answers = {post(provider, notice).status_code for notice in (signed_whatsapp(body), signed_sms(body))}

    assert answers == {400}


@pytest.mark.parametrize(
    "value",
    [
        {"entry": {"changes": []}},
        {"entry": [[[]], None, 1, {"changes": {"field": "messages"}}]},
        {"entry": [{"changes": [{"field": "messages", "value": [1]}, {"field": ["messages"], "value": {}}]}]},
        {"entry": [{"changes": [{"field": "messages", "value": {"metadata": {"phone_number_id": {}}}}]}]},
        {"events": {"id": 1}},
        {"events": [[], None, 7, {"id": {}}, {"id": [1], "type": {"a": 1}}]},
    ],
)
def test_a_signed_body_of_another_shape_is_taken_quietly(value: dict[str, Any], provider: Client) -> None:
    body = json.dumps(value).encode()
    answers = {post(provider, notice).status_code for notice in (signed_whatsapp(body), signed_sms(body))}

    assert answers == {200}
    assert not Reply.objects.exists()
    assert not ProviderEvent.objects.exists()


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
        "x" * 300,
    ],
)
@pytest.mark.parametrize("path", [WHATSAPP_PATH, SMS_PATH])
def test_another_content_type_opens_nothing(kind: str, path: str, provider: Client) -> None:
    response = provider.post(path, b"--x\r\n\r\na=1", content_type=kind)

    assert (response.status_code, response.content) == (403, b"")


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 5000, " ", "+5"])
@pytest.mark.parametrize("path", [WHATSAPP_PATH, SMS_PATH, TRACKING, INBOUND])
def test_an_odd_length_is_refused(length: str, path: str, provider: Client) -> None:
    response = provider.post(path, b"{}", content_type="application/json", CONTENT_LENGTH=length)

    assert response.status_code in {400, 403, 413}


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "sha256=é", "\0", "0" * 64, "x" * 9000],
)
def test_a_signature_that_is_none_opens_nothing(signature: str, provider: Client) -> None:
    known = MessageFactory(channel=Channel.WHATSAPP, to="+919876543210", state="sent", provider_id="wamid.1")
    notice = of_whatsapp({"statuses": [whatsapp_status("wamid.1", "read")]}, secret="x")
    gateway = of_sms({"id": "1", "type": "delivered", "message": "wamid.1"}, secret="x")

    answers = {
        post(provider, notice, **{"X-Hub-Signature-256": signature}).status_code,
        post(provider, gateway, **{"X-Signature": signature}).status_code,
    }

    assert answers == {403}
    known.refresh_from_db()
    assert known.report == ""


@pytest.mark.parametrize("stamp", ["", "x", "-1", "²", "1e9", "0", "9" * 11, "99999999999999999999", " 1"])
def test_a_time_that_is_none_is_refused(stamp: str, provider: Client) -> None:
    assert post(provider, signed_sms(b"{}", timestamp=stamp or " ")).status_code == 403


def test_a_request_that_comes_again_changes_nothing(provider: Client) -> None:
    message = MessageFactory(channel=Channel.SMS, to="+919876543210", state="sent", provider_id="sms-1")
    notice = of_sms(
        {"id": "1", "type": "delivered", "message": "sms-1"},
        {"id": "2", "type": "received", "number": "+919876543210", "text": "Hello"},
        secret=settings.SMS_WEBHOOK_SECRET,
    )

    assert {post(provider, notice).status_code for _repeat in range(3)} == {200}

    message.refresh_from_db()
    assert (message.report, Reply.objects.count(), ProviderEvent.objects.count()) == (Report.DELIVERED, 1, 1)


def test_the_challenge_comes_back_as_text_that_no_browser_reads_as_a_page(provider: Client) -> None:
    asked = {
        "hub.mode": "subscribe",
        "hub.verify_token": settings.WHATSAPP_VERIFY_TOKEN,
        "hub.challenge": "<script>alert(1)</script>",
    }

    response = provider.get(WHATSAPP_PATH, asked)

    assert response.headers["Content-Type"].startswith("text/plain")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response.headers["Cache-Control"]


def test_reports_about_nobody_suppress_what_they_name_only_when_signed(provider: Client) -> None:
    notice = of_sms({"id": "1", "type": "invalid_number", "number": "+919876543210"}, secret="guessed")

    assert post(provider, notice).status_code == 403
    assert not ProviderEvent.objects.exists()
    assert not Message.objects.exists()
