"""The same faults for one naive task a message: unless it loses or doubles, the suite does not bite."""

import contextlib
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import psycopg

from tests.faults.stack.engines import NotSo, Workers, kill_each, wait_until
from tests.faults.stack.lane import Stack
from tests.faults.stack.rows import Row

APP = "tests.faults.stack.naive"
KILLS = 40


def naive(stack: Stack) -> Iterator[Row]:
    """Run the control under the faults that the product stood."""
    workers = Workers(stack.folder, app=APP)
    workers.start(2)
    workers.wait_until_ready()
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        database.execute("CREATE TABLE naive_message (key text PRIMARY KEY, sent_at timestamptz)")
    stack.sink.tell("delay 200")  # whoever is killed is at work, half the time before the mail arrived
    flushes = stack.times(10, 3)

    def kill_children() -> None:
        for _ in range(KILLS):
            _wait_for_mail(stack)
            time.sleep(0.3)
            kill_each([random.choice(workers.children())])  # noqa: S311

    def flush() -> None:
        for _ in range(flushes):
            _wait_for_mail(stack)
            stack.redis.flush()
            time.sleep(0.5)

    def drop() -> None:
        stack.sink.tell("drop")
        time.sleep(6)
        stack.sink.tell("up")

    yield _tried(stack, "naive-flush", fault="Redis FLUSHALL", faults=flushes, make=flush)
    if not stack.is_short:  # one kill in eight hits a mail on its way: a dozen may lose none
        yield _tried(stack, "naive-kill", fault="kill -9 of pool children", faults=KILLS, make=kill_children)
        yield _tried(stack, "naive-drop", fault="SMTP dropping after DATA", faults=1, make=drop)


def _wait_for_mail(stack: Stack) -> None:
    """Wait until two more have arrived, or three seconds: the control may be past sending anything."""
    before = stack.sink.deliveries.stat().st_size
    with contextlib.suppress(NotSo):
        wait_until(
            "mail flows", lambda: stack.sink.deliveries.stat().st_size > before + 120, seconds=3, every=0.02
        )


def _tried(stack: Stack, name: str, *, fault: str, faults: int, make: Callable[[], None]) -> Row:
    """Let messages flow while the fault is made, wait until nothing moves any more, and count."""
    from tests.faults.stack.naive import send

    database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    due: list[str] = []
    ended = threading.Event()

    def produce() -> None:
        while not ended.wait(0.05):
            for _ in range(2):
                key = f"{name}-{len(due)}"
                database.execute("INSERT INTO naive_message (key) VALUES (%s)", [key])
                due.append(key)
                send.delay(key)

    producer = threading.Thread(target=produce, daemon=True)
    producer.start()
    time.sleep(1)
    make()
    ended.set()
    producer.join(20)
    database.close()
    over = time.time()
    _wait_until_quiet(stack)
    row = Row(fault, faults, due=len(due), is_control=True)
    arrived = Counter(
        message_id for _at, message_id, _address in stack.sink.read() if message_id[1:].startswith(name)
    )
    row.sent = len(arrived)
    row.lost = len(due) - row.sent
    row.doubled = arrived.total() - row.sent
    row.seconds = max([over, *(at for at, _message_id, _address in stack.sink.read())]) - over
    row.remark = "loses or doubles" if row.lost or row.doubled else "the suite does not bite"
    if not row.lost and not row.doubled:
        row.problems.append("the control neither lost nor doubled: the suite does not bite")
    return row


def _wait_until_quiet(stack: Stack) -> None:
    """Wait until nothing has arrived for five seconds."""
    log = stack.sink.deliveries

    def is_quiet() -> bool:
        return time.time() - log.stat().st_mtime > 5

    with contextlib.suppress(NotSo):
        wait_until("the control is quiet", is_quiet, seconds=120, every=0.5)
