"""Taking what is due: each message by one sender, for as long as its lease lasts."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from outbox import limits
from outbox.clock import Clock
from outbox.models import Message

BATCH = 50
CLAIM_LEASE = timedelta(seconds=30)
"""How long claimed messages wait for their turn; ending it early is harmless."""

State = Message.State


def claim(channel: str, *, limit: int = BATCH, clock: Clock | None = None) -> list[Message]:
    """Lease up to `limit` due messages of a channel to the caller; no two callers get the same one.

    On PostgreSQL rows that another caller is claiming are skipped; SQLite lets one transaction write at a
    time. Fewer come back where the channel's rate allows no more. Two queries, and two more for a channel
    with a rate.
    """
    clock = clock or Clock()
    token = uuid.uuid4()
    with transaction.atomic(durable=True):
        due = Message.objects.due(clock.now()).filter(channel=channel)
        batch = list(due.select_for_update(skip_locked=True)[:limit])
        batch = batch[: limits.take(channel, len(batch), now=clock.now())]
        lease = {"state": State.CLAIMED, "lease_token": token, "leased_until": clock.now() + CLAIM_LEASE}
        Message.objects.filter(pk__in=[message.pk for message in batch]).update(**lease)
    for message in batch:
        message.state, message.lease_token = State.CLAIMED, token
    return batch


def release(messages: Sequence[Message]) -> None:
    """Give messages of one claim back untried; those whose lease was lost meanwhile stay as they are."""
    if messages:
        keys = [message.pk for message in messages]
        Message.objects.filter(pk__in=keys, state=State.CLAIMED, lease_token=messages[0].lease_token).update(
            state=State.PENDING, lease_token=None, leased_until=None
        )
