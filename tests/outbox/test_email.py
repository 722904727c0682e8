"""What the answers of mail servers and mail providers mean for a message."""

from typing import Any

import pytest
from anymail.backends.postmark import EmailBackend as Postmark
from anymail.exceptions import AnymailRequestsAPIError
from django.utils import timezone
from requests import ConnectionError as RequestsConnectionError
from requests import ConnectTimeout, ReadTimeout, Response
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from outbox.delivery import drain
from outbox.models import ChannelState, Message, Suppression
from outbox.suppression import why_forbidden
from tests.factories.outbox import MessageFactory
from tests.faults.conftest import sink

pytestmark = pytest.mark.django_db
__all__ = ["sink"]


def answer(status: int, body: str, **headers: str) -> Response:
    response = Response()
    response.status_code = status
    response._content = body.encode()
    response.headers.update(headers)
    return response


TAKEN = answer(200, '{"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a", "To": "asha@example.com"}')


@pytest.fixture
def provider(settings, monkeypatch) -> Any:
    """Postmark, answering what the test says."""
    options = {"server_token": "not-a-token"}
    settings.MAILERS = {"delivery": {"BACKEND": "anymail.backends.postmark.EmailBackend", "OPTIONS": options}}

    def says(said: Response | Exception) -> None:
        def request(self: Any, payload: Any, message: Any) -> Response:
            if isinstance(said, Exception):
                kind = type("AnymailRequestsAPIError", (AnymailRequestsAPIError, type(said)), {})
                raise kind("Error posting", email_message=message, payload=payload) from said
            self.raise_for_status(said, payload, message)
            return said

        monkeypatch.setattr(Postmark, "post_to_esp", request)

    return says


def refused_connection() -> Exception:
    reason = NewConnectionError(None, "refused")  # type: ignore[arg-type]
    return RequestsConnectionError(MaxRetryError(None, "/email", reason))  # type: ignore[arg-type]


def test_providers_id_is_kept(provider) -> None:
    provider(TAKEN)
    MessageFactory(to="asha@example.com")

    assert drain().outcomes == {"sent": 1}
    assert Message.objects.get().provider_id == "b7bc2f4a"


@pytest.mark.parametrize(
    ("said", "outcome", "attempts"),
    [
        (answer(429, "", **{"Retry-After": "90"}), "postponed", 0),
        (answer(401, "{}"), "retry", 1),
        (answer(503, ""), "retry", 1),
        (answer(500, ""), "unknown", 1),
        (answer(502, ""), "unknown", 1),
        (answer(400, "{}"), "failed", 1),
        (answer(200, "no JSON"), "unknown", 1),
        (refused_connection(), "postponed", 0),
        (ConnectTimeout(), "postponed", 0),
        (ReadTimeout(), "unknown", 1),
        (RequestsConnectionError(ProtocolError("reset")), "unknown", 1),
    ],
    ids=str,
)
def test_what_a_provider_says(provider, said, outcome, attempts) -> None:
    provider(said)
    message = MessageFactory(to="asha@example.com")

    assert drain().outcomes == {outcome: 1}
    message.refresh_from_db()
    assert message.attempts == attempts
    assert not Suppression.objects.exists()


def test_throttling_provider_is_left_alone_as_long_as_it_asked(provider) -> None:
    provider(answer(429, "", **{"Retry-After": "90"}))
    MessageFactory()
    drain()

    pause = ChannelState.objects.get(channel="email").closed_until - timezone.now()
    assert 80 < pause.total_seconds() <= 90


@pytest.mark.parametrize(
    ("said", "is_dead"),
    [
        ("550 5.1.1 The account that you tried to reach does not exist", True),
        ("550 5.1.10 Recipient not found", True),
        ("550 No such user here", True),
        ("550 <asha@example.com>: Recipient address rejected: User unknown", True),
        ("553 Unknown user", True),
        ("550 5.7.1 Message rejected: user not found in allow list", False),
        ("550 Spam", False),
        ("554 5.2.2 Mailbox full", False),
        ("552 Too much mail", False),
    ],
)
def test_only_an_address_that_doesnt_exist_gets_nothing_more(sink, said, is_dead) -> None:
    sink.answer_to_recipient = said
    message = MessageFactory(purpose="account")

    assert drain().outcomes == {"failed": 1}
    message.refresh_from_db()
    assert (message.state, message.last_error) == ("failed", said)
    assert bool(why_forbidden(message)) == is_dead
    assert [s.reason for s in Suppression.objects.all()] == (["bounced"] if is_dead else [])


def test_mail_that_cant_be_built_is_tried_again(monkeypatch) -> None:
    def broken(message: Message) -> None:
        raise TypeError("a mistake of ours")

    monkeypatch.setattr("outbox.channels.email.build_email", broken)
    MessageFactory()

    assert drain().outcomes == {"retry": 1}
