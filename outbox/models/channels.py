"""How messages travel, how each way stands, and addresses that get nothing more, or not on a topic."""

import hashlib
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


def address_hash(address: str) -> str:
    """Return the hash under which an address is suppressed; it outlives the address itself."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


class Channel(models.TextChoices):
    """How a message travels."""

    EMAIL = "email", _("E-mail")
    WHATSAPP = "whatsapp", _("WhatsApp")
    SMS = "sms", _("SMS")


class ChannelState(models.Model):
    """What all senders of a channel share: its circuit breaker and what its rate still allows."""

    channel = models.CharField(_("channel"), max_length=12, choices=Channel, primary_key=True)
    closed_until = models.DateTimeField(_("left alone until"), null=True, blank=True)
    """The provider couldn't be reached: nothing is tried before this."""
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0)
    allowance = models.FloatField(_("messages allowed now"), default=0)
    """Tokens of the rate's bucket at `counted_at`."""
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)

    def __str__(self) -> str:
        return self.channel


class Suppression(models.Model):
    """An address that gets nothing more on a channel; only its hash is kept."""

    class Reason(models.TextChoices):
        """Why; the later ones weigh more."""

        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
        COMPLAINED = "complained", _("Reported as spam")
        BOUNCED = "bounced", _("Address doesn't exist")
        ERASED = "erased", _("Erased")

    channel = models.CharField(_("channel"), max_length=12, choices=Channel, default=Channel.EMAIL)
    address_hash = models.CharField(_("address hash"), max_length=64)
    reason = models.CharField(_("reason"), max_length=16, choices=Reason)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "address_hash"], name="suppression_once")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.address_hash[:12]}"


class OptOut(models.Model):
    """An address that gets nothing more on one topic of a channel; only its hash is kept."""

    channel = models.CharField(_("channel"), max_length=12, choices=Channel, default=Channel.EMAIL)
    address_hash = models.CharField(_("address hash"), max_length=64)
    topic = models.CharField(_("topic"), max_length=20)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "address_hash", "topic"], name="opt_out_once")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.address_hash[:12]} {self.topic}"
