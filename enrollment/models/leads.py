"""People who asked, what they asked for, and everything that happened since."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models import CoursePage


class Person(models.Model):
    """Somebody who got in touch; linked to an account once there is one."""

    name = models.CharField(_("name"), max_length=120)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="person",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name


class ContactPoint(models.Model):
    """A way to reach a person. Several people may share one phone: families do."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    value = models.CharField(_("address or E.164 number"), max_length=254)
    as_typed = models.CharField(_("as typed"), max_length=254)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "kind", "value"], name="contact_point_once_a_person")
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "value"], name="contact_point_value")]

    def __str__(self) -> str:
        return self.as_typed


class LeadQuerySet(models.QuerySet["Lead"]):
    """Reads of leads."""

    def open(self) -> "LeadQuerySet":
        """Leads that still need work."""
        return self.exclude(stage__in=[Lead.Stage.ENROLLED, Lead.Stage.CLOSED])

    def late(self) -> "LeadQuerySet":
        """Leads whose promised answer is overdue."""
        return self.open().filter(answered_at__isnull=True, answer_due_at__lt=timezone.now())


class Lead(models.Model):
    """One person's interest in one course (or in placement assistance), worked by admissions."""

    class Interest(models.TextChoices):
        CONTACT = "contact", _("Course")
        PLACEMENT = "placement", _("Placement")

    class Stage(models.TextChoices):
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
        PHONE = "phone", _("Phone")

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
    stage = models.CharField(_("stage"), max_length=12, choices=Stage, default=Stage.NEW)
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
    """When staff first moved the lead on from New."""
    created_at = models.DateTimeField(_("asked at"), default=timezone.now)

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "-id"], name="lead_newest"),
            models.Index(fields=["stage", "-created_at"], name="lead_stage"),
            models.Index(fields=["owner", "stage", "-created_at"], name="lead_owner"),
            models.Index(
                fields=["answer_due_at"], condition=Q(answered_at__isnull=True), name="lead_unanswered"
            ),
            models.Index(
                fields=["owner", "next_action_at"],
                condition=Q(next_action_at__isnull=False),
                name="lead_next_action",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(next_action_at__isnull=True) | ~Q(next_action=""), name="lead_time_has_action"
            )
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
            self.stage not in {self.Stage.ENROLLED, self.Stage.CLOSED}
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

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
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
        indexes: ClassVar = [models.Index(fields=["lead", "-created_at", "-id"], name="lead_event_timeline")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M}"


class Consent(models.Model):
    """A permission given or taken back; append-only, the newest row counts."""

    class Purpose(models.TextChoices):
        NEWS = "news", _("Course news")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose)
    channel = models.CharField(_("channel"), max_length=12, default="email")
    granted = models.BooleanField(_("granted"))
    notice_version = models.CharField(_("notice version"), max_length=16)
    language = models.CharField(_("language"), max_length=12)
    submission = models.ForeignKey(
        "enrollment.Submission", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "purpose", "-created_at"], name="consent_newest")]

    def __str__(self) -> str:
        return f"{self.purpose} {'granted' if self.granted else 'withdrawn'}"
