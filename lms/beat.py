"""The scheduler of beat, which goes on when somebody sets the clock back."""

from typing import Any

from celery.beat import PersistentScheduler


class SteadyScheduler(PersistentScheduler):
    """Beat that counts a last run in the future as one of now.

    Celery's own waits until the clock has caught up with the last run: after an hour's step back an hour in
    which nothing is settled, also over a restart, because the schedule's file remembers it.
    """

    def tick(self, *args: Any, **kwargs: Any) -> float:
        self._forget_the_future()
        return float(super().tick(*args, **kwargs))

    def _forget_the_future(self) -> None:
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if entry.last_run_at and entry.last_run_at > now]
        for entry in ahead:
            entry.last_run_at = now
        if ahead:
            self._heap = None
