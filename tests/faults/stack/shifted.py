"""The product's Celery application in another time: what its processes read as the time of day is shifted.

Only the fault suite starts this (`celery --app=tests.faults.stack.shifted`). The file FAULT_CLOCK holds the
seconds by which the time of day differs; the processes follow it while they run, as when somebody sets a
machine's clock. Monotonic clocks go on.
"""

import os
import threading
import time
from pathlib import Path
from typing import Any

import time_machine
from celery.signals import worker_process_init

from lms.celery import app  # noqa: F401 - what worker and beat run

OFFSET = Path(os.environ["FAULT_CLOCK"])
shown = time_machine.travel(time.time(), tick=True).start()


def follow() -> None:
    """Step whenever the file says something else."""
    offset = 0.0
    while True:
        wanted = float(OFFSET.read_text())
        if wanted != offset:
            shown.move_to(time_machine.escape_hatch.time.time() + wanted)
            offset = wanted
        time.sleep(0.1)


@worker_process_init.connect
def follow_in_thread(**kwargs: Any) -> None:
    """Threads don't outlive a fork: each process of a pool has its own."""
    threading.Thread(target=follow, daemon=True).start()


follow_in_thread()
