"""What providers tell about messages that left, and what people answer."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outbox.models.channels import Channel


class Report(models.TextChoices):
    """What became of a message after it left; `outbox.reports` says which one weighs more."""

    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    FAILED = "failed", _("Not delivered")
    BOUNCED = "bounced", _("Address doesn't exist")
    COMPLAINED = "complained", _("Reported as spam")


class ProviderEvent(models.Model):
    """What a provider reported about a message; the unique event id makes repeats harmless."""

    event_id = models.CharField(_("event id"), max_length=200, unique=True)
    message = models.ForeignKey(
        "outbox.Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="events"
    )
    kind = models.CharField(_("kind"), max_length=32)
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    payload = models.JSONField(_("payload"), default=dict)

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class Reply(models.Model):
    """Something that a person wrote to us on a channel; the unique event id makes repeats harmless."""

    event_id = models.CharField(_("event id"), max_length=200, unique=True)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    sender = models.CharField(_("from"), max_length=320)
    """The e-mail address in lower case, or the number as E.164."""
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"), blank=True)
    message = models.ForeignKey(
        "outbox.Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="replies"
    )
    """The message that it answers, where the provider or the headers tell."""
    is_automatic = models.BooleanField(_("automatic"), default=False)
    """An out-of-office note and the like: kept, but it answers nothing."""
    received_at = models.DateTimeField(_("received at"), default=timezone.now)

    class Meta:
        verbose_name_plural = _("replies")
        indexes: ClassVar = [
            models.Index(
                fields=["channel", "sender", "-received_at"],
                condition=~Q(sender=""),
                name="reply_sender_newest",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.received_at:%Y-%m-%d %H:%M}"
