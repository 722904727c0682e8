"""The Celery edge of the outbox. The schedule is in `lms/celery.py`."""

from celery import shared_task

from outbox import delivery, recovery, watching


@shared_task(name="outbox.drain")
def drain() -> None:
    """Send what is due, for 50 seconds at most; the next beat goes on."""
    delivery.drain(seconds=50)


@shared_task(name="outbox.reap")
def reap() -> None:
    """Settle what crashed senders left."""
    recovery.reap()


@shared_task(name="outbox.watch")
def watch() -> None:
    """Raise the alarm when messages are late, and say when they aren't any more."""
    watching.watch()
