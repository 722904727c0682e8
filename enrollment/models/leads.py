"""What people asked for, and how far that has come."""

from datetime import UTC, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models import CoursePage
from enrollment.models.capture import CaptureSource, LeadImport
from enrollment.models.desk import LeadTag
from enrollment.models.people import ContactPoint, Person
from enrollment.models.pipeline import ClosingReason, PipelineStage

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
PLANNED_AT = Coalesce("next_action_at", Value(NEVER))
"""When the next action is; what has none stands at the end."""
WORKED = ~Q(stage__in=PipelineStage.ENDED) & Q(set_aside="")
"""What the desk works and hasn't ended, as `Lead.objects.open()` asks for it."""


class LeadQuerySet(models.QuerySet["Lead"]):
    """Reads of leads."""

    def open(self) -> "LeadQuerySet":
        """Leads that still need work."""
        return self.exclude(stage__in=PipelineStage.ENDED)

    def late(self) -> "LeadQuerySet":
        """Leads whose promised answer is overdue."""
        return self.open().filter(answered_at__isnull=True, answer_due_at__lt=timezone.now())


class LeadManager(models.Manager.from_queryset(LeadQuerySet)):  # type: ignore[misc]
    """Leads that the desk works: none that is merged away, restricted or not wholly imported yet."""

    def get_queryset(self) -> LeadQuerySet:
        return super().get_queryset().filter(set_aside="")


class Lead(models.Model):
    """One person's interest in one course (or in placement assistance), worked by admissions."""

    class Interest(models.TextChoices):
        CONTACT = "contact", _("Course")
        PLACEMENT = "placement", _("Placement")

    class Stage(models.TextChoices):
        """The stages that a pipeline starts with; an institute may rename and add some."""

        NEW = "new", _("New")
        CONTACTED = "contacted", _("Contacted")
        QUALIFIED = "qualified", _("Qualified")
        APPLIED = "applied", _("Applied")
        ENROLLED = "enrolled", _("Enrolled")
        CLOSED = "closed", _("Closed")

    class ContactBy(models.TextChoices):
        EMAIL = "email", _("Email")
        PHONE = "phone", _("Phone call")
        WHATSAPP = "whatsapp", _("WhatsApp")

    class Source(models.TextChoices):
        WEBSITE = "website", _("Website")
        CAMPAIGN = "campaign", _("Campaign")
        PHONE = "phone", _("Phone")
        WALK_IN = "walk-in", _("Walk-in")
        REFERRAL = "referral", _("Referral")
        PARTNER = "partner", _("Partner")
        IMPORT = "import", _("Import")

    class SetAside(models.TextChoices):
        """Why a lead isn't worked; empty for one that is."""

        MERGED = "merged", _("Merged into another")
        RESTRICTED = "restricted", _("Restricted")
        IMPORTING = "importing", _("Not imported yet")

    class BestTime(models.TextChoices):
        MORNING = "morning", _("Morning")
        AFTERNOON = "afternoon", _("Afternoon")
        EVENING = "evening", _("Evening")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="leads")
    reference = models.CharField(_("reference"), max_length=16, unique=True)
    interest = models.CharField(_("interest"), max_length=12, choices=Interest)
    course = models.ForeignKey(
        CoursePage,
        verbose_name=_("course"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    stage = models.ForeignKey(
        PipelineStage,
        verbose_name=_("stage"),
        to_field="key",
        db_column="stage",
        db_index=False,
        default=PipelineStage.NEW,
        on_delete=models.PROTECT,
        related_name="+",
    )
    stage_since = models.DateTimeField(_("in this stage since"), default=timezone.now, db_default=Now())
    closing_reason = models.ForeignKey(
        ClosingReason,
        verbose_name=_("closing reason"),
        db_index=False,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="leads",
    )
    source = models.CharField(_("source"), max_length=40, choices=Source, default=Source.WEBSITE)
    contact_by = models.CharField(_("contact by"), max_length=12, choices=ContactBy)
    best_time = models.CharField(_("best time"), max_length=12, choices=BestTime, blank=True)
    message = models.TextField(_("message"), blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    """Answers of the placement form: status, experience_years, target_role, skills."""
    next_action = models.CharField(_("next action"), max_length=120, blank=True)
    next_action_at = models.DateTimeField(_("next action at"), null=True, blank=True)
    answer_due_at = models.DateTimeField(_("answer promised by"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    """When staff first got in touch, or moved the lead on from New."""
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    """When admissions leads were told that the answer is late."""
    tags = models.ManyToManyField(LeadTag, verbose_name=_("tags"), blank=True, related_name="leads")
    attribution = models.JSONField(_("attribution"), null=True, blank=True)
    """First and last touch on the site: {"first": {...}, "last": {...}}; see enrollment.attribution."""
    campaign = models.CharField(_("campaign"), max_length=100, blank=True, db_default="")
    capture_source = models.ForeignKey(
        CaptureSource, null=True, blank=True, on_delete=models.SET_NULL, related_name="leads", db_index=False
    )
    lead_import = models.ForeignKey(
        LeadImport, null=True, blank=True, on_delete=models.SET_NULL, related_name="leads", db_index=False
    )
    set_aside = models.CharField(_("set aside"), max_length=12, choices=SetAside, blank=True, db_default="")
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    search_text = models.TextField(_("search text"), blank=True, db_default="", editable=False)
    """Name, addresses, numbers and references in lower case; see enrollment.finding."""
    created_at = models.DateTimeField(_("asked at"), default=timezone.now)

    objects = LeadManager()
    everything = LeadQuerySet.as_manager()
    """Also those set aside; for keys, privacy and merging."""

    class Meta:
        base_manager_name = "everything"
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "-id"], name="lead_newest"),
            models.Index(fields=["stage", "-created_at"], name="lead_stage"),
            models.Index(fields=["owner", "stage", "-created_at"], name="lead_owner"),
            models.Index(
                fields=["answer_due_at"], condition=Q(answered_at__isnull=True), name="lead_unanswered"
            ),
            models.Index(
                fields=["answered_at"], condition=Q(answered_at__isnull=False), name="lead_answered"
            ),
            models.Index(
                fields=["owner", "next_action_at"],
                condition=Q(next_action_at__isnull=False),
                name="lead_next_action",
            ),
            models.Index(fields=["answer_due_at", "id"], name="lead_answer_due"),
            models.Index(PLANNED_AT, "id", name="lead_planned"),
            models.Index(fields=["source", "-created_at"], name="lead_source"),
            models.Index(
                fields=["campaign", "-created_at"], condition=Q(campaign__gt=""), name="lead_campaign"
            ),
            models.Index(
                fields=["created_at", "id"], condition=WORKED & Q(owner__isnull=True), name="lead_waiting"
            ),
            models.Index(
                fields=["answer_due_at", "id"],
                condition=WORKED & Q(answered_at__isnull=True, owner__isnull=False),
                name="lead_owned_due",
            ),
            models.Index(
                fields=["owner", "answer_due_at"],
                condition=WORKED & Q(answered_at__isnull=True),
                name="lead_owners_due",
            ),
            models.Index(
                fields=["owner", "next_action_at"],
                condition=WORKED & Q(next_action_at__isnull=False),
                name="lead_owners_actions",
            ),
            models.Index(
                fields=["owner", "stage", "stage_since"], condition=WORKED, name="lead_owners_stages"
            ),
            models.Index(
                fields=["lead_import"], condition=Q(lead_import__isnull=False), name="lead_of_import"
            ),
            models.Index(
                fields=["capture_source"], condition=Q(capture_source__isnull=False), name="lead_of_source"
            ),
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="lead_merged_into"
            ),
            models.Index(
                fields=["closing_reason"], condition=Q(closing_reason__isnull=False), name="lead_closed_why"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(next_action_at__isnull=True) | ~Q(next_action=""), name="lead_time_has_action"
            ),
            models.CheckConstraint(
                condition=~Q(stage=PipelineStage.CLOSED) | Q(closing_reason__isnull=False),
                name="lead_closed_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=False, set_aside="merged")
                | Q(~Q(set_aside="merged"), merged_into__isnull=True),
                name="lead_merged_is_set_aside",
            ),
        ]
        permissions: ClassVar = [
            ("work_lead", _("Can note, move, assign and enrol leads")),
            ("manage_leads", _("Can assign, export and merge leads of others")),
        ]

    def __str__(self) -> str:
        return f"{self.person.name} ({self.reference})"

    @property
    def is_late(self) -> bool:
        """Whether the promised answer is overdue."""
        return (
            self.stage_id not in PipelineStage.ENDED
            and self.answered_at is None
            and self.answer_due_at < timezone.now()
        )

    @property
    def contact_phrase(self) -> str:
        """How the person wants to be answered, as the end of a sentence; empty if that isn't known."""
        phrases = {
            self.ContactBy.EMAIL: _("by email"),
            self.ContactBy.PHONE: _("by phone"),
            self.ContactBy.WHATSAPP: _("by WhatsApp"),
        }
        return str(phrases.get(self.contact_by, ""))  # type: ignore[call-overload]

    @property
    def email(self) -> str:
        """The person's first e-mail address as typed, or an empty string; reads prefetched points."""
        return self._contact(ContactPoint.Kind.EMAIL)

    @property
    def phone(self) -> str:
        """The person's first phone as typed, or an empty string; reads prefetched points."""
        return self._contact(ContactPoint.Kind.PHONE)

    def _contact(self, kind: ContactPoint.Kind) -> str:
        points = [point for point in self.person.contact_points.all() if point.kind == kind]
        return points[0].as_typed if points else ""
