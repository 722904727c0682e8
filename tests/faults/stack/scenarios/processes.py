"""Processes of the product that die or are there twice."""

import random
import time
from collections.abc import Iterator

from tests.faults.stack.engines import Beat, kill_each
from tests.faults.stack.lane import Stack
from tests.faults.stack.rows import Row
from tests.faults.stack.world import trial


def pool_children(stack: Stack) -> Iterator[Row]:
    """Kill the processes that send, one after the other, while they are at work."""
    kills = stack.times(40, 6)
    stack.sink.tell("delay 20")
    with trial(stack.sink, "children", fault="kill -9 of pool children", faults=kills) as run:
        for number in range(kills):
            run.wait_for_deliveries(2)
            time.sleep(random.uniform(0, 0.1))  # noqa: S311 - anywhere in the loop
            children = stack.workers.children()
            kill_each([children[number % len(children)]])
    run.row.unknown_allowed = kills
    yield run.settle()


def workers(stack: Stack) -> Iterator[Row]:
    """Kill whole workers; every third time only its main process, so that the orphans go on for a while."""
    kills = stack.times(12, 2)
    with trial(stack.sink, "workers", fault="kill -9 of whole workers", faults=kills, rate=40) as run:
        for number in range(kills):
            stack.workers.wait_until_ready(first=1)
            run.wait_for_deliveries(2)
            stack.workers.replace(stack.workers.processes[0], alone=number % 3 == 2)
    run.row.unknown_allowed = kills * 2
    yield run.settle()


def beat(stack: Stack) -> Iterator[Row]:
    """Kill beat three times; it starts with the schedule file that it left."""
    assert stack.beat
    with trial(stack.sink, "beat", fault="kill -9 of beat", faults=3, rate=40) as run:
        for _ in range(3):
            run.wait_for_deliveries(2)
            stack.beat.kill()
            time.sleep(1)
            stack.beat.start()
            time.sleep(3)
    run.row.unknown_allowed = 0
    yield run.settle()


def two_beats(stack: Stack) -> Iterator[Row]:
    """A second beat runs for a quarter of a minute."""
    second = Beat(stack.folder)
    with trial(stack.sink, "two-beats", fault="two beats at once", faults=1, rate=60) as run:
        time.sleep(15)
        second.kill()
    run.row.unknown_allowed = 0
    yield run.settle()
