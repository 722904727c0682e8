"""Learners in courses."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models import Cohort, CoursePage
from enrollment.models.leads import Lead
from enrollment.models.pipeline import PipelineStage


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    """Reads of enrolments."""

    def open(self) -> "EnrollmentQuerySet":
        """Enrolments that hold a seat and can be withdrawn."""
        return self.filter(state__in=Enrollment.OPEN_STATES)

    def opening(self) -> "EnrollmentQuerySet":
        """Enrolments that open the lessons of their course."""
        return self.exclude(state=Enrollment.State.WITHDRAWN)


class Enrollment(models.Model):
    """A learner's place in a course."""

    class State(models.TextChoices):
        INVITED = "invited", _("Invited")
        ACTIVE = "active", _("Active")
        COMPLETED = "completed", _("Completed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    OPEN_STATES = (State.INVITED, State.ACTIVE)

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="enrollments"
    )
    course = models.ForeignKey(CoursePage, on_delete=models.PROTECT, related_name="enrollments")
    cohort = models.ForeignKey(
        Cohort, null=True, blank=True, on_delete=models.PROTECT, related_name="enrollments"
    )
    lead = models.ForeignKey(
        Lead, null=True, blank=True, on_delete=models.SET_NULL, related_name="enrollments"
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.ACTIVE)
    price_agreed = models.DecimalField(
        _("price agreed (₹)"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    created_at = models.DateTimeField(_("enrolled at"), default=timezone.now)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["created_at", "id"], name="enrollment_made")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["learner", "course"], name="enrollment_once_a_course"),
            models.CheckConstraint(
                condition=Q(price_agreed__isnull=True) | Q(price_agreed__gte=0),
                name="enrollment_price_not_negative",
            ),
        ]

    @property
    def is_open(self) -> bool:
        """Whether the place is taken and the course not completed."""
        return self.state in self.OPEN_STATES

    def __str__(self) -> str:
        return f"{self.learner} in {self.course}"


class WaitingPlaceQuerySet(models.QuerySet["WaitingPlace"]):
    """Reads of waiting lists."""

    def open(self) -> "WaitingPlaceQuerySet":
        """Places that wait or hold a seat."""
        return self.filter(state__in=WaitingPlace.OPEN_STATES)

    def in_line(self) -> "WaitingPlaceQuerySet":
        """Places that the next free seat goes to, in their order; closed leads and those set aside pause."""
        waiting = self.filter(state=WaitingPlace.State.WAITING, lead__set_aside="")
        return waiting.exclude(lead__stage=PipelineStage.CLOSED).order_by("joined_at", "pk")


class WaitingPlace(models.Model):
    """A lead's place in the queue for a full cohort. An offer holds a seat until it lapses."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        OFFERED = "offered", _("Seat offered")
        TAKEN = "taken", _("Seat taken")
        LAPSED = "lapsed", _("Offer lapsed")
        LEFT = "left", _("Left the list")

    OPEN_STATES = (State.WAITING, State.OFFERED)

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="waiting_places")
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="waiting_places")
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    price_agreed = models.DecimalField(
        _("price agreed (₹)"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    joined_at = models.DateTimeField(_("joined at"), default=timezone.now)
    offered_at = models.DateTimeField(_("offered at"), null=True, blank=True)
    offer_until = models.DateTimeField(_("offer until"), null=True, blank=True)

    objects = WaitingPlaceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["joined_at", "pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["cohort", "joined_at", "id"], condition=Q(state="waiting"), name="waiting_place_queue"
            ),
            models.Index(fields=["joined_at", "id"], name="waiting_place_joined"),
            models.Index(fields=["offer_until"], condition=Q(state="offered"), name="waiting_place_offered"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["lead", "cohort"],
                condition=Q(state__in=["waiting", "offered"]),
                name="waiting_place_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="offered") | Q(offered_at__isnull=False, offer_until__isnull=False),
                name="waiting_place_offer_has_end",
            ),
        ]

    @property
    def is_open(self) -> bool:
        """Whether the place waits or holds a seat."""
        return self.state in self.OPEN_STATES

    @property
    def price(self) -> Decimal:
        """What the seat costs: the price agreed, else the list price."""
        return self.cohort.list_price if self.price_agreed is None else self.price_agreed

    @property
    def is_offered(self) -> bool:
        """Whether a seat is held that can still be accepted."""
        return (
            self.state == self.State.OFFERED
            and self.offer_until is not None
            and timezone.now() < self.offer_until
        )

    def __str__(self) -> str:
        return f"{self.lead_id} for {self.cohort_id}"
