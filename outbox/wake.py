"""Telling the worker to look now. Losing the call costs seconds, never a message: beat looks too."""

import time
from types import SimpleNamespace

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

PAUSE = 10.0
"""Seconds for which this process leaves a broker alone that didn't answer."""
_breaker = SimpleNamespace(open_until=0.0)


def wake_worker() -> None:
    """Ask for a drain by task name. A dead broker delays one request in ten seconds and fails none."""
    if time.monotonic() < _breaker.open_until:
        return
    try:
        current_app.send_task("outbox.drain", retry=False, expires=30)
    except (OperationalError, OSError) as error:
        _breaker.open_until = time.monotonic() + PAUSE
        log.warning("worker_not_woken", error=type(error).__name__)
