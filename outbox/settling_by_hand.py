"""What a person decides about a message of which nobody knows whether it arrived.

Each decision is one conditional update, so of two people who decide at once one is told. The keeper is told
of an end first: its rows are locked before the message's.
"""

from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from outbox.errors import AlreadySettled
from outbox.keepers import keeper_of
from outbox.models import DeliveryAttempt, Message
from outbox.queue import wake_after_commit

log = structlog.get_logger(__name__)

Outcome = DeliveryAttempt.Outcome
State = Message.State


@transaction.atomic
def say_sent(message: Message, actor_name: str) -> None:
    """Record that an unclear message arrived. Raises AlreadySettled."""
    last = message.deliveries.order_by("-finished_at", "-pk").values_list("finished_at", flat=True).first()
    _decide(
        message,
        Outcome.SENT,
        detail=_("%(name)s says that it arrived.") % {"name": actor_name},
        fields={"state": State.SENT, "sent_at": last or timezone.now(), "last_error": "", "private": {}},
    )


@transaction.atomic
def send_again(message: Message, actor_name: str = "") -> None:
    """Queue an unclear message once more, with all its tries. Raises AlreadySettled."""
    _decide(
        message,
        Outcome.RETRY,
        detail=_("%(name)s has it sent again.") % {"name": actor_name} if actor_name else "",
        fields={"state": State.PENDING, "due_at": timezone.now(), "attempts": 0},
    )
    wake_after_commit()


@transaction.atomic
def give_up(message: Message, actor_name: str = "") -> None:
    """Count an unclear message as failed, and as dealt with. Raises AlreadySettled."""
    _decide(
        message,
        Outcome.FAILED,
        detail=_("%(name)s gave it up.") % {"name": actor_name} if actor_name else "",
        fields={"state": State.FAILED, "handled_at": timezone.now(), "private": {}},
    )


def _decide(message: Message, outcome: str, *, detail: str, fields: dict[str, Any]) -> None:
    keeper = keeper_of(message)
    if keeper and outcome != Outcome.RETRY:
        keeper.ended(message, outcome)
    if not Message.objects.filter(pk=message.pk, state=State.UNKNOWN).update(**fields):
        raise AlreadySettled(_("Somebody has settled this message meanwhile."))
    DeliveryAttempt.objects.create(
        message=message, started_at=timezone.now(), outcome=outcome, detail=detail[:300]
    )
    for name, value in fields.items():
        setattr(message, name, value)
    log.info("message_settled_by_hand", message=message.pk, outcome=outcome)
