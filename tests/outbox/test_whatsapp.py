"""Messages by WhatsApp, against a provider on this machine that behaves like the Cloud API."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from outbox.channels.whatsapp import WhatsAppWay
from outbox.errors import NotHandedOver, Refused, Throttled, Unreachable, UnsendableMessage
from outbox.models import Channel, Message
from outbox.queue import derive_message_id
from tests.providers.fake import PHONE_ID, TOKEN, FakeProvider

NUMBER = "+919876543210"
FOLLOW_UP = {"template": "enquiry_follow_up", "language": "en", "parameters": ["Meena", "Python"]}


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    fake = FakeProvider().start()
    yield fake
    fake.stop()


@pytest.fixture
def way(provider: FakeProvider) -> Iterator[WhatsAppWay]:
    way = WhatsAppWay(api=provider.whatsapp_api, phone_id=PHONE_ID, token=TOKEN)
    way.open()
    yield way
    way.close()


def message(*, key: str = "run:1:1:whatsapp", **fields: Any) -> Message:
    values = {"to": NUMBER, "text": "Hello Meena", "content": FOLLOW_UP, "private": {}, **fields}
    return Message(channel=Channel.WHATSAPP, key=key, message_id=derive_message_id(key), **values)


def test_an_approved_template_leaves_with_its_values(provider: FakeProvider, way: WhatsAppWay) -> None:
    wamid = way.send(message(content=FOLLOW_UP | {"parameters": ["Meena\nKumari ", 3], "language": "ta"}))

    (taken,) = provider.taken
    assert wamid == taken.id
    assert taken.to == NUMBER
    assert taken.body["template"] == {
        "name": "enquiry_follow_up",
        "language": {"code": "ta"},
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "Meena Kumari"}, {"type": "text", "text": "3"}],
            }
        ],
    }


def test_what_the_provider_gives_back_with_reports_names_our_message(
    provider: FakeProvider, way: WhatsAppWay
) -> None:
    way.send(message())

    assert provider.taken[0].reference == derive_message_id("run:1:1:whatsapp")


def test_plain_text_leaves_in_an_open_conversation(provider: FakeProvider, way: WhatsAppWay) -> None:
    way.send(message(text="Yes, on Monday.", content={"session": True}))

    assert provider.taken[0].body["text"] == {"preview_url": False, "body": "Yes, on Monday."}


@pytest.mark.parametrize(
    "fields",
    [
        {"content": {}},
        {"content": {"session": True}, "text": "x" * 4097},
        {"private": {"code": "123456"}},
    ],
)
def test_what_whatsapp_cannot_carry_is_not_tried(
    fields: dict[str, Any], provider: FakeProvider, way: WhatsAppWay
) -> None:
    with pytest.raises(UnsendableMessage):
        way.send(message(**fields))

    assert provider.connections == 0


def test_a_batch_uses_one_connection(provider: FakeProvider, way: WhatsAppWay) -> None:
    for number in range(5):
        way.send(message(key=f"run:{number}"))

    assert (len(provider.taken), provider.connections) == (5, 1)


def test_a_number_without_whatsapp_is_dead(provider: FakeProvider, way: WhatsAppWay) -> None:
    provider.faults.codes[NUMBER] = 131026

    with pytest.raises(Refused, match="131026") as refused:
        way.send(message())

    assert refused.value.address_is_dead


@pytest.mark.parametrize("code", [100, 131047, 131050, 132000, 132015])
def test_other_refusals_say_nothing_about_the_number(
    code: int, provider: FakeProvider, way: WhatsAppWay
) -> None:
    provider.faults.codes[NUMBER] = code

    with pytest.raises(Refused, match=str(code)) as refused:
        way.send(message())

    assert not refused.value.address_is_dead


@pytest.mark.parametrize("template", ["no_such_template", "cohort_starts"])
def test_a_template_that_does_not_fit_is_refused(template: str, way: WhatsAppWay) -> None:
    with pytest.raises(Refused, match="13200"):
        way.send(message(content=FOLLOW_UP | {"template": template}))


def test_text_after_the_window_has_closed_is_refused(provider: FakeProvider, way: WhatsAppWay) -> None:
    provider.faults.open_windows = []

    with pytest.raises(Refused, match="131047"):
        way.send(message(content={"session": True}))


@pytest.mark.parametrize("code", [4, 80007, 130429, 131048, 131056])
def test_too_much_at_a_time_pauses_the_channel(code: int, provider: FakeProvider, way: WhatsAppWay) -> None:
    provider.faults.codes[NUMBER] = code

    with pytest.raises(Throttled) as throttled:
        way.send(message())

    assert 0 < throttled.value.retry_after <= 600


def test_the_pause_that_the_provider_asks_for_is_kept(provider: FakeProvider, way: WhatsAppWay) -> None:
    provider.faults.throttle_every, provider.faults.retry_after = 1, 7

    with pytest.raises(Throttled) as throttled:
        way.send(message())

    assert throttled.value.retry_after == 7
    assert not provider.taken


@pytest.mark.parametrize(("token", "phone_id"), [("old-token", PHONE_ID), (TOKEN, "1066")])
def test_what_is_wrong_with_our_account_costs_no_message(
    token: str, phone_id: str, provider: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    way = WhatsAppWay(api=provider.whatsapp_api, phone_id=phone_id, token=token)

    with pytest.raises(NotHandedOver, match="doesn't accept our account"):
        way.send(message())

    way.close()
    said = caplog.text
    assert "channel_refuses_us" in said
    assert token not in said
    assert NUMBER not in said


@pytest.mark.parametrize("fault", ["error_after_taking", "drop_after_body"])
def test_an_answer_that_got_lost_leaves_it_open_whether_it_left(
    fault: str, provider: FakeProvider, way: WhatsAppWay
) -> None:
    setattr(provider.faults, fault, 1)

    with pytest.raises(requests.RequestException) as lost:
        way.send(message())

    assert not isinstance(lost.value, NotHandedOver | Refused | Unreachable)
    assert NUMBER not in str(lost.value)
    assert len(provider.taken) == 1


def test_a_provider_that_hangs_is_given_up(
    provider: FakeProvider, way: WhatsAppWay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outbox.channels.http.TIMEOUTS", (1, 0.2))
    provider.faults.hang = 1

    with pytest.raises(requests.ReadTimeout):
        way.send(message())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_provider_that_cannot_be_reached_costs_no_attempt(host: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    way = WhatsAppWay(api=f"http://{host}:{port}/v23.0", phone_id=PHONE_ID, token=TOKEN)

    with pytest.raises(Unreachable):
        way.send(message())

    way.close()


def test_an_answer_that_cannot_be_read_is_still_an_answer(
    way: WhatsAppWay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeProvider, "take", lambda *args, **kwargs: None)

    assert way.send(message()) == ""
