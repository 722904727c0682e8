"""What people allowed, and who looked at personal data in bulk."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Consent(models.Model):
    """A permission given or taken back; append-only, the newest row counts."""

    class Purpose(models.TextChoices):
        ENQUIRY = "enquiry", _("Answering the enquiry")
        NEWS = "news", _("Course news")
        PLACEMENT = "placement", _("Sharing the profile with employers")

    person = models.ForeignKey("enrollment.Person", on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose)
    channel = models.CharField(_("channel"), max_length=12, default="email")
    granted = models.BooleanField(_("granted"))
    notice_version = models.CharField(_("notice version"), max_length=16)
    language = models.CharField(_("language"), max_length=12)
    submission = models.ForeignKey(
        "enrollment.Submission", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    """Who of the staff wrote it down; empty when the person said it themselves."""
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "purpose", "-created_at"], name="consent_newest")]

    def __str__(self) -> str:
        return f"{self.purpose} {'granted' if self.granted else 'withdrawn'}"


class DataAccess(models.Model):
    """Somebody took personal data out or saw the contact data of many people; append-only."""

    class Kind(models.TextChoices):
        EXPORT = "export", _("Lead export")
        BULK = "bulk", _("Bulk action")
        REPORT = "report", _("Report export")
        IMPORT = "import", _("Import file")
        DUPLICATES = "duplicates", _("Duplicate list")
        REQUEST = "request", _("Access request")
        FILE = "file", _("File of a lead")
        RECONCILIATION = "posts", _("Form posts")
        DELIVERIES = "deliveries", _("Delivery list")

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    count = models.PositiveIntegerField(_("people"), default=0)
    query = models.TextField(_("filters"), blank=True)
    """Which people: the filters as an address query, a reference, or a file's name."""
    person = models.ForeignKey(
        "enrollment.Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="accesses"
    )
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["-created_at", "-id"], name="data_access_newest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.count}"
