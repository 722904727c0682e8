"""What people write to us: once each, and what STOP and START do."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from outbox import replies, signals
from outbox.models import Channel, Message, Reply, Suppression
from outbox.replies import Heard, window_open
from outbox.suppression import opt_out, suppress
from tests.factories.outbox import MessageFactory

pytestmark = pytest.mark.django_db

NUMBER = "+919876543210"
NUMBERS = iter(range(1000))


def heard(text: str = "Yes, please call me.", **fields: Any) -> Heard:
    values = {"event_id": f"wamid.{next(NUMBERS)}", "channel": Channel.WHATSAPP, "sender": NUMBER, **fields}
    return Heard(text=text, **values)


@pytest.fixture
def told() -> Iterator[list[Reply]]:
    """The answers that others are told of."""
    found: list[Reply] = []

    def listen(sender: Any, reply: Reply, **kwargs: Any) -> None:
        found.append(reply)

    signals.replied.connect(listen)
    yield found
    signals.replied.disconnect(listen)


def test_an_answer_is_kept_with_the_message_that_it_answers(told: list[Reply]) -> None:
    message = MessageFactory(state=Message.State.SENT, channel=Channel.WHATSAPP, provider_id="wamid.ours")

    replies.take(heard(answers=["wamid.ours"]))

    reply = Reply.objects.get()
    assert (reply.sender, reply.text, reply.message) == (NUMBER, "Yes, please call me.", message)
    assert told == [reply]


def test_the_same_answer_again_is_told_once(told: list[Reply]) -> None:
    results = [replies.take(heard(event_id="wamid.same")) for _repeat in range(3)]

    assert results == [True, False, False]
    assert len(told) == 1


def test_an_answer_by_mail_is_found_by_message_ids() -> None:
    message = MessageFactory(state=Message.State.SENT)

    replies.take(
        heard(
            channel=Channel.EMAIL,
            sender="Reader@Example.com",
            answers=["<other@example.com>", message.message_id],
        )
    )

    reply = Reply.objects.get()
    assert (reply.message, reply.sender) == (message, "reader@example.com")


def test_an_answer_that_fits_no_message_is_kept_too() -> None:
    replies.take(heard(answers=["wamid.of-another"]))

    assert Reply.objects.get().message is None


def test_what_the_database_cannot_hold_is_left_out() -> None:
    replies.take(heard("Yes\0, please \ud800" + "x" * 30_000))

    text = Reply.objects.get().text
    assert text.startswith("Yes, please ?x")
    assert len(text) == 20_000


@pytest.mark.parametrize("channel", [Channel.WHATSAPP, Channel.SMS])
@pytest.mark.parametrize("word", ["STOP", " stop. ", "Unsubscribe", "Stop promotions", "நிறுத்து"])
def test_stop_ends_what_nobody_asked_for_on_that_channel(word: str, channel: str, told: list[Reply]) -> None:
    replies.take(heard(word, channel=channel))

    suppression = Suppression.objects.get()
    assert (suppression.channel, suppression.reason) == (channel, Suppression.Reason.UNSUBSCRIBED)
    assert len(told) == 1


@pytest.mark.parametrize("text", ["Please stop by tomorrow", "Does it stop at six?", "start"])
def test_a_sentence_is_no_stop(text: str) -> None:
    replies.take(heard(text))

    assert not Suppression.objects.exists()


def test_stop_in_a_mail_is_for_a_person_to_read() -> None:
    replies.take(heard("STOP", channel=Channel.EMAIL, sender="reader@example.com"))

    assert not Suppression.objects.exists()


def test_start_takes_a_stop_back() -> None:
    replies.take(heard("STOP"))
    replies.take(heard("தொடங்கு"))

    assert not Suppression.objects.exists()


def test_start_tells_which_topics_are_wanted_again() -> None:
    heard_of: list[tuple[str, str]] = []

    def listen(address: str, topic: str, **_more: object) -> None:
        heard_of.append((address, topic))

    signals.allowed.connect(listen)
    try:
        opt_out(NUMBER, topic="news", channel=Channel.WHATSAPP)
        replies.take(heard("START"))
        assert heard_of == []
        replies.take(heard("STOP"))
        replies.take(heard("START"))
    finally:
        signals.allowed.disconnect(listen)

    assert heard_of == [(NUMBER, topic) for topic in settings.MESSAGE_TOPICS if topic != "news"]


@pytest.mark.parametrize("reason", [Suppression.Reason.BOUNCED, Suppression.Reason.ERASED])
def test_start_takes_nothing_else_back(reason: str) -> None:
    suppress(NUMBER, reason=reason, channel=Channel.WHATSAPP)

    replies.take(heard("START"))

    assert Suppression.objects.get().reason == reason


def test_the_last_word_counts_in_whatever_order_they_come() -> None:
    now = timezone.now()

    replies.take(heard("STOP", at=now))
    replies.take(heard("START", at=now - timedelta(minutes=5)))
    assert Suppression.objects.exists()

    replies.take(heard("START", at=now + timedelta(seconds=-1), sender="+919876500000"))
    replies.take(heard("STOP", at=now - timedelta(minutes=1), sender="+919876500000"))
    assert Suppression.objects.count() == 1


def test_the_window_is_open_for_a_day_after_somebody_wrote() -> None:
    replies.take(heard(at=timezone.now() - timedelta(hours=23)))
    assert window_open(NUMBER)
    assert not window_open("+919876500000")


@pytest.mark.parametrize(
    "fields",
    [{"at": timezone.now() - timedelta(hours=24)}, {"channel": Channel.SMS}],
)
def test_the_window_is_closed_after_a_day_and_for_answers_elsewhere(fields: dict[str, Any]) -> None:
    replies.take(heard(**fields))

    assert not window_open(NUMBER)


def test_a_clock_that_is_ahead_opens_no_longer_window() -> None:
    replies.take(heard(at=timezone.now() + timedelta(days=3)))

    assert Reply.objects.get().received_at <= timezone.now()
