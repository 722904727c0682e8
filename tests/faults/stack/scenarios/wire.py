"""A mail server that is away, hangs, is busy, refuses or breaks off."""

import time
from collections.abc import Iterator

from outbox.models import Message
from outbox.queue import enqueue
from tests.faults.stack.lane import Stack
from tests.faults.stack.rows import Row
from tests.faults.stack.world import trial


def outages(stack: Stack) -> Iterator[Row]:
    """Nothing was taken, and that is certain: no message loses an attempt."""
    stack.sink.tell("delay 5")
    for mode, fault, seconds in (
        ("down", "SMTP down", 15),
        ("hang", "SMTP hanging as a greeting", 15),
        ("busy", "SMTP 421 as a greeting", 10),
    ):
        with trial(stack.sink, mode, fault=fault, faults=1, rate=20) as run:
            stack.sink.tell(mode)
            time.sleep(seconds)
            stack.sink.tell("up")
        yield run.settle()


def unclear_outages(stack: Stack) -> Iterator[Row]:
    """Some may have left: their second try comes a minute later, so the three faults share their end."""
    runs = []
    for mode, fault, seconds in (
        ("drop", "SMTP dropping after DATA", 2),
        ("busy-body", "SMTP 421 to DATA", 5),
        ("hang-body", "SMTP hanging after DATA", 28),
    ):
        with trial(stack.sink, mode, fault=fault, faults=1, rate=20) as run:
            stack.sink.tell(mode)
            if mode != "busy-body":
                run.wait_for_deliveries(2, seconds=60)
            time.sleep(seconds)
            stack.sink.tell("up")
        runs.append(run)
    for run in runs:
        run.ended = runs[-1].ended
        yield run.settle()


def refusals(stack: Stack) -> Iterator[Row]:
    """A third of the addresses don't exist: their messages fail, and nobody else's."""

    def queue(number: int) -> Message:
        person = "gone" if number % 3 == 0 else "here"
        return enqueue(
            key=f"refuse:{number}",
            to=f"{person}-{number}@example.com",
            subject="Your enquiry",
            text="We will answer by Monday at 11:00.",
            purpose=Message.Purpose.ACKNOWLEDGEMENT,
        )

    with trial(stack.sink, "refuse", fault="SMTP 550 to every third", faults=1, rate=30, queue=queue) as run:
        stack.sink.tell("refuse")
        time.sleep(6)
    row = run.settle()
    stack.sink.tell("up")
    if (
        gone := run.messages.filter(to__startswith="gone")
        .exclude(state__in=["failed", "sent", "cancelled"])
        .count()
    ):
        row.problems.append(f"{gone} refused addresses without an end")
    if harmed := run.messages.filter(to__startswith="here").exclude(state="sent").count():
        row.problems.append(f"{harmed} others weren't sent")
    yield row
