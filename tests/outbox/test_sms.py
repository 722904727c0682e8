"""Messages by SMS, against a gateway on this machine."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from outbox.channels.sms import SmsWay
from outbox.errors import NotHandedOver, Refused, Throttled, UnsendableMessage
from outbox.models import Channel, Message
from tests.providers.fake import TOKEN, FakeProvider

NUMBER = "+919876543210"
STARTS = "வணக்கம் மீனா, உங்கள் குழு 4 ஜனவரி அன்று தொடங்குகிறது"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    fake = FakeProvider().start()
    yield fake
    fake.stop()


@pytest.fixture
def way(provider: FakeProvider) -> Iterator[SmsWay]:
    way = made_for(provider)
    way.open()
    yield way
    way.close()


def made_for(provider: FakeProvider, **options: Any) -> SmsWay:
    values = {"token": TOKEN, "entity_id": "1201", "header": "OSIZLB", "keeps_keys": True, **options}
    return SmsWay(address=provider.sms_address, **values)


def message(**fields: Any) -> Message:
    values = {"text": "Your group starts.", "content": {"template": "1107"}, "private": {}, **fields}
    return Message(channel=Channel.SMS, key="run:1:2:sms", to=NUMBER, **values)


def test_an_sms_leaves_with_all_that_dlt_asks_for(provider: FakeProvider, way: SmsWay) -> None:
    sent = way.send(message())

    (taken,) = provider.taken
    assert sent == taken.id
    assert taken.body == {
        "to": NUMBER,
        "text": "Your group starts.",
        "unicode": False,
        "sender": "OSIZLB",
        "entity_id": "1201",
        "template_id": "1107",
        "reference": "run:1:2:sms",
    }


def test_a_tamil_text_and_a_header_of_its_own(provider: FakeProvider, way: SmsWay) -> None:
    way.send(message(text=STARTS, content={"template": "1107", "header": "OSIZTM"}))

    body = provider.taken[0].body
    assert (body["text"], body["unicode"], body["sender"]) == (STARTS, True, "OSIZTM")


@pytest.mark.parametrize("fields", [{"content": {}}, {"private": {"code": "1"}}])
def test_what_dlt_forbids_is_not_tried(fields: dict[str, Any], provider: FakeProvider, way: SmsWay) -> None:
    with pytest.raises(UnsendableMessage):
        way.send(message(**fields))

    assert provider.connections == 0


def test_a_gateway_that_keeps_keys_takes_a_message_once(provider: FakeProvider, way: SmsWay) -> None:
    provider.faults.drop_after_body = 1
    with pytest.raises(requests.ConnectionError):
        way.send(message())

    again = way.send(message())

    assert way.keeps_keys
    assert [again] == [taken.id for taken in provider.taken]


def test_only_the_setting_says_that_a_gateway_keeps_keys(provider: FakeProvider) -> None:
    assert not made_for(provider, keeps_keys=False).keeps_keys


@pytest.mark.parametrize(("code", "is_dead"), [("invalid_number", True), ("template_mismatch", False)])
def test_a_refusal_is_for_good(code: str, is_dead: bool, provider: FakeProvider, way: SmsWay) -> None:
    provider.faults.codes[NUMBER] = code

    with pytest.raises(Refused, match=code) as refused:
        way.send(message())

    assert refused.value.address_is_dead is is_dead


def test_too_much_at_a_time_pauses_the_channel(provider: FakeProvider, way: SmsWay) -> None:
    provider.faults.throttle_every, provider.faults.retry_after = 2, 12
    way.send(message())

    with pytest.raises(Throttled) as throttled:
        way.send(message())

    assert throttled.value.retry_after == 12


def test_a_wrong_token_costs_no_message(provider: FakeProvider) -> None:
    way = made_for(provider, token="old-token")

    with pytest.raises(NotHandedOver, match="doesn't accept our account"):
        way.send(message())

    way.close()


def test_an_error_of_the_gateway_leaves_it_open_whether_it_left(provider: FakeProvider, way: SmsWay) -> None:
    provider.faults.error_after_taking = 1

    with pytest.raises(requests.HTTPError):
        way.send(message())
