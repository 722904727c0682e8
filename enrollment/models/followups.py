"""Follow-up sequences: what is sent to whom and when, and how far each lead has come in one."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.fields import StreamField
from wagtail.models import Orderable

from courses.models import Cohort, CoursePage
from enrollment.followups.blocks import ConditionBlock
from enrollment.models.desk import MessageTemplate
from enrollment.models.enrollments import Enrollment
from enrollment.models.leads import Lead
from enrollment.models.pipeline import PipelineStage
from outbox.models import Channel


class TextVersion(models.Model):
    """A text as it was at one time; append-only, so that a message knows what it was written from."""

    template = models.ForeignKey(MessageTemplate, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    digest = models.CharField(_("digest"), max_length=64)
    """Of every field below: the same text again makes no new version."""
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    body = models.TextField(_("text"))
    subject_ta = models.CharField(_("subject in Tamil"), max_length=120, blank=True)
    body_ta = models.TextField(_("text in Tamil"), blank=True)
    approval = models.JSONField(_("approval"), default=dict)
    """What the provider approved: whatsapp_template, dlt_template, dlt_header."""
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering: ClassVar = ["template", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "number"], name="text_version_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.template_id}.{self.number}"


class SequenceQuerySet(models.QuerySet["Sequence"]):
    """Reads of sequences."""

    def running(self) -> "SequenceQuerySet":
        """Sequences that are switched on."""
        return self.filter(is_on=True)


class Sequence(ClusterableModel):
    """Messages that follow one another until the person answers, or until another thing stops them."""

    class Trigger(models.TextChoices):
        """What makes a lead enter."""

        ENQUIRY = "enquiry", _("Somebody asks")
        STAGE = "stage", _("A lead comes into a stage")
        WAITING = "waiting", _("Somebody joins a waiting list")
        ENROLLED = "enrolled", _("Somebody is enrolled")
        INACTIVE = "inactive", _("A learner takes no lesson for some days")
        COHORT = "cohort", _("A learner's cohort starts in some days")

    LEARNING = (Trigger.ENROLLED, Trigger.INACTIVE, Trigger.COHORT)
    """Triggers of people who have a place: the run is about their enrolment."""
    COUNTING_DAYS = (Trigger.INACTIVE, Trigger.COHORT)

    class Basis(models.TextChoices):
        """Why we may write."""

        ANSWER = "followups", _("It answers what they asked")
        NEWS = "news", _("They allowed course news")
        COURSE = "course", _("It belongs to the course they take")

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(_("key"), max_length=40, unique=True, null=True, blank=True, editable=False)
    """Of a sequence that came with the product; none for one made here."""
    is_on = models.BooleanField(
        _("on"),
        default=False,
        help_text=_("While it is off nobody enters and nothing of it leaves; runs wait where they are."),
    )
    entered_until = models.DateTimeField(_("looked for entries until"), null=True, blank=True, editable=False)
    """Who came before it was switched on never enters; see enrollment.followups.entering."""
    trigger = models.CharField(_("who enters"), max_length=12, choices=Trigger, default=Trigger.ENQUIRY)
    days = models.PositiveSmallIntegerField(
        _("days"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(365)],
        help_text=_("For learners without a lesson, and before a cohort starts."),
    )
    interest = models.CharField(_("interest"), max_length=12, choices=Lead.Interest, blank=True)
    course = models.ForeignKey(
        CoursePage,
        verbose_name=_("course"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    source = models.CharField(_("source"), max_length=40, choices=Lead.Source, blank=True)
    stage = models.ForeignKey(
        PipelineStage,
        verbose_name=_("stage"),
        to_field="key",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    basis = models.CharField(_("why we may write"), max_length=12, choices=Basis, default=Basis.ANSWER)
    """Also the topic that its messages can be unsubscribed from."""
    stop_on_reply = models.BooleanField(_("they answer"), default=True)
    stop_on_call = models.BooleanField(_("a call reaches them"), default=True)
    stop_on_enrolment = models.BooleanField(_("they are enrolled"), default=True)
    stop_on_closing = models.BooleanField(_("the lead is closed"), default=True)
    stop_on_cohort_start = models.BooleanField(_("their cohort has started"), default=False)
    created_at = models.DateTimeField(_("made at"), default=timezone.now, editable=False)

    objects = SequenceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(trigger__in=["inactive", "cohort"]) | Q(days__isnull=False),
                name="sequence_counts_days",
                violation_error_message=_("Say how many days."),
            ),
            models.CheckConstraint(
                condition=~Q(trigger="stage") | Q(stage__isnull=False),
                name="sequence_names_stage",
                violation_error_message=_("Choose the stage."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Step(Orderable):
    """One message of a sequence: how long after the one before, and what must be so for it to leave."""

    class Unit(models.TextChoices):
        HOURS = "hours", _("hours")
        WORKING_HOURS = "working-hours", _("working hours")
        DAYS = "days", _("days")
        WORKING_DAYS = "working-days", _("working days")

    sequence = ParentalKey(Sequence, on_delete=models.CASCADE, related_name="steps")
    delay = models.PositiveSmallIntegerField(
        _("wait"), default=1, validators=[MaxValueValidator(365)], help_text=_("After the message before it.")
    )
    unit = models.CharField(_("unit"), max_length=16, choices=Unit, default=Unit.WORKING_DAYS)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel, default=Channel.EMAIL)
    text = models.ForeignKey(
        MessageTemplate, verbose_name=_("text"), on_delete=models.PROTECT, related_name="steps"
    )
    conditions = StreamField(
        ConditionBlock(),
        verbose_name=_("only if"),
        blank=True,
        help_text=_("All must hold when it is due; otherwise the step is left out."),
    )

    class Meta(Orderable.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.sequence}: {self.text}"


class SequenceRunQuerySet(models.QuerySet["SequenceRun"]):
    """Reads of runs."""

    def active(self) -> "SequenceRunQuerySet":
        """Runs that go on."""
        return self.filter(state=SequenceRun.State.ACTIVE)


class SequenceRun(models.Model):
    """One lead in one sequence. Only its next step exists as a message."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Running")
        FINISHED = "finished", _("Finished")
        STOPPED = "stopped", _("Stopped")

    class Why(models.TextChoices):
        """What stopped it."""

        REPLY = "reply", _("They answered")
        CALL = "call", _("A call reached them")
        ENROLLED = "enrolled", _("They were enrolled")
        WAITS = "waits", _("They wait for a seat")
        CLOSED = "closed", _("The lead was closed")
        WITHDRAWN = "withdrawn", _("They left the course")
        MOVED = "moved", _("They left the cohort or its waiting list")
        COHORT = "cohort", _("The cohort has started")
        UNSUBSCRIBED = "unsubscribed", _("They unsubscribed")
        BOUNCED = "bounced", _("The address doesn't exist")
        COMPLAINED = "complained", _("They reported it as spam")
        MERGED = "merged", _("The lead was merged")
        ERASED = "erased", _("The person was restricted or erased")
        CONSENT = "consent", _("Their consent is missing")
        FAILED = "failed", _("A message couldn't be delivered")
        UNREACHABLE = "unreachable", _("There is no address to write to")
        STAFF = "staff", _("Stopped by hand")

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="runs")
    sequence = models.ForeignKey(Sequence, on_delete=models.PROTECT, related_name="runs")
    entry_key = models.CharField(_("entry key"), max_length=80, unique=True)
    """What made the lead enter: the same happening never makes a second run."""
    enrollment = models.ForeignKey(
        Enrollment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    cohort = models.ForeignKey(
        Cohort, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    """Which cohort it is about, where the entry names one."""
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.ACTIVE)
    why = models.CharField(_("why it stopped"), max_length=16, choices=Why, blank=True)
    step = models.ForeignKey(
        Step, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    """The step that comes next; none before planning and at the end."""
    message = models.OneToOneField(
        "outbox.Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="run"
    )
    """The next step's message from planning until it has ended; of a stopped run one that was leaving."""
    text_version = models.ForeignKey(
        TextVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    """What the message was written from."""
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    """Who changed the text of the next message by hand; it leaves as they wrote it."""
    steps_done = models.PositiveSmallIntegerField(_("steps done"), default=0)
    planned_for = models.DateTimeField(_("planned for"), null=True, blank=True)
    """When the next message is due by the sequence, whatever postpones it."""
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    entered_at = models.DateTimeField(_("entered at"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = SequenceRunQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-entered_at", "-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["id"], condition=Q(state="active", message__isnull=True), name="run_to_plan"
            ),
            models.Index(fields=["sequence", "state", "-entered_at"], name="run_of_sequence"),
            models.Index(fields=["planned_for", "id"], condition=Q(state="active"), name="run_planned"),
            models.Index(
                fields=["id"],
                condition=Q(state="active") & (Q(cohort__isnull=False) | Q(enrollment__isnull=False)),
                name="run_about_place",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["lead", "sequence"], condition=Q(state="active"), name="run_active_once"
            ),
            models.CheckConstraint(
                condition=Q(state="active", ended_at__isnull=True)
                | Q(~Q(state="active"), ended_at__isnull=False),
                name="run_ended_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="stopped") | Q(why__gt=""), name="run_stopped_has_reason"
            ),
        ]

    @property
    def is_snoozed(self) -> bool:
        """Whether nothing leaves for now."""
        return self.snoozed_until is not None and self.snoozed_until > timezone.now()

    def __str__(self) -> str:
        return f"{self.sequence}, {self.get_state_display()}"
