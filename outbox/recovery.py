"""Settling what a crash or a broken connection left behind.

Leases are compared with the database's clock alone. One that lasts longer than any that is ever given was
given by a clock that has since been set back: it is cut short. One that seems to have run out because the
clock was set forward does no harm either: the message is unclear for a moment before it is sent again, and
a sender who lives says meanwhile that it has left.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from outbox.channels import make_way
from outbox.clock import Clock
from outbox.models import DeliveryAttempt, Message
from outbox.queue import wake_after_commit
from outbox.settling import SEND_LEASE
from outbox.verdict import BACK_OFF

log = structlog.get_logger(__name__)

SENT_AGAIN_WHEN_UNCLEAR = [
    Message.Purpose.ACCOUNT,
    Message.Purpose.ACKNOWLEDGEMENT,
    Message.Purpose.ENROLMENT,
    Message.Purpose.NOTICE,
]
"""Better twice than never; the same Message-ID lets the receiver see one. Marketing waits for a person."""
LAST_WORD = timedelta(seconds=4)
"""How long a sender whose lease ran out may still say that its message has left."""
_VANISHED = "The sender stopped before it could say."
_FREE = {"lease_token": None, "leased_until": None}

State = Message.State


@dataclass
class Reaped:
    """What one sweep changed."""

    released: int = 0
    unclear: int = 0
    requeued: int = 0


def reap() -> Reaped:
    """End expired leases and apply the policy for unclear messages. Running it twice changes nothing."""
    now = Clock().now()
    _cut_long_leases(now)
    reaped = Reaped(
        released=_release_claimed(now), unclear=_declare_unclear(now), requeued=_requeue_unclear(now)
    )
    if reaped != Reaped():
        log.warning("outbox_reaped", **vars(reaped))
    if reaped.released or reaped.requeued:
        wake_after_commit()
    return reaped


def _cut_long_leases(now: datetime) -> None:
    longest = now + SEND_LEASE
    Message.objects.filter(
        state__in=[State.CLAIMED, State.SENDING], leased_until__gt=longest + timedelta(seconds=5)
    ).update(leased_until=longest)


def _release_claimed(now: datetime) -> int:
    return Message.objects.filter(state=State.CLAIMED, leased_until__lt=now).update(
        state=State.PENDING, **_FREE
    )


def _declare_unclear(now: datetime) -> int:
    """Mark messages whose sender vanished: they may have left."""
    with transaction.atomic():
        expired = Message.objects.filter(state=State.SENDING, leased_until__lt=now)
        stuck = list(expired.select_for_update(skip_locked=True).only("pk", "leased_until"))
        DeliveryAttempt.objects.bulk_create(
            DeliveryAttempt(
                message=message,
                started_at=message.leased_until - SEND_LEASE if message.leased_until else now,
                outcome=DeliveryAttempt.Outcome.UNKNOWN,
                detail=_VANISHED,
            )
            for message in stuck
        )
        return Message.objects.filter(pk__in=[message.pk for message in stuck]).update(
            state=State.UNKNOWN, last_error=_VANISHED, due_at=now + LAST_WORD, **_FREE
        )


def _requeue_unclear(now: datetime) -> int:
    """Queue again what is better sent twice than never, and what its provider takes only once."""
    return Message.objects.filter(goes_again(), state=State.UNKNOWN, due_at__lte=now).update(
        state=State.PENDING
    )


def goes_again() -> Q:
    """Return the condition under which an unclear message needs nobody: it is sent again by itself."""
    again = Q(purpose__in=SENT_AGAIN_WHEN_UNCLEAR) | Q(channel__in=_channels_that_keep_keys())
    return again & Q(attempts__lte=len(BACK_OFF))


def _channels_that_keep_keys() -> list[str]:
    return [channel for channel in settings.OUTBOX_WAYS if make_way(channel).keeps_keys]
