"""What was written to an address: for its owner to take away, and to be forgotten."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from outbox.models import (
    Channel,
    DeliveryAttempt,
    Message,
    ProviderEvent,
    Suppression,
    address_hash,
)

FORGOTTEN = "forgotten@forgotten.invalid"
_UNSENT = [Message.State.PENDING, Message.State.CLAIMED, Message.State.UNKNOWN]


def messages_to(addresses: Iterable[str]) -> QuerySet[Message]:
    """Return the messages to any of these addresses and numbers, however they are written."""
    return Message.objects.alias(lower_to=Lower("to")).filter(
        lower_to__in=[address.lower() for address in addresses]
    )


def message_data(messages: QuerySet[Message]) -> list[dict[str, Any]]:
    """Return what was written and when; links and codes for the receiver alone were never kept."""
    fields = ("to", "purpose", "subject", "text", "state", "created_at", "sent_at")
    return [dict(row) for row in messages.values(*fields)]


def stop_messages(messages: QuerySet[Message], *, reason: str) -> int:
    """Cancel what has not left yet; returns how many. One conditional update."""
    return messages.filter(state__in=_UNSENT).update(
        state=Message.State.CANCELLED,
        last_error=reason[:300],
        private={},
        lease_token=None,
        leased_until=None,
    )


@transaction.atomic
def forget_messages(messages: QuerySet[Message]) -> None:
    """Take address and text out of messages, and what servers answered; that one left, and when, stays."""
    keys = list(messages.values_list("pk", flat=True))
    Message.objects.filter(pk__in=keys).update(
        to=FORGOTTEN, reply_to="", subject="", text="", html="", last_error=""
    )
    DeliveryAttempt.objects.filter(message__in=keys).update(detail="")
    ProviderEvent.objects.filter(message__in=keys).update(payload={})
    stop_messages(Message.objects.filter(pk__in=keys), reason=_("The person was erased."))


def allow_again(address: str, *, channel: str = Channel.EMAIL) -> int:
    """Take back that an address was erased, so that messages leave again; bounces and complaints stay."""
    return Suppression.objects.filter(
        channel=channel, address_hash=address_hash(address), reason=Suppression.Reason.ERASED
    ).delete()[0]
