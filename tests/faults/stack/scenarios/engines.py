"""Redis and PostgreSQL that forget, stop or break off."""

import time
from collections.abc import Iterator

from tests.faults.stack.lane import Stack
from tests.faults.stack.rows import Row
from tests.faults.stack.world import trial


def flush(stack: Stack) -> Iterator[Row]:
    """Empty Redis while tasks are in it and at work."""
    stack.sink.tell("delay 5")
    times = stack.times(10, 3)
    with trial(stack.sink, "flush", fault="Redis FLUSHALL", faults=times) as run:
        for _ in range(times):
            run.wait_for_deliveries(2)
            stack.redis.flush()
            time.sleep(0.5)
    run.row.unknown_allowed = 0
    yield run.settle()


def redis_restart(stack: Stack) -> Iterator[Row]:
    """Restart Redis, which comes back empty."""
    with trial(stack.sink, "redis-restart", fault="Redis restart", faults=2) as run:
        for _ in range(2):
            run.wait_for_deliveries(2)
            stack.redis.restart()
            time.sleep(2)
    run.row.unknown_allowed = 0
    yield run.settle()


def redis_away(stack: Stack) -> Iterator[Row]:
    """Stop Redis for a minute."""
    with trial(stack.sink, "redis-away", fault="Redis stopped for 60 s", faults=1, rate=20) as run:
        stack.redis.stop()
        time.sleep(60)
        stack.redis.start()
    run.row.unknown_allowed = 0
    yield run.settle()


def postgres(stack: Stack) -> Iterator[Row]:
    """Restart PostgreSQL without a shutdown: every connection breaks in the middle of what it does."""
    times = stack.times(3, 1)
    stack.sink.tell("delay 20")
    with trial(stack.sink, "postgres", fault="PostgreSQL immediate restart", faults=times) as run:
        for _ in range(times):
            run.wait_for_deliveries(5, seconds=60)
            stack.postgres.restart_immediately()
            time.sleep(3)
    run.row.unknown_allowed = times * 4
    yield run.settle()
