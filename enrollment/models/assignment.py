"""Who gets new leads, and when they are away."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel

from courses.models import CoursePage


class Counsellor(ClusterableModel):
    """How one member of admissions takes part in the round-robin."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="counsellor",
    )
    takes_leads = models.BooleanField(_("takes new leads"), default=True)
    capacity = models.PositiveSmallIntegerField(
        _("capacity (open leads)"),
        null=True,
        blank=True,
        help_text=_("No new lead is given above this number. Leave empty for no limit."),
    )
    courses = ParentalManyToManyField(
        CoursePage,
        verbose_name=_("courses"),
        blank=True,
        related_name="+",
        help_text=_("Leads about these courses only. Choose none for every course."),
    )
    starts_at = models.TimeField(
        _("works from"), null=True, blank=True, help_text=_("Leave empty for the institute's hours.")
    )
    ends_at = models.TimeField(_("works until"), null=True, blank=True)
    days_off = models.CharField(_("days off"), max_length=14, blank=True)
    """Weekdays without work as digits, Monday is 0; besides the institute's own."""
    last_assigned_at = models.DateTimeField(_("last got a lead"), null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["user__first_name", "user__last_name", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True) | Q(starts_at__lt=F("ends_at")),
                name="counsellor_hours_in_order",
                violation_error_message=_("Enter both times, the end after the start."),
            )
        ]

    def __str__(self) -> str:
        return str(self.user)


class Leave(models.Model):
    """Days on which a counsellor gets no new lead."""

    counsellor = ParentalKey(Counsellor, on_delete=models.CASCADE, related_name="leaves")
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))

    class Meta:
        ordering: ClassVar = ["first_day"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")),
                name="leave_days_in_order",
                violation_error_message=_("The last day must not be before the first."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}"
