"""The one clock of all senders: the database's.

Leases, waits and pauses are compared by many processes on many machines. One whose own clock jumped must
neither take over what another is sending nor let a message wait for hours.
"""

import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone


class Clock:
    """The database's time: asked once, and carried on by a clock that no jump moves."""

    def __init__(self) -> None:
        self._asked = database_time()
        self._asked_at = time.monotonic()

    def now(self) -> datetime:
        return self._asked + timedelta(seconds=time.monotonic() - self._asked_at)


def database_time() -> datetime:
    """Return the database's time. One query on PostgreSQL; SQLite has no clock but its process's."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
