import pytest
from django.core import mail

from outbox.delivery import drain
from outbox.errors import AlreadySettled
from outbox.models import Message
from outbox.settling_by_hand import give_up, say_sent, send_again
from tests.factories.outbox import MessageFactory
from tests.outbox.test_keepers import Keeper, keeper

pytestmark = pytest.mark.django_db
__all__ = ["keeper"]


def unclear(**values) -> Message:
    return MessageFactory(state="unknown", purpose="marketing", attempts=3, private={"code": "1"}, **values)


def test_message_that_arrived_is_sent_and_stays_so(keeper: Keeper) -> None:
    message = unclear(keeper="test")
    say_sent(message, "Meena")
    drain()
    message.refresh_from_db()

    assert (message.state, message.private, mail.outbox) == ("sent", {}, [])
    assert message.deliveries.get().detail == "Meena says that it arrived."
    assert keeper.told == [(message.pk, "sent")]


def test_message_sent_again_leaves_with_the_same_id(keeper: Keeper) -> None:
    message = unclear(keeper="test")
    send_again(message, "Meena")
    drain()
    message.refresh_from_db()

    assert (message.state, message.attempts) == ("sent", 1)
    assert mail.outbox[0].message()["Message-ID"] == message.message_id
    assert keeper.told == [(message.pk, "sent")]


def test_message_that_is_given_up_has_failed_and_needs_nobody(keeper: Keeper) -> None:
    message = unclear(keeper="test")
    give_up(message, "Meena")
    message.refresh_from_db()

    assert (message.state, message.private) == ("failed", {})
    assert message.handled_at is not None
    assert keeper.told == [(message.pk, "failed")]


@pytest.mark.parametrize("second", [lambda m: say_sent(m, "Ravi"), send_again, give_up])
def test_second_decision_is_refused(second) -> None:
    message = unclear()
    say_sent(message, "Meena")

    with pytest.raises(AlreadySettled):
        second(Message.objects.get())
    assert Message.objects.get().state == "sent"
    assert message.deliveries.count() == 1


def test_refused_decision_takes_back_what_the_keeper_wrote(keeper: Keeper, monkeypatch) -> None:
    message = MessageFactory(state="cancelled", keeper="test")
    monkeypatch.setattr(keeper, "ended", lambda message, outcome: MessageFactory(key="the next step"))

    with pytest.raises(AlreadySettled):
        say_sent(message, "Meena")
    assert not Message.objects.filter(key="the next step").exists()
