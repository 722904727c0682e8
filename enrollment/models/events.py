"""The timeline of a lead."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enrollment.models.leads import Lead


class LeadEvent(models.Model):
    """One line of a lead's timeline; append-only."""

    class Kind(models.TextChoices):
        ENQUIRY = "enquiry", _("Enquiry")
        REPEATED = "repeated", _("Enquiry sent again")
        MESSAGE = "message", _("Message")
        NOTE = "note", _("Note")
        PLAN = "plan", _("Next action")
        STAGE = "stage", _("Stage")
        OWNER = "owner", _("Owner")
        ENROLMENT = "enrolment", _("Enrolment")
        CALL = "call", _("Call")
        CHAT = "chat", _("WhatsApp")
        ANOTHER = "another", _("Another enquiry")
        TAGS = "tags", _("Tags")
        FILE = "file", _("File")
        MERGE = "merge", _("Merge")
        CONSENT = "consent", _("Consent")
        PRIVACY = "privacy", _("Privacy")
        LATE = "late", _("Late")
        IMPORT = "import", _("Import")
        FACTS = "facts", _("Facts")
        FOLLOWUP = "followup", _("Follow-up")
        REPLY = "reply", _("They answered")

    class Outcome(models.TextChoices):
        """How a call ended."""

        REACHED = "reached", _("Reached")
        NO_ANSWER = "no-answer", _("No answer")
        CALL_BACK = "call-back", _("Asked to call back")
        WRONG_NUMBER = "wrong-number", _("Wrong number")

    SPOKEN = (Outcome.REACHED, Outcome.CALL_BACK)
    """Calls in which somebody spoke to the person."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True, db_default="")
    """Of a call; empty for everything else."""
    text = models.TextField(_("text"), blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    message = models.ForeignKey(
        "outbox.Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["lead", "-created_at", "-id"], name="lead_event_timeline"),
            models.Index(
                fields=["created_at"],
                condition=Q(kind__in=["repeated", "another", "reply"]),
                name="lead_event_wrote",
            ),
            models.Index(fields=["created_at"], condition=Q(kind="call"), name="lead_event_calls"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M}"
