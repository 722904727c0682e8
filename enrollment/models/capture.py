"""Leads from elsewhere: other people's systems, files, and presses of Call and WhatsApp."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enrollment.models.desk import private_storage


class CaptureSource(models.Model):
    """A system that sends leads, such as an advertising form or a partner's site."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    key = models.CharField(_("key"), max_length=32, unique=True, editable=False)
    """Names the source in a request; not secret."""
    secret_number = models.PositiveSmallIntegerField(_("secret number"), default=1, editable=False)
    """Counts secrets up: the secret is derived from it, so that a new number ends the old secret."""
    is_active = models.BooleanField(_("accepted"), default=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("made at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class LeadImport(models.Model):
    """A file of leads on its way in: mapped, checked as a whole, then imported all or nothing."""

    class State(models.TextChoices):
        MAPPING = "mapping", _("Columns to be chosen")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        IMPORTING = "importing", _("Being imported")
        DONE = "done", _("Imported")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        UNDONE = "undone", _("Undone")

    WORKED_ON = (State.CHECKING, State.IMPORTING)
    KEPT_DAYS = 14
    """How long the file and its problems stay after the end, and a file that nobody went on with."""
    UNDO_DAYS = 30

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    file = models.FileField(_("file"), storage=private_storage, upload_to="imports", max_length=120)
    file_name = models.CharField(_("file name"), max_length=150)
    columns = models.JSONField(_("columns"), default=list)
    """Headings of the file, in order."""
    digest = models.CharField(_("digest"), max_length=64, blank=True, db_default="")
    """Of the cells, so that the same table is known again under any name and in any format."""
    mapping = models.JSONField(_("mapping"), default=dict)
    """Which field each column fills, by heading; also values for every row."""
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.MAPPING)
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_done = models.PositiveIntegerField(_("rows worked through"), default=0)
    rows_new = models.PositiveIntegerField(_("new leads"), default=0)
    rows_known = models.PositiveIntegerField(_("added to known leads"), default=0)
    rows_refused = models.PositiveIntegerField(_("rows with problems"), default=0)
    problems = models.FileField(
        _("problems"), storage=private_storage, upload_to="imports", max_length=120, blank=True
    )
    """The refused rows with the reason of each, as CSV."""
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(_("failures in this step"), default=0, db_default=0)
    lease_token = models.UUIDField(_("lease token"), null=True, blank=True)
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    """When a worker may take the next step; empty while there is nothing to do."""
    created_at = models.DateTimeField(_("at"), default=timezone.now)
    started_at = models.DateTimeField(_("this step started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["leased_until"],
                condition=Q(state__in=["checking", "importing"]),
                name="lead_import_worked_on",
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportedRow(models.Model):
    """A row that doesn't become a lead: refused, or to be added to a lead that is there already.

    Kept until its import's step is over; then the problems file and the timelines have it.
    """

    lead_import = models.ForeignKey(LeadImport, on_delete=models.CASCADE, related_name="imported_rows")
    number = models.PositiveIntegerField(_("row"))
    lead = models.ForeignKey(
        "enrollment.Lead", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    """What the row is added to; empty when it is refused."""
    text = models.TextField(_("problem, or line of the timeline"))

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lead_import", "number"], name="imported_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.lead_import_id}, {self.number}"


class ContactClick(models.Model):
    """How often Call or WhatsApp was pressed on a page on one day; nothing about who did."""

    class Channel(models.TextChoices):
        CALL = "call", _("Call")
        WHATSAPP = "whatsapp", _("WhatsApp")

    day = models.DateField(_("day"))
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    page = models.CharField(_("page"), max_length=200)
    count = models.PositiveIntegerField(_("presses"), default=0)

    class Meta:
        ordering: ClassVar = ["-day", "page"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "channel", "page"], name="contact_click_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.page} {self.count}"
