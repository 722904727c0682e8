"""Telling the worker to look now. Losing the call costs seconds, never a message: beat looks too."""

import time
from types import SimpleNamespace

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

HASTE = {"max_retries": 0, "socket_connect_timeout": 1, "socket_timeout": 1}
"""A request waits for the broker this briefly; Celery's own connections are more patient."""
PAUSE = 10.0
"""Seconds for which this process leaves a broker alone that didn't answer."""
_breaker = SimpleNamespace(open_until=0.0)


def wake_worker() -> None:
    """Ask for a drain of the outbox."""
    nudge("outbox.drain")


def nudge(task: str) -> None:
    """Ask for a task by its name. A dead broker delays one request in ten seconds and fails none."""
    if time.monotonic() < _breaker.open_until:
        return
    options = {**current_app.conf.broker_transport_options, **HASTE}
    try:
        with current_app.connection_for_write(transport_options=options) as connection:
            current_app.send_task(task, connection=connection, retry=False, expires=60)
    except (OperationalError, OSError) as error:
        _breaker.open_until = time.monotonic() + PAUSE
        log.warning("worker_not_woken", task=task, error=type(error).__name__)
