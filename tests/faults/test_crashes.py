"""A sender that dies at any point loses nothing and doubles only what the policy allows."""

import os
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection, connections
from django.utils import timezone

from outbox import settling
from outbox.backends import SmtpBackend
from outbox.claiming import claim
from outbox.delivery import drain
from outbox.models import Message
from outbox.recovery import reap
from tests.factories.outbox import MessageFactory

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["outbox"])
"""Really committed rows; only the tables of the outbox are emptied afterwards."""
DIED = 9
MESSAGES = 3


class DiesBeforeTheWire(SmtpBackend):
    def send_messages(self, messages) -> int:
        os._exit(DIED)


def die_before_statement(number: int):
    """Return a database wrapper that ends the process before the given statement."""
    remaining = [number]

    def run(execute, sql, params, many, context):
        if remaining[0] == 0:
            os._exit(DIED)
        remaining[0] -= 1
        return execute(sql, params, many, context)

    return run


def drain_in_child(settings, *, statement: int | None = None) -> bool:
    """Drain in a forked process that dies at a statement, or before the wire; return whether it died."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            if statement is None:
                mailer = settings.MAILERS["delivery"] | {"BACKEND": f"{__name__}.DiesBeforeTheWire"}
                settings.MAILERS = {"delivery": mailer}
                drain()
            else:
                with connection.execute_wrapper(die_before_statement(statement)):
                    drain()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED


def recover() -> None:
    """Let the leases run out, and do what beat does."""
    for seconds in (120, 130):
        with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
            reap()
            drain()


def test_dying_anywhere_loses_nothing_and_repeats_one_at_most(settings, sink) -> None:
    repeats = Counter()
    for point in ["before the wire", *range(100)]:
        sink.mails.clear()
        messages = MessageFactory.create_batch(MESSAGES)
        died = drain_in_child(settings, statement=None if point == "before the wire" else point)
        recover()

        assert set(sink.received) == {message.message_id for message in messages}, point
        assert set(Message.objects.values_list("state", flat=True)) == {"sent"}, point
        repeats[sink.received.total() - MESSAGES] += 1
        Message.objects.all().delete()
        if not died:
            break

    assert not died, "the sender has more statements than this test tries"
    assert set(repeats) == {0, 1}


def test_dying_anywhere_never_repeats_marketing(settings, sink) -> None:
    unclear = Counter()
    for point in ["before the wire", *range(100)]:
        sink.mails.clear()
        MessageFactory.create_batch(MESSAGES, purpose="marketing")
        died = drain_in_child(settings, statement=None if point == "before the wire" else point)
        recover()

        states = Counter(Message.objects.values_list("state", flat=True))
        assert max(sink.received.values(), default=0) <= 1, point
        assert set(states) <= {"sent", "unknown"}, point
        assert sink.received.total() >= states["sent"], point
        unclear[states["unknown"]] += 1
        Message.objects.all().delete()
        if not died:
            break

    assert not died
    assert set(unclear) == {0, 1}


def test_concurrent_claims_share_without_overlap() -> None:
    MessageFactory.create_batch(120)
    taken: list[int] = []
    barrier = threading.Barrier(4)

    def take() -> None:
        barrier.wait()
        while batch := claim("email", limit=7):
            taken.extend(message.pk for message in batch)
        connection.close()

    in_threads(take, count=4)
    while batch := claim("email"):
        taken.extend(message.pk for message in batch)

    assert len(taken) == len(set(taken)) == 120


def test_concurrent_drains_send_each_message_once(sink) -> None:
    MessageFactory.create_batch(120)

    def send() -> None:
        drain()
        connection.close()

    in_threads(send, count=4)

    assert len(sink.received) == 120
    assert set(sink.received.values()) == {1}


def test_sender_whose_lease_was_reaped_does_not_double(settings, sink, monkeypatch) -> None:
    """One sender is slow to start its batch; another takes the messages over meanwhile."""
    MessageFactory.create_batch(5)
    slow = claim("email")
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        reap()
        drain()
    monkeypatch.setattr("outbox.delivery.claim", lambda channel, **options: slow)
    MessageFactory()
    drain(seconds=1)

    assert [sink.received[message.message_id] for message in slow] == [1] * 5


def test_database_gone_for_a_moment_after_sending_leaves_nothing_unclear(sink, monkeypatch) -> None:
    failures = iter([OperationalError("server closed the connection"), OperationalError("starting up")])
    hand_on = settling._hand_on

    def unreliable(*args, **kwargs):
        if error := next(failures, None):
            raise error
        return hand_on(*args, **kwargs)

    monkeypatch.setattr(settling, "_hand_on", unreliable)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    MessageFactory()
    drain()

    assert Message.objects.get().state == "sent"
    assert sink.received.total() == 1


def in_threads(work, *, count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
