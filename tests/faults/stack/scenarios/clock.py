"""A clock that jumps: workers and beat live in another time than the database and those who queue.

libfaketime shifts what the processes read as the time of day, while they run; their monotonic clock goes on
as it does when somebody sets a machine's clock.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.stack.engines import Beat, NotSo, kill_each
from tests.faults.stack.lane import Stack
from tests.faults.stack.rows import Row
from tests.faults.stack.world import trial

STEPS = {"+1h": "clock +1 h", "-1h": "clock -1 h", "+1d": "clock +1 day"}


def steps(stack: Stack) -> Iterator[Row]:
    """Step the clock there and back again; a sender is killed while it lives in the other time."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        raise NotSo("libfaketime is not installed (apt-get install faketime)")
    offset = stack.folder / "clock"
    offset.write_text("+0")
    environment = {
        "LD_PRELOAD": str(libraries[0]),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    assert stack.beat
    stack.workers.kill_all()
    stack.beat.kill()
    stack.workers.environment = environment
    stack.workers.start(2)
    stack.beat = Beat(stack.folder, environment=environment)
    stack.workers.wait_until_ready()
    stack.sink.tell("delay 20")
    for step, fault in STEPS.items():
        with trial(stack.sink, f"clock{step}", fault=fault, faults=2, rate=30) as run:
            offset.write_text(step)
            time.sleep(8)
            kill_each(stack.workers.children()[:1])
            time.sleep(8)
            offset.write_text("+0")
            time.sleep(2)
        run.row.unknown_allowed = 1
        yield run.settle()
