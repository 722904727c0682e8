"""A crash point at every row of the send loop."""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.stack.engines import NotSo, wait_until
from tests.faults.stack.lane import Stack
from tests.faults.stack.rows import Row
from tests.faults.stack.world import trial


def every_row(stack: Stack) -> Iterator[Row]:
    """Learn which rows of the outbox run while mail is sent, then let a sender die at each of them."""
    plan = stack.folder / "points"
    plan.mkdir()
    _set_mode(plan, "record")
    stack.workers.kill_all()
    stack.workers.app = "tests.faults.stack.crashing"
    stack.workers.environment = {"FAULT_POINTS": str(plan)}
    stack.workers.start(2)
    stack.workers.wait_until_ready()
    stack.sink.tell("delay 0")
    with trial(stack.sink, "points", fault="os._exit at a row of the send loop", faults=0, rate=30) as run:
        time.sleep(6)
        rows: dict[str, int] = {}
        for record in plan.glob("record-*"):
            for row, times in json.loads(record.read_text()).items():
                rows[row] = max(rows.get(row, 0), times)
        (plan / "rows").write_text(json.dumps(rows))
        _set_mode(plan, "crash")
        with contextlib.suppress(NotSo):
            wait_until("every row was a crash point", lambda: _hit(plan) >= len(rows), seconds=240)
        _set_mode(plan, "none")
        hit = _hit(plan)
    run.row.faults = hit
    run.row.unknown_allowed = hit
    run.row.note(f"{len(rows)} rows")
    if hit < len(rows) or not rows:
        run.row.problems.append(f"only {hit} of {len(rows)} rows were reached")
    yield run.settle()


def _set_mode(plan: Path, mode: str) -> None:
    """Say what senders are to do, in one step: they read it at any moment."""
    unfinished = plan / "unfinished"
    unfinished.write_text(mode)
    unfinished.replace(plan / "mode")


def _hit(plan: Path) -> int:
    """Return how many rows a process has died at."""
    return len(list(plan.glob("hit-*")))
