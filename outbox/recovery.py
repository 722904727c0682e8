"""Settling what a crash or a broken connection left behind."""

from dataclasses import dataclass

import structlog
from django.db import transaction
from django.utils import timezone

from outbox.delivery import BACK_OFF
from outbox.models import DeliveryAttempt, Message

log = structlog.get_logger(__name__)

SENT_AGAIN_WHEN_UNCLEAR = [
    Message.Purpose.ACCOUNT,
    Message.Purpose.ACKNOWLEDGEMENT,
    Message.Purpose.ENROLMENT,
    Message.Purpose.NOTICE,
]
"""Better twice than never; the same Message-ID lets the receiver see one. Marketing waits for a person."""


@dataclass
class Reaped:
    """What one sweep changed."""

    released: int = 0
    unclear: int = 0
    requeued: int = 0


def reap() -> Reaped:
    """End expired leases and apply the policy for unclear messages. Running it twice changes nothing."""
    reaped = Reaped(released=_release_claimed(), unclear=_declare_unclear(), requeued=_requeue_unclear())
    if reaped != Reaped():
        log.warning("outbox_reaped", **vars(reaped))
    return reaped


def _release_claimed() -> int:
    return Message.objects.filter(state=Message.State.CLAIMED, leased_until__lt=timezone.now()).update(
        state=Message.State.PENDING, lease_token=None, leased_until=None
    )


def _declare_unclear() -> int:
    """Mark messages whose sender vanished: they may have left."""
    with transaction.atomic():
        stuck = list(
            Message.objects.filter(
                state=Message.State.SENDING, leased_until__lt=timezone.now()
            ).select_for_update(skip_locked=True)
        )
        for message in stuck:
            DeliveryAttempt.objects.create(
                message=message,
                started_at=message.leased_until or timezone.now(),
                outcome=DeliveryAttempt.Outcome.UNKNOWN,
                detail="The sender stopped before it could say.",
            )
        return Message.objects.filter(pk__in=[message.pk for message in stuck]).update(
            state=Message.State.UNKNOWN,
            last_error="The sender stopped before it could say.",
            lease_token=None,
            leased_until=None,
        )


def _requeue_unclear() -> int:
    return Message.objects.filter(
        state=Message.State.UNKNOWN,
        purpose__in=SENT_AGAIN_WHEN_UNCLEAR,
        attempts__lte=len(BACK_OFF),
        due_at__lte=timezone.now(),
    ).update(state=Message.State.PENDING)
