"""The product's Celery application, whose senders end their process at a given row of the outbox.

Only the fault suite starts this (`celery --app=tests.faults.stack.crashing`); the product has no such
hook. The folder FAULT_POINTS says what to do: `mode` is record, crash or none, `rows` are the rows that were
recorded with how often a drain ran them, and `hit-N` tells that a process has died at the N-th.
"""

import inspect
import json
import os
import random
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from celery.signals import task_postrun, task_prerun

from lms.celery import app  # noqa: F401 - what the worker runs

OUTBOX = str(Path(__file__).resolve().parents[3] / "outbox") + "/"
PLAN = Path(os.environ["FAULT_POINTS"])
seen: Counter[str] = Counter()
"""How often each row was run by the drain that is going on."""
most: Counter[str] = Counter()
"""How often each row was run by the drain that ran it most."""


def is_send_loop(frame: FrameType) -> bool:
    """Whether it is a function of the outbox; modules and classes run once, when they are imported."""
    code = frame.f_code
    return code.co_filename.startswith(OUTBOX) and bool(code.co_flags & inspect.CO_OPTIMIZED)


def record(frame: FrameType, event: str, argument: Any) -> Any:
    if event == "call":
        return record if is_send_loop(frame) else None
    if event == "line":
        seen[f"{frame.f_code.co_filename.removeprefix(OUTBOX)}:{frame.f_lineno}"] += 1
    return record


class Crash:
    """Ends the process the second time that a row is run, or the first where a drain runs it only once."""

    def __init__(self, number: int, row: str, times: int) -> None:
        self.number = number
        name, _, line = row.rpartition(":")
        self.file, self.line = OUTBOX + name, int(line)
        self.left = min(2, times)

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "call":
            return self if frame.f_code.co_filename == self.file and is_send_loop(frame) else None
        if event == "line" and frame.f_lineno == self.line:
            self.left -= 1
            if not self.left:
                (PLAN / f"hit-{self.number}").touch()
                os._exit(9)
        return self


@task_prerun.connect
def begin(task: Any, **kwargs: Any) -> None:
    if task.name != "outbox.drain":
        return
    mode = (PLAN / "mode").read_text()
    if mode == "record":
        sys.settrace(record)
    if mode == "crash":
        rows = json.loads((PLAN / "rows").read_text())
        left = [
            (number, row, times)
            for number, (row, times) in enumerate(sorted(rows.items()))
            if not (PLAN / f"hit-{number}").exists()
        ]
        if left:
            sys.settrace(Crash(*random.choice(left)))  # noqa: S311 - any of them


@task_postrun.connect
def end(task: Any, **kwargs: Any) -> None:
    sys.settrace(None)
    if seen:
        most.update(seen - most)
        seen.clear()
        unfinished = PLAN / f"unfinished-{os.getpid()}"
        unfinished.write_text(json.dumps(most))
        unfinished.replace(PLAN / f"record-{os.getpid()}")
