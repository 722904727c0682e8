"""What is sent while faults happen, and what became of it: counted from the sink's log and the database."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Max

from outbox.models import DeliveryAttempt, Message
from outbox.queue import enqueue
from outbox.recovery import SENT_AGAIN_WHEN_UNCLEAR
from outbox.settling_by_hand import say_sent, send_again
from tests.faults.stack.engines import NotSo, Sink, wait_until
from tests.faults.stack.rows import Row

State = Message.State
OPEN = [State.PENDING, State.CLAIMED, State.SENDING]


class Producer:
    """Queues messages at a steady rate from a thread, as web requests do, until it is told to stop."""

    def __init__(self, queue: Callable[[int], Any], *, rate: int) -> None:
        self.queue = queue
        self.rate = rate
        self.committed: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)

    def _work(self) -> None:
        number = 0
        while not self._stop.wait(0.1):
            batch = range(number, number + max(1, self.rate // 10))
            if self._commit(batch):
                self.committed.extend(batch)
                number = batch.stop
        connection.close()

    def _commit(self, batch: range) -> bool:
        """Queue some in one transaction; False where the database is away: the same come again."""
        try:
            with transaction.atomic():
                for number in batch:
                    self.queue(number)
        except (OperationalError, InterfaceError):
            connection.close()
            return False
        return True


def queue_in(trial: str) -> Callable[[int], Message]:
    """Return what queues the n-th message of a trial: acknowledgements and follow-ups by turns."""

    def queue(number: int) -> Message:
        is_followup = number % 2 == 1
        return enqueue(
            key=f"{trial}:{number}",
            to=f"{trial}-{number}@example.com",
            subject="Your enquiry",
            text="We will answer by Monday at 11:00.\n" * 20,
            purpose=Message.Purpose.MARKETING if is_followup else Message.Purpose.ACKNOWLEDGEMENT,
            topic="followups" if is_followup else "",
        )

    return queue


class Trial:
    """One kind of fault: messages flow while it happens, then everything is counted."""

    def __init__(self, sink: Sink, name: str, *, fault: str, faults: int, limit: float = 150) -> None:
        self.sink = sink
        self.name = name
        self.row = Row(fault, faults)
        self.limit = limit
        self.ended = 0.0
        self.producer: Producer | None = None
        self.counts_keys = True
        """Whether the n-th thing that was queued is the message with the n-th key of the trial."""

    @property
    def messages(self) -> Any:
        return Message.objects.filter(key__startswith=f"{self.name}:")

    def wait_for_deliveries(self, count: int = 1, *, seconds: float = 30) -> None:
        """Wait until that many more have arrived, so that a fault finds the senders at work."""
        before = self.sink.deliveries.stat().st_size
        wait_until(
            f"{self.name}: mail flows",
            lambda: self.sink.deliveries.stat().st_size > before + 60 * count,
            seconds=seconds,
            every=0.02,
        )

    def over(self) -> None:
        """Say that the fault has ended."""
        self.ended = time.time()
        if self.producer:
            self.producer.stop()
        connection.close()

    def settle(self) -> Row:
        """Wait until nothing is left to do, decide as a person what only a person may, then count."""
        row, decided = self.row, Counter[str]()
        try:
            self._wait_until_done(seconds=self.limit)
            last = self.messages.aggregate(at=Max("deliveries__finished_at"))["at"]
            row.seconds = max(0, min(last.timestamp(), time.time()) - self.ended)
            while decisions := self._decide():
                decided += decisions
                self._wait_until_done(seconds=60)
        except NotSo:
            row.problems.append(f"still open: {self._open_states()}")
            row.seconds = time.time() - self.ended
        self._count(decided)
        row.judge()
        return row

    def _wait_until_done(self, *, seconds: float) -> None:
        wait_until(f"{self.name}: everything is settled", self._nothing_open, seconds=seconds, every=0.3)

    def _decide(self) -> Counter[str]:
        """Do what a person does in the work queue of unclear messages; return how often what was done."""
        arrived = {message_id for _at, message_id, _address in self.sink.read()}
        done = Counter[str]()
        for message in self.messages.filter(state=State.UNKNOWN):
            if message.message_id in arrived:
                say_sent(message, "The fault suite")
                done["found arrived"] += 1
            else:
                send_again(message, "The fault suite")
                done["sent again"] += 1
        return done

    def _nothing_open(self) -> bool:
        unclear = self.messages.filter(state=State.UNKNOWN, purpose__in=SENT_AGAIN_WHEN_UNCLEAR)
        return not self.messages.filter(state__in=OPEN).exists() and not unclear.exists()

    def _open_states(self) -> dict[str, int]:
        return dict(Counter(self.messages.exclude(state=State.SENT).values_list("state", flat=True)))

    def _count(self, decided: Counter[str]) -> None:
        """Count from the sink's log and the database."""
        row = self.row
        arrivals: dict[str, list[float]] = {}
        for at, message_id, _address in self.sink.read():
            arrivals.setdefault(message_id, []).append(at)
        unclear = Counter(
            DeliveryAttempt.objects.filter(
                message__key__startswith=f"{self.name}:", outcome=DeliveryAttempt.Outcome.UNKNOWN
            ).values_list("message_id", flat=True)
        )
        row.unknown = unclear.total()
        messages = list(self.messages)
        row.due = len(messages)
        by_policy = 0
        for message in messages:
            allowed = unclear[message.pk] if message.purpose in SENT_AGAIN_WHEN_UNCLEAR else 0
            by_policy += allowed
            self._count_one(message, arrivals.get(message.message_id, []), allowed=allowed)
        ways = [f"{by_policy} by policy"] if by_policy else []
        ways += [f"{count} {what} by a person" for what, count in decided.items()]
        row.settled = ", ".join(ways)
        if self.producer and self.counts_keys:
            known = {message.key for message in messages}
            row.lost += sum(f"{self.name}:{number}" not in known for number in self.producer.committed)

    def _count_one(self, message: Message, arrived: list[float], *, allowed: int) -> None:
        row = self.row
        row.sent += bool(arrived)
        row.lost += message.state == State.SENT and not arrived
        row.refused += message.state in {State.FAILED, State.CANCELLED}
        repeats = max(0, len(arrived) - 1)
        row.repeated += min(repeats, allowed)
        row.doubled += max(0, repeats - allowed)
        if arrived:
            row.late = max(row.late, arrived[0] - max(self.ended, message.due_at.timestamp()))


@contextmanager
def trial(
    sink: Sink,
    name: str,
    *,
    fault: str,
    faults: int,
    rate: int = 60,
    limit: float = 150,
    queue: Callable[[int], Any] | None = None,
) -> Iterator[Trial]:
    """Let messages flow; the body makes the faults; the fault is over when the body is."""
    run = Trial(sink, name, fault=fault, faults=faults, limit=limit)
    run.producer = Producer(queue or queue_in(name), rate=rate)
    try:
        run.wait_for_deliveries(5, seconds=60)
        yield run
    finally:
        run.over()
