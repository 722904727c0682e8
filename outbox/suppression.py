"""Addresses that get nothing more."""

from django.db import transaction

from outbox import signals
from outbox.models import Channel, Message, OptOut, Suppression, address_hash

_WEIGHT = {reason: weight for weight, reason in enumerate(Suppression.Reason.values)}
STOPS_EVERYTHING = [Suppression.Reason.BOUNCED, Suppression.Reason.ERASED]
"""Reasons that stop account and enrolment mails too; the others stop follow-ups only."""


@transaction.atomic
def suppress(address: str, *, reason: str, channel: str = Channel.EMAIL) -> Suppression:
    """Stop messages to an address and tell it by `signals.suppressed`.

    A weightier reason replaces a lighter one, never the other way round; the same again tells nothing.
    """
    suppression, created = Suppression.objects.select_for_update().get_or_create(
        channel=channel, address_hash=address_hash(address), defaults={"reason": reason}
    )
    weightier = not created and _WEIGHT[reason] > _WEIGHT[suppression.reason]
    if weightier:
        suppression.reason = reason
        suppression.save(update_fields=["reason"])
    if created or weightier:
        signals.suppressed.send(sender=Suppression, address=address, channel=channel, reason=reason, topic="")
    return suppression


@transaction.atomic
def opt_out(address: str, *, topic: str, channel: str = Channel.EMAIL) -> OptOut:
    """Stop what is sent to an address on one topic, and tell it by `signals.suppressed`; once."""
    opted, created = OptOut.objects.get_or_create(
        channel=channel, address_hash=address_hash(address), topic=topic
    )
    if created:
        signals.suppressed.send(
            sender=OptOut,
            address=address,
            channel=channel,
            reason=Suppression.Reason.UNSUBSCRIBED,
            topic=topic,
        )
    return opted


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
