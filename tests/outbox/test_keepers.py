"""What a keeper decides about a message, as seen by whoever waits for it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.db.utils import DatabaseError
from django.utils import timezone

from outbox import keepers
from outbox.delivery import drain
from outbox.keepers import Verdict
from outbox.models import DeliveryAttempt, Message
from outbox.queue import cancel
from outbox.suppression import suppress
from tests.factories.outbox import MessageFactory
from tests.outbox.test_delivery import BREAKS, REFUSES

pytestmark = pytest.mark.django_db


class Keeper:
    """Says what a test told it to, and remembers what it was told."""

    def __init__(self) -> None:
        self.reasons: dict[int, str] = {}
        self.verdicts: dict[int, Verdict] = {}
        self.asked: list[list[int]] = []
        self.told: list[tuple[int, str]] = []

    def stopped(self, messages) -> dict[int, str]:
        self.asked.append([message.pk for message in messages])
        return self.reasons

    def verdict(self, message) -> Verdict:
        return self.verdicts.get(message.pk, Verdict())

    def ended(self, message, outcome) -> None:
        self.told.append((message.pk, str(outcome)))


@pytest.fixture
def keeper(settings, monkeypatch) -> Keeper:
    """The keeper of messages with `keeper="test"`."""
    keeper = Keeper()
    settings.MESSAGE_KEEPERS = {"test": "the.test"}
    monkeypatch.setattr(keepers, "_load", lambda module: keeper)
    return keeper


def kept(**values) -> Message:
    return MessageFactory(keeper="test", purpose="marketing", topic="news", **values)


def test_message_leaves_and_its_keeper_is_told_once(keeper) -> None:
    message = kept()

    assert drain().outcomes == {"sent": 1}
    assert keeper.told == [(message.pk, "sent")]


def test_keeper_is_asked_once_for_a_whole_batch(keeper) -> None:
    messages = [kept(), kept(), MessageFactory()]
    drain()

    assert keeper.asked == [[message.pk for message in messages[:2]]]
    assert len(mail.outbox) == 3


@pytest.mark.parametrize("moment", ["after the claim", "at the last moment"])
def test_stopped_message_never_leaves_and_says_why(keeper, moment) -> None:
    message, other = kept(private={"code": "1"}), kept()
    if moment == "after the claim":
        keeper.reasons = {message.pk: "They answered."}
    else:
        keeper.verdicts = {message.pk: Verdict(stop="They answered.")}

    assert drain().outcomes == {"stopped": 1, "sent": 1}
    message.refresh_from_db()
    assert (message.state, message.last_error, message.private) == ("cancelled", "They answered.", {})
    assert (message.attempts, message.lease_token) == (0, None)
    assert list(message.deliveries.values_list("outcome", "detail")) == [("stopped", "They answered.")]
    assert sorted(keeper.told) == [(message.pk, "stopped"), (other.pk, "sent")]


def test_message_that_comes_too_early_waits_without_losing_a_try(keeper) -> None:
    message = kept()
    tomorrow = timezone.now() + timedelta(days=1)
    keeper.verdicts = {message.pk: Verdict(wait_until=tomorrow, reason="It is night there.")}

    assert drain().outcomes == {"postponed": 1}
    message.refresh_from_db()
    assert (message.state, message.due_at, message.attempts) == ("pending", tomorrow, 0)
    assert message.last_error == "It is night there."
    assert (mail.outbox, keeper.told) == ([], [])


def test_waiting_for_the_same_reason_again_is_noted_once(keeper) -> None:
    message = kept()
    for reason in ("It is night there.", "It is night there.", "A holiday."):
        keeper.verdicts = {message.pk: Verdict(wait_until=timezone.now() + timedelta(hours=1), reason=reason)}
        drain()
        Message.objects.update(due_at=timezone.now())

    assert list(message.deliveries.values_list("detail", flat=True)) == ["It is night there.", "A holiday."]


def test_a_wait_that_is_over_already_doesnt_keep_the_sender_busy(keeper) -> None:
    message = kept()
    keeper.verdicts = {message.pk: Verdict(wait_until=timezone.now() - timedelta(hours=1), reason="Held.")}
    drain(seconds=0.5)

    assert message.deliveries.count() == 1


def test_changed_facts_are_sent_and_kept(keeper) -> None:
    message = kept()
    keeper.verdicts = {message.pk: Verdict(changes={"subject": "3 seats left", "text": "Three seats."})}
    drain()
    message.refresh_from_db()

    assert mail.outbox[0].subject == "3 seats left"
    assert mail.outbox[0].body.startswith("Three seats.")
    assert (message.subject, message.text) == ("3 seats left", "Three seats.")


@pytest.mark.parametrize(("mailers", "told"), [(REFUSES, ["failed"]), (BREAKS, [])])
def test_keeper_is_told_of_a_failure_but_not_of_what_is_unclear(keeper, settings, mailers, told) -> None:
    settings.MAILERS = mailers
    message = kept()
    drain()

    assert keeper.told == [(message.pk, outcome) for outcome in told]


def test_keeper_is_told_that_an_address_is_suppressed(keeper) -> None:
    message = kept()
    suppress(message.to, reason="unsubscribed")

    assert drain().outcomes == {"suppressed": 1}
    assert keeper.told == [(message.pk, "suppressed")]


@pytest.mark.parametrize("error", [RuntimeError("broken"), DatabaseError("broken")])
def test_keeper_that_cant_decide_holds_up_its_own_message_only(keeper, monkeypatch, error) -> None:
    message, other = kept(), MessageFactory()

    def break_down(*args):
        connection.cursor().execute("SELECT 1")
        raise error

    monkeypatch.setattr(keeper, "stopped", break_down)
    monkeypatch.setattr(keeper, "verdict", break_down)

    assert drain().outcomes == {"sent": 1, "postponed": 1}
    message.refresh_from_db()
    other.refresh_from_db()
    assert (message.state, other.state) == ("pending", "sent")
    assert timedelta(minutes=1) < message.due_at - timezone.now() <= timedelta(minutes=5)


def test_keeper_that_breaks_a_query_doesnt_lose_what_was_sent(keeper, monkeypatch) -> None:
    def break_down(message, outcome):
        Message.objects.filter(pk=message.pk).update(subject="half done")
        connection.cursor().execute("SELECT nonsense FROM nowhere")

    monkeypatch.setattr(keeper, "ended", break_down)
    messages = [kept(), kept()]

    assert drain().outcomes == {"sent": 2}
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    assert not Message.objects.filter(subject="half done").exists()
    assert DeliveryAttempt.objects.filter(message__in=messages, outcome="sent").count() == 2


def test_what_a_keeper_wrote_is_taken_back_when_the_message_is_no_longer_ours(keeper, monkeypatch) -> None:
    """Somebody cancelled the message between the claim and the keeper's verdict."""
    message = kept()

    def cancelled_meanwhile(asked) -> Verdict:
        cancel(message, "Erased.")
        return Verdict(stop="They answered.")

    def ended(told, outcome):
        MessageFactory(key="the next step")

    monkeypatch.setattr(keeper, "verdict", cancelled_meanwhile)
    monkeypatch.setattr(keeper, "ended", ended)
    drain()
    message.refresh_from_db()

    assert (message.state, message.last_error) == ("cancelled", "Erased.")
    assert not Message.objects.filter(key="the next step").exists()


def test_next_message_of_a_keeper_is_there_once_this_one_is_sent(keeper, monkeypatch) -> None:
    monkeypatch.setattr(keeper, "ended", lambda message, outcome: MessageFactory(key="the next step"))
    kept()
    drain(seconds=1)

    assert Message.objects.filter(key="the next step").exists()


def test_message_of_a_keeper_that_is_not_there_any_more_holds_up_no_other(settings) -> None:
    settings.MESSAGE_KEEPERS = {}
    lost, other = kept(), MessageFactory()

    assert drain().outcomes == {"postponed": 1, "sent": 1}
    lost.refresh_from_db()
    other.refresh_from_db()
    assert (lost.state, other.state) == ("pending", "sent")
