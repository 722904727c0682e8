"""Messages that must leave, and what became of each. PostgreSQL is the truth, Celery only looks."""

import hashlib
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def address_hash(address: str) -> str:
    """Return the hash under which an address is suppressed; it outlives the address itself."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


class Channel(models.TextChoices):
    """How a message travels."""

    EMAIL = "email", _("E-mail")


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads of messages."""

    def due(self) -> "MessageQuerySet":
        """Messages that may be claimed now, the longest waiting first."""
        return self.filter(state=Message.State.PENDING, due_at__lte=timezone.now()).order_by("due_at", "pk")


class Message(models.Model):
    """One message to one address. `key` makes queuing it twice harmless."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        CLAIMED = "claimed", _("Claimed")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unclear")
        CANCELLED = "cancelled", _("Cancelled")

    class Purpose(models.TextChoices):
        """Why it is sent; decides what happens when a crash leaves delivery unclear."""

        ACCOUNT = "account", _("Account")
        ACKNOWLEDGEMENT = "acknowledgement", _("Acknowledgement")
        ENROLMENT = "enrolment", _("Enrolment")
        NOTICE = "notice", _("Notice to staff")
        MARKETING = "marketing", _("Marketing")

    key = models.CharField(_("idempotency key"), max_length=200, unique=True)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel, default=Channel.EMAIL)
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose)
    to = models.CharField(_("to"), max_length=320)
    reply_to = models.CharField(_("reply to"), max_length=320, blank=True)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    private = models.JSONField(_("private values"), default=dict, blank=True)
    """Codes and links put in place of [[name]] while sending, and forgotten once sent."""
    due_at = models.DateTimeField(_("due at"), default=timezone.now)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PENDING)
    lease_token = models.UUIDField(_("lease token"), null=True, blank=True)
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=320)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="message_due"),
            models.Index(
                fields=["leased_until"],
                condition=Q(state__in=["claimed", "sending"]),
                name="message_leased",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["failed", "unknown"]),
                name="message_needs_eyes",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent"),
                name="message_sent_has_time",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["claimed", "sending"],
                    lease_token__isnull=False,
                    leased_until__isnull=False,
                )
                | Q(
                    ~Q(state__in=["claimed", "sending"]),
                    lease_token__isnull=True,
                    leased_until__isnull=True,
                ),
                name="message_leased_while_worked_on",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sent", "failed", "cancelled"]) | Q(private={}),
                name="message_forgets_private_values",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.get_state_display()})"


class DeliveryAttempt(models.Model):
    """One try to hand a message over; append-only."""

    class Outcome(models.TextChoices):
        SENT = "sent", _("Sent")
        RETRY = "retry", _("Will be tried again")
        FAILED = "failed", _("Refused for good")
        UNKNOWN = "unknown", _("Unclear")
        SUPPRESSED = "suppressed", _("Suppressed")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), default=timezone.now)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    detail = models.CharField(_("detail"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("delivery attempt")
        verbose_name_plural = _("delivery attempts")
        ordering: ClassVar = ["finished_at", "pk"]

    def __str__(self) -> str:
        return f"{self.message_id} {self.outcome}"


class ProviderEvent(models.Model):
    """What a provider reported about a message; the unique event id makes repeats harmless."""

    event_id = models.CharField(_("event id"), max_length=200, unique=True)
    message = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="events"
    )
    kind = models.CharField(_("kind"), max_length=32)
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    payload = models.JSONField(_("payload"), default=dict)

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


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
