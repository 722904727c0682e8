from collections import Counter
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from outbox.claiming import BATCH, claim
from outbox.delivery import drain
from outbox.models import DeliveryAttempt, Message, Suppression
from outbox.queue import enqueue
from outbox.suppression import suppress
from outbox.verdict import BACK_OFF
from tests.factories.outbox import MessageFactory

pytestmark = pytest.mark.django_db
REFUSES = {"delivery": {"BACKEND": "tests.outbox.test_delivery.Refuses"}}
UNREACHABLE = {"delivery": {"BACKEND": "tests.outbox.test_delivery.Unreachable"}}
BREAKS = {"delivery": {"BACKEND": "tests.outbox.test_delivery.Breaks"}}


class Refuses(EmailBackend):
    def send_messages(self, messages) -> int:
        raise ValueError("no such header")


class Unreachable(EmailBackend):
    def open(self) -> bool:
        raise ConnectionRefusedError


class Breaks(EmailBackend):
    """Leaves and then breaks, so that nobody can say whether the message left."""

    def send_messages(self, messages) -> int:
        super().send_messages(messages)
        raise RuntimeError("broken")


def queue(**changes) -> Message:
    return enqueue(
        **{
            "key": "one",
            "to": "asha@example.com",
            "subject": "Your code",
            "text": "Code [[code]], not [[other]]",
            "html": "<p>[[code]]</p>",
            "purpose": "account",
            "private": {"code": "<482913> [[other]]", "unused": "x"},
        }
        | changes
    )


def test_drain_sends_a_due_message_with_its_headers() -> None:
    message = queue(reply_to="admissions@example.com")

    assert drain().outcomes == {"sent": 1}
    sent = mail.outbox[0].message()
    assert sent["Message-ID"] == message.message_id
    assert sent["Reply-To"] == "admissions@example.com"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["From"].endswith("<admissions@example.com>")
    assert sent["To"] == "asha@example.com"


def test_acknowledgement_says_that_it_answers() -> None:
    queue(purpose="acknowledgement")
    drain()

    assert mail.outbox[0].message()["Auto-Submitted"] == "auto-replied"


def test_private_values_are_filled_in_once_escaped_in_html_and_forgotten() -> None:
    message = queue()
    drain()
    message.refresh_from_db()

    assert mail.outbox[0].body == "Code <482913> [[other]], not [[other]]"
    assert mail.outbox[0].alternatives[0].content == "<p>&lt;482913&gt; [[other]]</p>"
    assert message.private == {}
    assert message.text == "Code [[code]], not [[other]]"


def test_sent_message_has_time_and_one_attempt() -> None:
    message = queue()
    drain()
    message.refresh_from_db()

    assert (message.state, message.attempts, message.lease_token) == ("sent", 1, None)
    assert message.sent_at is not None
    assert message.deliveries.get().outcome == "sent"


def test_drain_twice_sends_once() -> None:
    queue()
    drain()

    assert drain().outcomes == Counter()
    assert len(mail.outbox) == 1


def test_message_of_tomorrow_stays() -> None:
    queue(due_at=timezone.now() + timedelta(days=1))
    drain()

    assert mail.outbox == []


def test_more_than_a_batch_leaves_in_one_drain() -> None:
    MessageFactory.create_batch(BATCH + 3)

    assert drain().outcomes == {"sent": BATCH + 3}


def test_drain_without_time_leaves_everything() -> None:
    message = queue()
    drain(seconds=0)
    message.refresh_from_db()

    assert (message.state, mail.outbox) == ("pending", [])


def test_longest_waiting_is_claimed_first() -> None:
    late = MessageFactory(due_at=timezone.now() - timedelta(hours=1))
    MessageFactory(due_at=timezone.now() - timedelta(minutes=1))

    assert claim("email", limit=1) == [late]


def test_claimed_message_is_not_claimed_again() -> None:
    MessageFactory()

    assert len(claim("email")) == 1
    assert claim("email") == []


def test_lost_lease_means_no_sending(monkeypatch) -> None:
    message = queue()

    def lose_the_lease(channel: str, **options) -> list[Message]:
        claimed = claim(channel, **options)
        Message.objects.update(state="cancelled", private={}, lease_token=None, leased_until=None)
        return claimed

    monkeypatch.setattr("outbox.delivery.claim", lose_the_lease)
    drain()
    message.refresh_from_db()

    assert (message.state, message.attempts, mail.outbox) == ("cancelled", 0, [])


@pytest.mark.parametrize(
    ("reason", "purpose", "leaves"),
    [
        ("unsubscribed", "marketing", False),
        ("complained", "marketing", False),
        ("unsubscribed", "account", True),
        ("complained", "enrolment", True),
        ("bounced", "account", False),
        ("erased", "acknowledgement", False),
    ],
)
def test_suppression_stops_what_it_covers(reason, purpose, leaves) -> None:
    message = queue(purpose=purpose)
    suppress(" Asha@Example.com", reason=reason)
    drain()
    message.refresh_from_db()

    assert len(mail.outbox) == leaves
    assert message.state == ("sent" if leaves else "cancelled")
    assert message.private == {}
    assert message.deliveries.get().outcome == ("sent" if leaves else "suppressed")


def test_weightier_reason_wins() -> None:
    suppress("asha@example.com", reason="bounced")
    suppress("asha@example.com", reason="unsubscribed")
    assert Suppression.objects.get().reason == "bounced"

    suppress("asha@example.com", reason="erased")
    assert Suppression.objects.get().reason == "erased"


def test_unreachable_server_costs_no_attempt_and_touches_nothing(settings) -> None:
    settings.MAILERS = UNREACHABLE
    message = queue()
    before = Message.objects.filter(pk=message.pk).values().get()

    assert drain().unreachable
    assert Message.objects.filter(pk=message.pk).values().get() == before
    assert not DeliveryAttempt.objects.exists()


def test_impossible_mail_fails_for_good_and_forgets(settings) -> None:
    settings.MAILERS = REFUSES
    message = queue()
    drain()
    message.refresh_from_db()

    assert (message.state, message.private) == ("failed", {})
    assert message.last_error == "no such header"


def test_unexpected_error_while_sending_is_unclear(settings) -> None:
    settings.MAILERS = BREAKS
    message = queue()
    drain()
    message.refresh_from_db()

    assert message.state == "unknown"
    assert message.private != {}
    assert timedelta(0) < message.due_at - timezone.now() <= BACK_OFF[0] * 1.2


def test_late_success_still_counts(settings, monkeypatch) -> None:
    """The lease ran out while the server took its time; the message left all the same."""
    message = queue()

    def slow(self, messages) -> int:
        Message.objects.update(state="pending", lease_token=None, leased_until=None)
        return len(messages)

    monkeypatch.setattr(EmailBackend, "send_messages", slow)
    drain()
    message.refresh_from_db()

    assert message.state == "sent"


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_late_success_is_the_truth_about_what_was_counted_as_over(state, monkeypatch) -> None:
    """Unclear for a moment, then taken back or given up; and then the server says that it has it."""
    message = queue()

    def slow(self, messages) -> int:
        Message.objects.update(state=state, lease_token=None, leased_until=None, private={}, last_error="x")
        return len(messages)

    monkeypatch.setattr(EmailBackend, "send_messages", slow)
    drain()
    message.refresh_from_db()

    assert (message.state, message.last_error) == ("sent", "")


def test_claim_and_send_cost_constant_queries(django_assert_max_num_queries) -> None:
    MessageFactory()
    with django_assert_max_num_queries(17):  # due, claim 5, sending 3, settle 4, due, claim 3
        drain()


def test_logs_name_neither_address_nor_text(caplog, settings) -> None:
    caplog.set_level("DEBUG")
    queue(text="Meet Asha at noon [[code]]")
    drain()
    settings.MAILERS = REFUSES
    queue(key="two", text="Meet Asha at noon [[code]]")
    drain()

    assert "message_sent" in caplog.text
    assert "message_not_sent" in caplog.text
    for secret in ("asha@example.com", "482913", "Meet Asha", "Your code"):
        assert secret not in caplog.text
