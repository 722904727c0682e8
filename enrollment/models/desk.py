"""What counsellors keep at hand: tags, files, saved views and texts to start from."""

from pathlib import PurePath
from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def private_storage() -> Storage:
    """Return where files lie that no public address leads to."""
    return storages["private"]


def lead_file_name(instance: "LeadFile", name: str) -> str:
    """Return a name that tells nothing and can't be guessed."""
    return f"leads/{uuid4().hex}{PurePath(name).suffix.lower()[:10]}"


class LeadTag(models.Model):
    """A word that staff stick on leads."""

    name = models.CharField(_("name"), max_length=40)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(Lower("name"), name="lead_tag_once")]

    def __str__(self) -> str:
        return self.name


class LeadFile(models.Model):
    """A file of a lead, such as a certificate; read through a view that checks and logs."""

    lead = models.ForeignKey("enrollment.Lead", on_delete=models.CASCADE, related_name="files")
    file = models.FileField(_("file"), storage=private_storage, upload_to=lead_file_name, max_length=120)
    name = models.CharField(_("name"), max_length=150)
    size = models.PositiveIntegerField(_("bytes"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """Filters, search and order of the lead list under a name; one's own, or shared with everybody."""

    name = models.CharField(_("name"), max_length=60)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lead_views")
    is_shared = models.BooleanField(_("shared with everybody at the desk"), default=False)
    query = models.CharField(_("query"), max_length=1000, blank=True)
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint("owner", Lower("name"), name="saved_view_once_an_owner")
        ]

    def __str__(self) -> str:
        return self.name


class MessageTemplate(models.Model):
    """A text for a counsellor or a sequence; {name}-like places are filled by plain replacement."""

    class Channel(models.TextChoices):
        WHATSAPP = "whatsapp", _("WhatsApp")
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("SMS")

    name = models.CharField(_("name"), max_length=60)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    subject = models.CharField(_("subject"), max_length=120, blank=True, help_text=_("For e-mail only."))
    body = models.TextField(_("text"), max_length=2000)
    subject_ta = models.CharField(_("subject in Tamil"), max_length=120, blank=True, db_default="")
    body_ta = models.TextField(
        _("text in Tamil"),
        max_length=2000,
        blank=True,
        db_default="",
        help_text=_("Sent to people who read Tamil; the English text where this is empty."),
    )
    whatsapp_template = models.CharField(
        _("approved template"),
        max_length=120,
        blank=True,
        db_default="",
        help_text=_(
            "Its name at WhatsApp. Without it the text leaves within 24 hours of their last message only."
        ),
    )
    dlt_template = models.CharField(
        _("DLT template id"),
        max_length=30,
        blank=True,
        db_default="",
        help_text=_("India's operators carry an SMS under the id that its exact text is registered with."),
    )
    dlt_header = models.CharField(
        _("DLT header"),
        max_length=11,
        blank=True,
        db_default="",
        help_text=_("The registered sender, such as OSIZLB; empty for the institute's usual one."),
    )
    is_offered = models.BooleanField(
        _("offered on the lead page"),
        default=True,
        db_default=True,
        help_text=_("Untick it for texts that only sequences use."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=50)

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering: ClassVar = ["channel", "position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint("channel", Lower("name"), name="message_template_once")
        ]

    def __str__(self) -> str:
        return self.name
