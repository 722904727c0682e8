"""Channels that pause, and channels that may send so many messages a second."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from outbox import clock as outbox_clock
from outbox import limits
from outbox.claiming import claim
from outbox.clock import database_time
from outbox.delivery import drain
from outbox.errors import NotHandedOver, Throttled, Unreachable
from outbox.models import ChannelState, Message
from tests.factories.outbox import MessageFactory
from tests.outbox.test_delivery import BREAKS, UNREACHABLE

pytestmark = pytest.mark.django_db


class Recorder:
    """A way out that takes everything, unless a test tells it otherwise."""

    keeps_keys = False
    sent: list[str]
    error: Exception | None = None

    def __init__(self) -> None:
        pass

    def open(self) -> None:
        pass

    def send(self, message: Message) -> str:
        if self.error:
            raise self.error
        self.sent.append(message.key)
        return f"id:{message.key}"

    def close(self) -> None:
        pass


@pytest.fixture
def whatsapp(settings, monkeypatch) -> type[Recorder]:
    """WhatsApp carried by the recorder, as fast as it goes."""
    monkeypatch.setattr(Recorder, "sent", [], raising=False)
    monkeypatch.setattr(Recorder, "error", None)
    way = {"WAY": "tests.outbox.test_limits.Recorder", "OPTIONS": {}}
    settings.OUTBOX_WAYS = settings.OUTBOX_WAYS | {"whatsapp": way}
    settings.OUTBOX_RATES = {}
    return Recorder


def to_phone(**values) -> Message:
    return MessageFactory(channel="whatsapp", to="+919876543210", **values)


def state_of(channel: str) -> ChannelState:
    return ChannelState.objects.get(channel=channel)


def test_dead_mail_server_holds_up_no_other_channel(settings, whatsapp) -> None:
    settings.MAILERS = UNREACHABLE
    letter, message = MessageFactory(), to_phone()
    tally = drain()

    assert (tally.outcomes, tally.unreachable) == ({"sent": 1}, {"email"})
    message.refresh_from_db()
    letter.refresh_from_db()
    assert (message.state, message.provider_id) == ("sent", f"id:{message.key}")
    assert (letter.state, letter.attempts) == ("pending", 0)


def test_messages_wait_for_a_channel_that_is_not_configured(settings, caplog) -> None:
    settings.OUTBOX_WAYS = {name: way for name, way in settings.OUTBOX_WAYS.items() if name != "sms"}
    message = MessageFactory(channel="sms", to="+919876543210")

    assert drain().outcomes == {}
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("pending", 0)


def test_unreachable_channel_is_left_alone_a_little_longer_each_time(settings) -> None:
    settings.MAILERS = UNREACHABLE
    MessageFactory()
    now = timezone.now()
    pauses = []
    for _ in range(4):
        with time_machine.travel(now, tick=False):
            assert drain().unreachable
            assert not drain().unreachable, "it is left alone"
            pauses.append(round((state_of("email").closed_until - now).total_seconds()))
        now = state_of("email").closed_until

    assert pauses == [15, 30, 30, 30]
    assert limits.LONGEST_BREAK + timedelta(seconds=5) < timedelta(minutes=1)


def test_channel_that_answers_again_is_forgiven(settings) -> None:
    running, settings.MAILERS = settings.MAILERS, UNREACHABLE
    MessageFactory()
    drain()
    settings.MAILERS = running
    with time_machine.travel(timezone.now() + limits.BREAK):
        assert drain().outcomes == {"sent": 1}

    assert state_of("email").failures == 0


def test_provider_that_cant_be_reached_while_sending_costs_no_attempt(whatsapp) -> None:
    whatsapp.error = Unreachable("refused")
    messages = [to_phone(), to_phone()]
    tally = drain()

    assert (tally.outcomes, tally.unreachable) == ({"postponed": 1}, {"whatsapp"})
    assert set(Message.objects.values_list("state", "attempts", "lease_token")) == {("pending", 0, None)}
    whatsapp.error = None
    with time_machine.travel(timezone.now() + limits.BREAK):
        drain()
    assert sorted(whatsapp.sent) == sorted(message.key for message in messages)


def test_throttled_channel_pauses_for_as_long_as_asked(whatsapp) -> None:
    whatsapp.error = Throttled("Slow down.", retry_after=90)
    messages = [to_phone(), to_phone()]

    assert drain().outcomes == {"postponed": 1}
    whatsapp.error = None
    for seconds, sent in ((85, 0), (95, 2)):
        with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
            drain()
        assert len(whatsapp.sent) == sent
    assert all(message.attempts == 1 for message in Message.objects.filter(pk__in=[m.pk for m in messages]))


def test_pause_counts_though_the_time_of_the_drain_was_up(whatsapp, monkeypatch) -> None:
    def send(self, message) -> str:
        time.sleep(0.3)
        raise Throttled("Slow down.", retry_after=90)

    monkeypatch.setattr(whatsapp, "send", send)
    to_phone()
    assert drain(seconds=0.2).outcomes == {"postponed": 1}

    assert limits.is_paused(state_of("whatsapp"), database_time() + timedelta(seconds=80))


def test_pause_that_a_provider_asked_for_is_shortened_by_no_trouble_or_success(whatsapp) -> None:
    now = database_time()
    limits.note_trouble("whatsapp", now=now)
    limits.pause("whatsapp", seconds=300, now=now)
    limits.note_trouble("whatsapp", now=now)
    limits.pause("whatsapp", seconds=10, now=now)
    limits.note_success("whatsapp")

    assert state_of("whatsapp").failures == 0
    assert limits.is_paused(state_of("whatsapp"), now + timedelta(seconds=290))


def test_second_unclear_message_in_a_row_pauses_the_channel(settings) -> None:
    settings.MAILERS = BREAKS
    MessageFactory.create_batch(5, purpose="marketing")

    assert drain().outcomes == {"unknown": 2}
    assert drain().outcomes == {}
    assert Message.objects.filter(state="pending").count() == 3


def test_failure_of_one_message_pauses_nothing(whatsapp, monkeypatch) -> None:
    def send(self, message):
        if message.key == "bad":
            raise NotHandedOver("busy")
        self.sent.append(message.key)
        return ""

    monkeypatch.setattr(whatsapp, "send", send)
    to_phone(key="bad")
    to_phone(key="good")

    assert drain().outcomes == {"retry": 1, "sent": 1}


def test_rate_is_shared_by_all_who_claim(whatsapp, settings) -> None:
    settings.OUTBOX_RATES = {"whatsapp": 10}
    for _ in range(30):
        to_phone()
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        assert [len(claim("whatsapp")) for _ in range(3)] == [10, 0, 0]
    with time_machine.travel(now + timedelta(seconds=0.5), tick=False):
        assert len(claim("whatsapp")) in {4, 5}
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        assert len(claim("whatsapp")) == 10, "a second's worth at most"


def test_drain_waits_for_its_rate(whatsapp, settings) -> None:
    settings.OUTBOX_RATES = {"whatsapp": 20}
    for _ in range(25):
        to_phone()
    begun = time.monotonic()
    drain(seconds=5)

    assert len(whatsapp.sent) == 25
    assert 0.2 <= time.monotonic() - begun < 3


def test_channel_without_a_rate_takes_what_is_due() -> None:
    MessageFactory.create_batch(3)
    drain()

    assert len(mail.outbox) == 3
    assert not ChannelState.objects.exists()


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=1)])
def test_pause_made_before_the_clock_jumped_ends_all_the_same(settings, jump) -> None:
    running, settings.MAILERS = settings.MAILERS, UNREACHABLE
    MessageFactory(due_at=timezone.now() - timedelta(days=2))
    drain()
    settings.MAILERS = running
    with time_machine.travel(timezone.now() + jump):
        assert drain().outcomes == {"sent": 1}


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=1)])
def test_process_whose_clock_jumped_neither_sends_early_nor_late(monkeypatch, jump) -> None:
    """Its own clock counts for nothing: the database's does."""
    real = timezone.now()
    monkeypatch.setattr(outbox_clock, "database_time", lambda: real)
    early = MessageFactory(due_at=real + timedelta(minutes=1))
    due = MessageFactory(due_at=real - timedelta(minutes=1))
    with time_machine.travel(real + jump):
        drain()
    early.refresh_from_db()
    due.refresh_from_db()

    assert (early.state, due.state) == ("pending", "sent")
    assert abs(due.sent_at - real) < timedelta(seconds=10)


def test_clock_is_the_databases() -> None:
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        ahead = timezone.now()
        asked = database_time()
    from django.db import connection

    is_own = connection.vendor == "postgresql"
    assert (ahead - asked > timedelta(hours=23)) == is_own
