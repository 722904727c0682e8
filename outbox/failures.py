"""What a person does about a message that was refused for good.

Each is one conditional update, so of two people who do something at once one is told.
"""

import re
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from outbox.errors import AlreadySettled, UnsendableMessage
from outbox.models import DeliveryAttempt, Message
from outbox.queue import wake_after_commit

log = structlog.get_logger(__name__)

Outcome = DeliveryAttempt.Outcome
_PRIVATE = re.compile(r"\[\[\w+\]\]")


@transaction.atomic
def try_again(message: Message, actor_name: str) -> None:
    """Queue a refused message once more, with all its tries.

    Raises AlreadySettled, and UnsendableMessage for one whose private values were forgotten meanwhile.
    """
    is_filled_anew = message.purpose == Message.Purpose.MARKETING  # its link to unsubscribe is made each time
    if not is_filled_anew and _PRIVATE.search(message.text + message.html):
        raise UnsendableMessage(_("Its link or code was for one time only. Have a new message sent instead."))
    _change(
        message,
        Outcome.RETRY,
        detail=_("%(name)s has it sent again.") % {"name": actor_name},
        fields={
            "state": Message.State.PENDING,
            "due_at": timezone.now(),
            "attempts": 0,
            "handled_at": None,
        },
    )
    wake_after_commit()


@transaction.atomic
def put_away(message: Message, actor_name: str) -> None:
    """Say that nothing more is to be done about a refused message. Raises AlreadySettled."""
    _change(
        message,
        Outcome.FAILED,
        detail=_("%(name)s put it away.") % {"name": actor_name},
        fields={"handled_at": timezone.now()},
    )


@transaction.atomic
def bring_back(message: Message, actor_name: str) -> None:
    """Take back that a refused message was put away. Raises AlreadySettled."""
    _change(
        message,
        Outcome.FAILED,
        detail=_("%(name)s brought it back.") % {"name": actor_name},
        fields={"handled_at": None},
        is_put_away=True,
    )


def _change(
    message: Message, outcome: str, *, detail: str, fields: dict[str, Any], is_put_away: bool = False
) -> None:
    changed = Message.objects.filter(
        pk=message.pk, state=Message.State.FAILED, handled_at__isnull=not is_put_away
    ).update(**fields)
    if not changed:
        raise AlreadySettled(_("Somebody has settled this message meanwhile."))
    DeliveryAttempt.objects.create(
        message=message, started_at=timezone.now(), outcome=outcome, detail=detail[:300]
    )
    log.info("failed_message_settled", message=message.pk, outcome=outcome)
