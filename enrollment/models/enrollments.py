"""Learners in courses."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models import Cohort, CoursePage
from enrollment.models.leads import Lead


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
    created_at = models.DateTimeField(_("enrolled at"), default=timezone.now)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["learner", "course"], name="enrollment_once_a_course")
        ]

    @property
    def is_open(self) -> bool:
        """Whether the place is taken and the course not completed."""
        return self.state in self.OPEN_STATES

    def __str__(self) -> str:
        return f"{self.learner} in {self.course}"
