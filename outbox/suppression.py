"""Addresses that get nothing more."""

from typing import Any

from django.db import transaction

from outbox import signals
from outbox.models import Channel, Message, OptOut, Suppression, address_hash

_WEIGHT = {reason: weight for weight, reason in enumerate(Suppression.Reason.values)}
STOPS_EVERYTHING = [Suppression.Reason.BOUNCED, Suppression.Reason.ERASED]
"""Reasons that stop account and enrolment mails too; the others stop follow-ups only."""


@transaction.atomic
def suppress(address: str, *, reason: str, channel: str = Channel.EMAIL) -> Suppression:
    """Stop messages to an address; `signals.suppressed` tells it first, so that receivers lock their rows
    before this one, as everybody does who holds theirs already.

    A weightier reason replaces a lighter one, never the other way round; the same again tells nothing.
    """
    hashed: dict[str, Any] = {"channel": channel, "address_hash": address_hash(address)}
    known = Suppression.objects.filter(**hashed).first()
    if known and _WEIGHT[reason] <= _WEIGHT[known.reason]:
        return known
    signals.suppressed.send(sender=Suppression, address=address, channel=channel, reason=reason, topic="")
    suppression, created = Suppression.objects.select_for_update().get_or_create(
        **hashed, defaults={"reason": reason}
    )
    if not created and _WEIGHT[reason] > _WEIGHT[suppression.reason]:
        suppression.reason = reason
        suppression.save(update_fields=["reason"])
    return suppression


@transaction.atomic
def opt_out(address: str, *, topic: str, channel: str = Channel.EMAIL) -> OptOut:
    """Stop what is sent to an address on one topic, and tell it first by `signals.suppressed`; once."""
    hashed: dict[str, Any] = {
        "channel": channel,
        "address_hash": address_hash(address),
        "topic": topic,
    }
    if known := OptOut.objects.filter(**hashed).first():
        return known
    signals.suppressed.send(
        sender=OptOut,
        address=address,
        channel=channel,
        reason=Suppression.Reason.UNSUBSCRIBED,
        topic=topic,
    )
    return OptOut.objects.get_or_create(**hashed)[0]


def why_forbidden(message: Message) -> str:
    """Return in words why this message must not leave, or an empty string; at most two queries."""
    hashed = {"channel": message.channel, "address_hash": address_hash(message.to)}
    found = Suppression.objects.filter(**hashed)
    is_marketing = message.purpose == Message.Purpose.MARKETING
    if suppression := (found if is_marketing else found.filter(reason__in=STOPS_EVERYTHING)).first():
        return str(suppression.get_reason_display())
    if is_marketing and message.topic and OptOut.objects.filter(**hashed, topic=message.topic).exists():
        return str(Suppression.Reason.UNSUBSCRIBED.label)
    return ""
