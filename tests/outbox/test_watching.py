"""The alarm for late messages."""

from datetime import timedelta

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from outbox import health, signals
from outbox.models import Incident, Message
from outbox.tasks import watch
from tests.factories.outbox import DeliveryAttemptFactory, MessageFactory

pytestmark = pytest.mark.django_db


def logged() -> list[str]:
    """Let the alarm look once and return what it says."""
    with capture_logs() as lines:
        watch()
    return [line["event"] for line in lines if line["log_level"] in {"error", "info"}]


def due(seconds: int) -> Message:
    return MessageFactory(due_at=timezone.now() - timedelta(seconds=seconds))


def test_a_message_due_for_more_than_a_minute_is_told_once_and_so_is_the_end() -> None:
    message = due(seconds=61)

    assert logged() == ["outbox_late"]
    assert logged() == []

    Message.objects.filter(pk=message.pk).update(state="sent", sent_at=timezone.now())
    assert logged() == ["outbox_on_time"]
    assert logged() == []
    assert Incident.objects.get().most_due == 1


def test_the_alarm_is_an_error_with_figures() -> None:
    due(seconds=90)
    due(seconds=5)
    with capture_logs() as lines:
        watch()

    assert lines[0]["log_level"] == "error"
    assert 90 <= lines[0]["seconds"] < 95
    assert lines[0]["due"] == 2


def test_a_minute_is_in_time() -> None:
    due(seconds=55)

    assert logged() == []


def test_what_rules_or_a_back_off_postponed_is_not_late() -> None:
    later = timezone.now() + timedelta(hours=14)
    message = MessageFactory(due_at=later, created_at=timezone.now() - timedelta(days=2))
    DeliveryAttemptFactory(message=message, outcome="postponed", detail="It is night there.")
    MessageFactory(due_at=later, attempts=3, last_error="421 later")

    assert logged() == []


@pytest.mark.parametrize("state", ["sent", "failed", "unknown", "cancelled"])
def test_what_has_ended_or_waits_for_a_person_is_not_late(state: str) -> None:
    MessageFactory(state=state, due_at=timezone.now() - timedelta(days=1))

    assert logged() == []


def test_what_a_sender_holds_for_too_long_is_late() -> None:
    MessageFactory(state="sending", leased=True, due_at=timezone.now() - timedelta(minutes=2))

    assert logged() == ["outbox_late"]


def test_a_server_that_takes_nothing_is_told_though_every_message_waits_for_its_next_try() -> None:
    for message in MessageFactory.create_batch(3, due_at=timezone.now() + timedelta(minutes=5), attempts=1):
        DeliveryAttemptFactory(message=message, outcome="retry")

    assert logged() == ["outbox_late"]
    assert Incident.objects.get().began_at <= timezone.now()

    DeliveryAttemptFactory(message=MessageFactory(attempts=1), outcome="sent")
    assert logged() == ["outbox_on_time"]


def test_two_beats_tell_once() -> None:
    due(seconds=120)
    Incident.objects.create(began_at=timezone.now())  # the other beat was a moment earlier

    assert logged() == []
    assert Incident.objects.count() == 1


def test_the_next_incident_is_told_again() -> None:
    message = due(seconds=120)
    logged()
    Message.objects.filter(pk=message.pk).update(state="cancelled")
    logged()
    due(seconds=120)

    assert logged() == ["outbox_late"]
    assert Incident.objects.count() == 2


def test_who_listens_is_told_how_long_it_lasted(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = []

    def listen(sender, incident, **kwargs) -> None:
        heard.append(incident)

    signals.on_time.connect(listen)
    try:
        message = due(seconds=120)
        logged()
        Message.objects.filter(pk=message.pk).update(state="sent", sent_at=timezone.now())
        monkeypatch.setattr(health, "database_time", lambda: timezone.now() + timedelta(minutes=3))
        logged()
    finally:
        signals.on_time.disconnect(listen)

    assert [round((one.ended_at - one.began_at).total_seconds() / 60) for one in heard] == [5]
