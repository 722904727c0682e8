"""Addresses that get nothing more."""

from django.db import models, transaction

from outbox.models import Channel, Message, Suppression, address_hash

_WEIGHT = {reason: weight for weight, reason in enumerate(Suppression.Reason.values)}
_STOPS_EVERYTHING = [Suppression.Reason.BOUNCED, Suppression.Reason.ERASED]
"""Reasons that stop account and enrolment mails too; the others stop marketing only."""


def suppress(address: str, *, reason: str, channel: str = Channel.EMAIL) -> Suppression:
    """Stop mail to an address; a weightier reason replaces a lighter one, never the other way round."""
    with transaction.atomic():
        suppression, created = Suppression.objects.select_for_update().get_or_create(
            channel=channel, address_hash=address_hash(address), defaults={"reason": reason}
        )
        if not created and _WEIGHT[reason] > _WEIGHT[suppression.reason]:
            suppression.reason = reason
            suppression.save(update_fields=["reason"])
    return suppression


def suppressions_of(message: Message) -> "models.QuerySet[Suppression]":
    """Return what forbids this message to leave; usable as a subquery."""
    found = Suppression.objects.filter(channel=message.channel, address_hash=address_hash(message.to))
    if message.purpose == Message.Purpose.MARKETING:
        return found
    return found.filter(reason__in=_STOPS_EVERYTHING)
