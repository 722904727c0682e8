from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from outbox.channels.files import FileWay
from outbox.claiming import claim
from outbox.delivery import drain
from outbox.models import DeliveryAttempt, Message
from outbox.recovery import LAST_WORD, Reaped, reap
from outbox.verdict import BACK_OFF
from tests.factories.outbox import MessageFactory

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=2)


def test_running_leases_are_left_alone() -> None:
    MessageFactory()
    claim("email")
    MessageFactory(state="sending", leased=True)

    assert reap() == Reaped()


def test_expired_claim_is_sent_by_the_next_drain() -> None:
    MessageFactory()
    claim("email")
    with time_machine.travel(timezone.now() + LATER):
        assert reap() == Reaped(released=1)
        drain()

    assert len(mail.outbox) == 1


@pytest.mark.parametrize("purpose", ["account", "acknowledgement", "enrolment"])
def test_vanished_sender_means_the_same_mail_again(purpose) -> None:
    message = MessageFactory(state="sending", leased=True, purpose=purpose, attempts=1)
    with time_machine.travel(timezone.now() + LATER):
        assert reap() == Reaped(unclear=1)
    with time_machine.travel(timezone.now() + LATER + LAST_WORD):
        assert reap() == Reaped(requeued=1)
        drain()
    message.refresh_from_db()

    assert message.state == "sent"
    assert mail.outbox[0].message()["Message-ID"] == message.message_id
    assert list(message.deliveries.values_list("outcome", flat=True)) == ["unknown", "sent"]


def test_unclear_marketing_waits_for_a_person() -> None:
    message = MessageFactory(state="sending", leased=True, purpose="marketing")
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert reap() == Reaped(unclear=1)
        assert reap() == Reaped()
        drain()
    message.refresh_from_db()

    assert (message.state, mail.outbox) == ("unknown", [])


def test_unclear_message_waits_out_its_back_off() -> None:
    MessageFactory(state="unknown", attempts=1, due_at=timezone.now() + BACK_OFF[0])

    assert reap() == Reaped()
    with time_machine.travel(timezone.now() + LATER):
        assert reap() == Reaped(requeued=1)


def test_endlessly_unclear_message_stops_being_sent() -> None:
    message = MessageFactory(state="unknown", attempts=len(BACK_OFF) + 1)
    reap()
    message.refresh_from_db()

    assert message.state == "unknown"


def test_reaping_twice_records_one_attempt() -> None:
    MessageFactory(state="sending", leased=True)
    with time_machine.travel(timezone.now() + LATER):
        reap()
        reap()

    assert DeliveryAttempt.objects.count() == 1
    assert Message.objects.get().state == "unknown"


def test_lease_given_before_the_clock_was_set_back_is_cut_short() -> None:
    now = timezone.now()
    message = MessageFactory(
        state="sending", leased=True, leased_until=now + timedelta(hours=1), purpose="marketing"
    )
    assert reap() == Reaped()
    message.refresh_from_db()
    assert message.leased_until < now + LATER

    with time_machine.travel(now + LATER):
        assert reap() == Reaped(unclear=1)


def test_sender_who_lives_through_a_clock_set_forward_doubles_nothing(monkeypatch) -> None:
    """The clock jumps while the server takes its time; the sender says within seconds that the mail left."""
    message = MessageFactory()

    def jump(self, messages) -> int:
        with time_machine.travel(timezone.now() + timedelta(days=1)):
            assert reap() == Reaped(unclear=1)
            drain()
        return len(messages)

    monkeypatch.setattr(EmailBackend, "send_messages", jump)
    drain()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        reap()
        assert drain().outcomes == {}
    message.refresh_from_db()

    assert (message.state, message.attempts) == ("sent", 1)


def test_unclear_message_goes_again_where_the_provider_takes_a_key_only_once() -> None:
    kept = MessageFactory(state="unknown", channel="sms", to="+919876543210", purpose="marketing")
    other = MessageFactory(state="unknown", purpose="marketing")
    assert FileWay.keeps_keys

    assert reap() == Reaped(requeued=1)
    kept.refresh_from_db()
    other.refresh_from_db()
    assert (kept.state, other.state) == ("pending", "unknown")
