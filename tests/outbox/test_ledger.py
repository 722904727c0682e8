"""How a message stands, in words that somebody who never saw the code understands."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from outbox.ledger import happenings, history, in_words, known_as, readable_text
from outbox.models import Message
from tests.factories.outbox import DeliveryAttemptFactory, MessageFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 11, 30, tzinfo=ZoneInfo("Asia/Kolkata"))


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW.astimezone(UTC), tick=False):
        yield


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    return NOW.replace(hour=hour, minute=minute) + timedelta(days=days)


STANDINGS = (
    ({"due_at": at(10, days=1)}, "Waiting until Tue 24 Nov, 10:00"),
    (
        {"due_at": at(10, days=1), "last_error": "It is night there."},
        "Waiting until Tue 24 Nov, 10:00: It is night there.",
    ),
    ({"due_at": at(11, 29)}, "Due since 11:29"),
    (
        {"due_at": at(11, 35), "attempts": 1, "last_error": "421 later"},
        "Will be tried again 11:35: 421 later",
    ),
    ({"state": "sending", "leased": True}, "Being sent now"),
    ({"state": "sent", "sent_at": at(10, 2)}, "Sent 10:02"),
    ({"state": "sent", "sent_at": at(10, 2, days=-400)}, "Sent Sun 19 Oct 2025, 10:02"),
    ({"state": "failed", "last_error": "550 mailbox unavailable"}, "Refused: 550 mailbox unavailable"),
    ({"state": "failed", "attempts": 6, "last_error": "421 later"}, "Given up after 6 tries: 421 later"),
    ({"state": "failed", "handled_at": NOW, "last_error": "550 no"}, "Failed, and dealt with: 550 no"),
    ({"state": "unknown"}, "Unclear: it may have arrived"),
    ({"state": "cancelled", "last_error": "Unsubscribed"}, "Not sent: they unsubscribed"),
    ({"state": "cancelled", "last_error": "They answered"}, "Not sent: they answered"),
    (
        {"state": "cancelled", "attempts": 1, "last_error": "They answered"},
        "Not tried again: they answered",
    ),
    ({"state": "cancelled"}, "Not sent: it was taken back"),
)


@pytest.mark.parametrize(("fields", "words"), STANDINGS, ids=[words for _fields, words in STANDINGS])
def test_how_a_message_stands(fields: dict, words: str) -> None:
    assert in_words(MessageFactory(**fields)) == words


def test_what_the_provider_told_is_told_in_its_order_each_once() -> None:
    message = MessageFactory(state="sent", sent_at=at(10, 2), report="read", reported_at=at(11, 15))
    for number, (kind, when) in enumerate(
        [("read", at(11, 15)), ("delivered", at(10, 3)), ("delivered", at(10, 4)), ("opened-twice", at(11))]
    ):
        message.events.create(event_id=f"e{number}", kind=kind, received_at=when)

    assert in_words(Message.objects.prefetch_related(*history()).get()) == (
        "Sent 10:02, delivered 10:03, read 11:15"
    )


def test_a_bounce_says_that_the_address_doesnt_exist() -> None:
    message = MessageFactory(state="sent", sent_at=at(10, 2), report="bounced", reported_at=at(10, 3))

    assert in_words(message) == "Sent 10:02, came back 10:03: the address doesn't exist"


def test_tries_and_reports_stand_in_one_order_and_cost_no_query_when_fetched(
    django_assert_num_queries,
) -> None:
    message = MessageFactory(state="sent")
    DeliveryAttemptFactory(message=message, outcome="retry", detail="421 later", finished_at=at(10))
    DeliveryAttemptFactory(message=message, outcome="sent", finished_at=at(10, 5))
    message.events.create(event_id="e", kind="delivered", received_at=at(10, 6))
    fetched = Message.objects.prefetch_related(*history()).get()

    with django_assert_num_queries(0):
        lines = [(line.words, line.detail) for line in happenings(fetched)]
        in_words(fetched)
    assert lines == [("Will be tried again", "421 later"), ("Sent", ""), ("Delivered", "")]


def test_private_values_stay_hidden() -> None:
    message = MessageFactory(text="Open [[link]] now.", private={"link": "https://secret.example"})

    assert readable_text(message) == "Open (private link) now."


def test_a_message_is_known_by_address_message_id_key_and_providers_id_whole() -> None:
    message = MessageFactory(to="Asha@example.com", provider_id="wamid.7")
    MessageFactory()
    for said in (" asha@EXAMPLE.com ", message.message_id, message.message_id[1:-1], message.key, "wamid.7"):
        assert known_as(Message.objects.all(), said).get() == message, said
    for said in ("asha@", "wamid", "", "<>"):
        assert not known_as(Message.objects.all(), said).exists(), said
