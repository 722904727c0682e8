"""What the outbox does when the mail server misbehaves."""

import socket
import threading
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from outbox import backends, limits
from outbox.delivery import drain
from outbox.models import DeliveryAttempt, Message
from outbox.recovery import reap
from outbox.verdict import BACK_OFF
from tests.factories.outbox import MessageFactory
from tests.faults.conftest import mailer_at, unused_port

pytestmark = pytest.mark.django_db


def test_a_batch_uses_one_connection(sink) -> None:
    MessageFactory.create_batch(5)
    drain()

    assert sink.connections == 1
    assert sorted(sink.received.values()) == [1] * 5


def test_text_and_html_arrive_as_written(sink) -> None:
    MessageFactory(text="வணக்கம் ₹ 500\n.\nend", html="<p>வணக்கம்</p>", subject="வணக்கம்")
    drain()

    text, html = sink.mails[0].get_payload()
    assert text.get_payload(decode=True).decode().replace("\r\n", "\n").strip() == "வணக்கம் ₹ 500\n.\nend"
    assert "வணக்கம்" in html.get_payload(decode=True).decode()


def test_stopped_server_costs_nothing_and_delivers_after(settings, sink) -> None:
    running = settings.MAILERS
    settings.MAILERS = mailer_at(unused_port())
    message = MessageFactory()
    assert drain().unreachable

    settings.MAILERS = running
    with time_machine.travel(timezone.now() + limits.BREAK + timedelta(seconds=1)):
        drain()
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("sent", 1)


def test_server_that_never_greets_costs_nothing(settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.MAILERS = mailer_at(silent.getsockname()[1])
        message = MessageFactory()
        assert drain().unreachable

    message.refresh_from_db()
    assert (message.state, message.attempts) == ("pending", 0)


@pytest.mark.parametrize("where", ["answer_to_recipient", "answer_to_body"])
@pytest.mark.parametrize("answer", ["421 Too busy", "450 Mailbox busy"])
def test_temporary_refusal_is_tried_again_with_growing_waits(sink, where, answer) -> None:
    setattr(sink, where, answer)
    message = MessageFactory(private={"code": "482913"})
    now = timezone.now()
    for wait in BACK_OFF:
        with time_machine.travel(now):
            drain()
            message.refresh_from_db()
        assert message.state == "pending"
        assert wait <= message.due_at - now <= wait * 1.2 + timedelta(seconds=5)
        now = message.due_at + timedelta(seconds=1)
    with time_machine.travel(now):
        drain()
        message.refresh_from_db()

    assert (message.state, message.attempts, message.private) == ("failed", 6, {})
    assert message.last_error == answer
    assert sink.mails == []


def test_message_that_was_busy_once_arrives_once(sink) -> None:
    sink.answer_to_body = "451 Later, please"
    message = MessageFactory()
    drain()
    sink.answer_to_body = ""
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        drain()
        drain()

    assert sink.received == {message.message_id: 1}
    assert list(message.deliveries.values_list("outcome", flat=True)) == ["retry", "sent"]


@pytest.mark.parametrize("where", ["answer_to_recipient", "answer_to_body"])
def test_refusal_for_good_fails_and_spares_the_rest(sink, where) -> None:
    setattr(sink, where, "550 No such mailbox")
    MessageFactory.create_batch(2)

    assert drain().outcomes == {"failed": 2}
    assert set(Message.objects.values_list("state", "last_error")) == {("failed", "550 No such mailbox")}


@pytest.mark.parametrize(
    ("purpose", "arrivals", "state"),
    [
        ("account", 2, "sent"),
        ("acknowledgement", 2, "sent"),
        ("enrolment", 2, "sent"),
        ("marketing", 1, "unknown"),
    ],
)
def test_connection_lost_after_the_body_follows_the_policy(sink, purpose, arrivals, state) -> None:
    sink.drop_after_body = True
    message = MessageFactory(purpose=purpose)
    assert drain().outcomes == {"unknown": 1}

    sink.drop_after_body = False
    for seconds in (120, 130):
        with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
            reap()
            drain()
    message.refresh_from_db()
    assert message.state == state
    assert sink.received == {message.message_id: arrivals}


def test_one_broken_connection_does_not_hold_up_the_batch(sink, monkeypatch) -> None:
    """The first body breaks the connection; the other messages leave over a new one."""
    sink.drop_after_body = True
    MessageFactory.create_batch(3)
    handle = sink.handle_DATA

    async def recover(*args: object) -> str:
        answer = await handle(*args)
        sink.drop_after_body = False
        return answer

    monkeypatch.setattr(sink, "handle_DATA", recover, raising=False)

    assert drain().outcomes == {"unknown": 1, "sent": 2}


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ((b"220 hi", b"250 ok", None), "retry"),
        ((b"220 hi", b"250 ok", b"250 ok", None), "retry"),
        ((b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"354 go", None), "unknown"),
        ((b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"354 go", b"nonsense"), "unknown"),
        ((b"220 hi", b"250 ok", b"530 Sign in first"), "retry"),
    ],
    ids=["drops at MAIL", "drops at RCPT", "drops at body", "babbles", "refuses us"],
)
def test_only_a_body_on_the_wire_makes_a_message_unclear(settings, script, outcome) -> None:
    with Scripted(script) as server:
        settings.MAILERS = mailer_at(server.port)
        MessageFactory()

        assert drain().outcomes == {outcome: 1}


def test_server_that_hangs_after_the_body_makes_it_unclear(settings, monkeypatch) -> None:
    monkeypatch.setattr(backends, "ACCEPT_TIMEOUT", 0.5)
    with Scripted((b"220 hi", b"250 ok", b"250 ok", b"250 ok", b"354 go"), hang=True) as server:
        settings.MAILERS = mailer_at(server.port)
        MessageFactory()

        assert drain().outcomes == {"unknown": 1}
    assert "482913" not in DeliveryAttempt.objects.get().detail


class Scripted:
    """Answers one connection line by line; None closes it, and so does the end unless it hangs."""

    def __init__(self, script: tuple[bytes | None, ...], *, hang: bool = False) -> None:
        self.script = script
        self.released = threading.Event()
        if not hang:
            self.released.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self) -> "Scripted":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.released.set()
        self.thread.join()
        self.listener.close()

    def serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            for position, line in enumerate(self.script):
                if position and not connection.recv(65536):
                    return
                if line is None:
                    return
                connection.sendall(line + b"\r\n")
            self.released.wait(timeout=10)
