"""A clock that jumps: workers and beat live in another time than the database and those who queue."""

import time
from collections.abc import Iterator

from tests.faults.stack.engines import Beat, kill_each
from tests.faults.stack.lane import Stack
from tests.faults.stack.rows import Row
from tests.faults.stack.world import trial

APP = "tests.faults.stack.shifted"
STEPS = {"clock +1 h": 3600, "clock -1 h": -3600, "clock +1 day": 86400}


def steps(stack: Stack) -> Iterator[Row]:
    """Step the clock there and back again; senders are killed while they live in the other time."""
    offset = stack.folder / "clock"

    def step(seconds: float) -> None:
        unfinished = offset.with_suffix(".new")
        unfinished.write_text(str(seconds))
        unfinished.replace(offset)

    step(0)
    assert stack.beat
    stack.workers.kill_all()
    stack.beat.kill()
    stack.workers.app = APP
    stack.workers.environment = {"FAULT_CLOCK": str(offset)}
    stack.workers.start(2)
    stack.beat = Beat(stack.folder, app=APP, environment=stack.workers.environment)
    stack.workers.wait_until_ready()
    stack.sink.tell("delay 20")
    for fault, seconds in STEPS.items():
        name = fault.replace(" ", "")
        with trial(stack.sink, name, fault=f"{fault}, and back", faults=2, rate=30) as run:
            step(seconds)
            time.sleep(5)
            for child in stack.workers.children()[:3]:
                run.wait_for_deliveries(2)
                kill_each([child])
            time.sleep(5)
            step(0)
            time.sleep(2)
        run.row.unknown_allowed = 3
        yield run.settle()
