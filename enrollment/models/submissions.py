"""What came in through a form, kept as it came."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enrollment.models.capture import CaptureSource


class Submission(models.Model):
    """A raw form post, committed before anything is checked, so that no enquiry is lost at the door.

    Rows are added, never changed, but for the outcome and the lead that it led to. What a person said
    is emptied when they are purged, and from spam and refused posts after a time.
    """

    class Form(models.TextChoices):
        ENQUIRY = "enquiry", _("Enquiry")
        PLACEMENT = "placement", _("Placement enquiry")
        API = "api", _("From another system")
        DESK = "desk", _("Written down at the desk")

    class Outcome(models.TextChoices):
        RECEIVED = "received", _("Received")
        LEAD = "lead", _("Lead made")
        REPEATED = "repeated", _("Added to a known lead")
        REJECTED = "rejected", _("Not valid")
        SPAM = "spam", _("Spam")

    UNUSED = (Outcome.REJECTED, Outcome.SPAM)
    """Outcomes that made no lead."""
    EMPTIED = "{}"
    """The payload of a post whose sender's data is gone."""

    key = models.UUIDField(_("key"), unique=True)
    reference = models.CharField(_("reference"), max_length=16, unique=True)
    form = models.CharField(_("form"), max_length=12, choices=Form)
    payload = models.TextField(_("payload"))
    """The posted fields as ASCII JSON, so that any byte that was typed survives every database."""
    digest = models.CharField(_("payload digest"), max_length=64)
    repeats = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """An earlier post under the same key with other content, if there was one."""
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    """Who was signed in when it was sent: the learner, or for the desk's own form the member of staff."""
    capture_source = models.ForeignKey(
        CaptureSource, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    attribution = models.JSONField(_("attribution"), null=True, blank=True)
    """First and last touch on the site, as the lead gets them."""
    address = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, default=Outcome.RECEIVED)
    lead = models.ForeignKey(
        "enrollment.Lead",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="submissions",
    )
    received_at = models.DateTimeField(_("received at"), auto_now_add=True, db_index=True)

    class Meta:
        ordering: ClassVar = ["-received_at"]
        indexes: ClassVar = [
            models.Index(
                fields=["received_at"],
                condition=Q(outcome__in=["rejected", "spam"]) & (~Q(payload="{}") | Q(address__isnull=False)),
                name="submission_to_empty",
            )
        ]

    def __str__(self) -> str:
        return self.reference
