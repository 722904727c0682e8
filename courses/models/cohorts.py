"""Groups that start together."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from courses import wall_clock
from courses.models.pages import CoursePage


class CohortQuerySet(models.QuerySet["Cohort"]):
    """Reads of cohorts."""

    def upcoming(self) -> "CohortQuerySet":
        """Cohorts that have not started, the next one first."""
        return self.filter(starts_on__gte=wall_clock.today()).order_by("starts_on")

    def with_seats(self) -> "CohortQuerySet":
        """Cohorts that have a free seat."""
        return self.filter(seats_taken__lt=F("seats"))


class Cohort(models.Model):
    """A dated run of a course with a fixed number of seats.

    `seats_taken` is moved under a row lock by the enrolment service alone; the database refuses
    more than `seats`.
    """

    class Mode(models.TextChoices):
        ONLINE = "online", _("Online, live")
        CLASSROOM = "classroom", _("Classroom")
        HYBRID = "hybrid", _("Classroom and online")

    course = models.ForeignKey(CoursePage, on_delete=models.PROTECT, related_name="cohorts")
    starts_on = models.DateField(_("starts on"))
    mode = models.CharField(_("mode"), max_length=12, choices=Mode, default=Mode.ONLINE)
    seats = models.PositiveSmallIntegerField(_("seats"))
    seats_taken = models.PositiveSmallIntegerField(_("seats taken"), default=0, editable=False)
    price = models.DecimalField(
        _("price (₹)"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Leave empty to use the course's price."),
    )

    objects = CohortQuerySet.as_manager()

    panels: ClassVar[list[str]] = ["course", "starts_on", "mode", "seats", "price"]

    class Meta:
        ordering: ClassVar = ["starts_on"]
        indexes: ClassVar = [models.Index(fields=["course", "starts_on"], name="cohort_course_starts")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(seats_taken__lte=F("seats")), name="cohort_not_overbooked"),
            models.CheckConstraint(
                condition=Q(price__isnull=True) | Q(price__gte=0),
                name="cohort_price_not_negative",
                violation_error_message=_("Enter a price of 0 or more."),
            ),
            models.UniqueConstraint(
                fields=["course", "starts_on", "mode"], name="cohort_once_a_day_and_mode"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course.title}, {date_format(self.starts_on, 'j M Y')}"

    @property
    def seats_left(self) -> int:
        """Free seats; never negative."""
        return self.seats - self.seats_taken

    @property
    def list_price(self) -> Decimal:
        """The cohort's own price, else the course's."""
        return self.course.price if self.price is None else self.price

    @property
    def has_started(self) -> bool:
        """Whether the first day is over."""
        return self.starts_on < wall_clock.today()
