"""What was written to and from an address: for its owner to take away, and to be forgotten."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from outbox.models import (
    Channel,
    DeliveryAttempt,
    Message,
    ProviderEvent,
    Reply,
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
    fields = ("to", "channel", "purpose", "subject", "text", "state", "created_at", "sent_at")
    return [dict(row) for row in messages.values(*fields)]


def replies_from(addresses: Iterable[str]) -> QuerySet[Reply]:
    """Return what was written to us from any of these addresses and numbers, on any channel."""
    return Reply.objects.filter(sender__in=[address.lower() for address in addresses], sender__gt="")


def reply_data(replies: QuerySet[Reply]) -> list[dict[str, Any]]:
    """Return what somebody wrote to us and when."""
    fields = ("sender", "channel", "subject", "text", "received_at")
    return [dict(row) for row in replies.order_by("received_at").values(*fields)]


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
    """Take address and text out of messages, what servers told about them, and what was answered.

    That one left, and when, stays. Providers' ids go too: those of WhatsApp hold the number.
    """
    keys = list(messages.values_list("pk", flat=True))
    Message.objects.filter(pk__in=keys).update(
        to=FORGOTTEN, reply_to="", subject="", text="", html="", content={}, last_error="", provider_id=""
    )
    DeliveryAttempt.objects.filter(message__in=keys).update(detail="")
    ProviderEvent.objects.filter(message__in=keys).update(payload={})
    forget_replies(Reply.objects.filter(message__in=keys))
    stop_messages(Message.objects.filter(pk__in=keys), reason=_("The person was erased."))


def forget_replies(replies: QuerySet[Reply]) -> None:
    """Take sender and text out of what was written to us; that somebody wrote, and when, stays."""
    replies.filter(~Q(sender="")).update(sender="", subject="", text="")


def allow_again(address: str, *, channel: str = Channel.EMAIL) -> int:
    """Take back that an address was erased, so that messages leave again; bounces and complaints stay."""
    return Suppression.objects.filter(
        channel=channel, address_hash=address_hash(address), reason=Suppression.Reason.ERASED
    ).delete()[0]
