"""What a monitor is told."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from outbox.models import ChannelState, Message
from tests.factories.outbox import DeliveryAttemptFactory, MessageFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/messages/metrics"
TOKEN = "a-token-of-the-monitor"


@pytest.fixture
def _token(settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def read(token: str = TOKEN) -> dict[str, float]:
    response = Client().get(ADDRESS, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200
    lines = re.findall(r"^(outbox_\S+) (\S+)$", response.text, re.MULTILINE)
    return {name: float(value) for name, value in lines}


def test_there_is_no_such_address_where_no_token_is_set() -> None:
    assert Client().get(ADDRESS).status_code == 404
    assert Client().get(ADDRESS, headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.usefixtures("_token")
@pytest.mark.parametrize("said", ["", "Bearer", "Bearer another", f"Basic {TOKEN}", TOKEN, "Bearer ä"])
def test_who_says_no_token_or_a_wrong_one_learns_nothing(said: str) -> None:
    MessageFactory()
    response = Client().get(ADDRESS, headers={"Authorization": said} if said else {})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.content == b""


@pytest.mark.usefixtures("_token")
def test_how_late_the_longest_waiting_message_is() -> None:
    now = timezone.now()
    MessageFactory(due_at=now - timedelta(seconds=90))
    MessageFactory(due_at=now - timedelta(seconds=10))
    MessageFactory(due_at=now + timedelta(hours=3))
    figures = read()

    assert 90 <= figures["outbox_oldest_due_seconds"] < 95
    assert figures["outbox_due"] == 2
    assert figures["outbox_waiting"] == 3


@pytest.mark.usefixtures("_token")
def test_what_a_sender_holds_is_due_until_it_has_ended() -> None:
    MessageFactory(state="claimed", leased=True, due_at=timezone.now() - timedelta(seconds=70))
    figures = read()

    assert figures["outbox_oldest_due_seconds"] >= 70
    assert figures["outbox_due"] == 1


@pytest.mark.usefixtures("_token")
def test_nothing_due_is_zero_and_every_series_is_there() -> None:
    figures = read()

    assert figures["outbox_oldest_due_seconds"] == 0
    assert figures['outbox_messages{channel="sms",state="failed"}'] == 0
    assert figures['outbox_sent_last_hour{channel="whatsapp"}'] == 0
    assert figures['outbox_channel_closed{channel="email"}'] == 0
    assert figures["outbox_standstill"] == 0


@pytest.mark.usefixtures("_token")
def test_what_waits_for_a_person_and_what_left() -> None:
    marketing = Message.Purpose.MARKETING
    MessageFactory(state="unknown", purpose=marketing)
    MessageFactory(state="unknown")  # an acknowledgement goes again by itself
    MessageFactory(state="failed", channel="sms")
    MessageFactory(state="failed", handled_at=timezone.now())
    MessageFactory(state="sent")
    MessageFactory(state="sent", sent_at=timezone.now() - timedelta(hours=2))
    ChannelState.objects.create(
        channel="sms", closed_until=timezone.now() + timedelta(seconds=30), failures=2
    )
    figures = read()

    assert figures["outbox_unclear"] == 1
    assert figures["outbox_failed"] == 1
    assert figures['outbox_messages{channel="sms",state="failed"}'] == 1
    assert figures['outbox_messages{channel="email",state="failed"}'] == 0
    assert figures['outbox_messages{channel="email",state="unknown"}'] == 2
    assert figures['outbox_sent_last_hour{channel="email"}'] == 1
    assert figures['outbox_channel_closed{channel="sms"}'] == 1


@pytest.mark.usefixtures("_token")
def test_a_standstill_is_several_messages_tried_and_none_sent() -> None:
    for _ in range(2):
        DeliveryAttemptFactory(message=MessageFactory(attempts=1), outcome="retry")
    assert read()["outbox_standstill"] == 0, "one or two that a server puts off are no standstill"

    DeliveryAttemptFactory(message=MessageFactory(attempts=1), outcome="unknown")
    assert read()["outbox_standstill"] == 1

    DeliveryAttemptFactory(message=MessageFactory(attempts=1), outcome="sent")
    assert read()["outbox_standstill"] == 0


@pytest.mark.usefixtures("_token")
def test_messages_that_rules_postponed_are_no_standstill_and_not_due() -> None:
    for message in MessageFactory.create_batch(4, due_at=timezone.now() + timedelta(hours=9)):
        DeliveryAttemptFactory(message=message, outcome="postponed")
    figures = read()

    assert (figures["outbox_standstill"], figures["outbox_due"]) == (0, 0)


@pytest.mark.usefixtures("_token")
def test_it_costs_the_same_for_one_message_and_for_many() -> None:
    counts = []
    for more in (1, 2):
        for state in ("pending", "failed", "unknown", "sent"):
            MessageFactory.create_batch(more, state=state)
        with CaptureQueriesContext(connection) as queries:
            read()
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 11
