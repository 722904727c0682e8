"""Messages and the tries to hand them over."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outbox.models.channels import Channel
from outbox.models.reports import Report


class MessageQuerySet(models.QuerySet["Message"]):
    """Reads of messages."""

    def due(self, now: datetime | None = None) -> "MessageQuerySet":
        """Messages that may be claimed now, the longest waiting first."""
        now = now or timezone.now()
        return self.filter(state=Message.State.PENDING, due_at__lte=now).order_by("due_at", "pk")


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
        MARKETING = "marketing", _("Follow-up")
        """What nobody asked for by itself: it can be unsubscribed; if unclear, a person decides."""

    key = models.CharField(_("idempotency key"), max_length=200, unique=True)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel, default=Channel.EMAIL)
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose)
    topic = models.CharField(_("topic"), max_length=20, blank=True, db_default="")
    """What the receiver can unsubscribe from alone; empty for what belongs to no such topic."""
    keeper = models.CharField(_("keeper"), max_length=20, blank=True, db_default="")
    """Name in MESSAGE_KEEPERS of who is asked before it leaves and told when it ended; see outbox.keepers."""
    to = models.CharField(_("to"), max_length=320)
    """An e-mail address, or a number as E.164."""
    reply_to = models.CharField(_("reply to"), max_length=320, blank=True)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    content = models.JSONField(
        _("content"), default=dict, blank=True, db_default=Value({}, models.JSONField())
    )
    """What a channel needs besides the text, such as the name and the parameters of an approved template."""
    wording = models.CharField(_("wording"), max_length=40, blank=True, db_default="")
    """Which version of which text it was written from, as the caller names it."""
    series = models.CharField(_("series"), max_length=40, blank=True, db_default="")
    """What it is one message of, as the caller names it; empty for one that stands alone."""
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
    provider_id = models.CharField(_("provider's id"), max_length=200, blank=True, db_default="")
    report = models.CharField(_("report"), max_length=12, choices=Report, blank=True, db_default="")
    """The weightiest thing that the provider told after it left."""
    reported_at = models.DateTimeField(_("reported at"), null=True, blank=True)
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)
    """When somebody said of a failed message that nothing more is to be done about it."""

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["channel", "due_at", "id"], condition=Q(state="pending"), name="message_channel_due"
            ),
            models.Index(
                fields=["leased_until"],
                condition=Q(state__in=["claimed", "sending"]),
                name="message_leased",
            ),
            models.Index(
                fields=["state", "due_at", "id"],
                condition=Q(state="unknown") | Q(state="failed", handled_at__isnull=True),
                name="message_to_settle",
            ),
            models.Index(fields=["-due_at", "-id"], name="message_newest"),
            models.Index(
                fields=["series", "-due_at", "-id"], condition=Q(series__gt=""), name="message_of_series"
            ),
            models.Index(fields=["-due_at", "-id"], condition=Q(state="failed"), name="message_refused"),
            models.Index(
                fields=["purpose", "-due_at", "-id"],
                condition=Q(purpose__in=["account", "enrolment", "notice"]),
                name="message_rare_purpose",
            ),
            models.Index(
                fields=["channel", "-due_at", "-id"],
                condition=Q(channel__in=["whatsapp", "sms"]),
                name="message_rare_channel",
            ),
            models.Index(Lower("to"), F("id").desc(), name="message_to"),
            models.Index(fields=["provider_id"], condition=Q(provider_id__gt=""), name="message_provider_id"),
            models.Index(fields=["message_id"], name="message_message_id"),
            models.Index(fields=["sent_at"], condition=Q(sent_at__isnull=False), name="message_sent"),
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
        STOPPED = "stopped", _("Stopped")
        """Its keeper said that it is wanted no more."""
        POSTPONED = "postponed", _("Postponed")
        """Its keeper or a limit said that it is too early."""

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
