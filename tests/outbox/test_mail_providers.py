"""Mail by a provider's API, against one on this machine."""

from collections.abc import Iterator

import pytest
import requests
from anymail.exceptions import AnymailAPIError
from pytest_django import Settings

from outbox.channels.email import EmailWay
from outbox.errors import NotHandedOver, Refused, Throttled, Unreachable
from outbox.models import Message
from outbox.queue import derive_message_id
from tests.providers.fake import TOKEN, FakeProvider


@pytest.fixture
def provider(settings: Settings) -> Iterator[FakeProvider]:
    fake = FakeProvider().start()
    use(settings, fake.address)
    yield fake
    fake.stop()


def use(settings: Settings, address: str, token: str = TOKEN) -> None:
    backend = "anymail.backends.postmark.EmailBackend"
    options = {"server_token": token, "api_url": f"{address}/"}
    settings.MAILERS = {**settings.MAILERS, "delivery": {"BACKEND": backend, "OPTIONS": options}}


def send() -> str:
    way = EmailWay()
    way.open()
    try:
        return way.send(
            Message(
                key="run:1:1:email",
                to="reader@example.com",
                subject="Your enquiry",
                text="Hello Meena",
                private={},
                message_id=derive_message_id("run:1:1:email"),
            )
        )
    finally:
        way.close()


def test_a_mail_leaves_with_all_that_names_it_afterwards(provider: FakeProvider) -> None:
    sent = send()

    (taken,) = provider.taken
    message_id = derive_message_id("run:1:1:email")
    assert sent == taken.id
    assert taken.body["Metadata"] == {"message": message_id}
    assert {"Name": "Message-ID", "Value": message_id} in taken.body["Headers"]
    assert {"Name": "X-PM-KeepID", "Value": "true"} in taken.body["Headers"]


def test_too_much_at_a_time_pauses_the_channel(provider: FakeProvider) -> None:
    provider.faults.throttle_every, provider.faults.retry_after = 1, 9

    with pytest.raises(Throttled) as throttled:
        send()

    assert throttled.value.retry_after == 9


def test_a_wrong_token_costs_no_message(provider: FakeProvider, settings: Settings) -> None:
    use(settings, provider.address, token="old-token")

    with pytest.raises(NotHandedOver):
        send()


@pytest.mark.parametrize("fault", ["error_after_taking", "drop_after_body"])
def test_an_answer_that_got_lost_leaves_it_open_whether_it_left(fault: str, provider: FakeProvider) -> None:
    setattr(provider.faults, fault, 1)

    with pytest.raises((AnymailAPIError, requests.RequestException)) as lost:
        send()

    assert not isinstance(lost.value, NotHandedOver | Refused | Unreachable)
    assert len(provider.taken) == 1


def test_a_provider_that_cannot_be_reached_costs_no_attempt(settings: Settings) -> None:
    stopped = FakeProvider().start()
    stopped.stop()
    use(settings, stopped.address)

    with pytest.raises(Unreachable):
        send()
