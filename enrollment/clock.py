"""The first-response clock: which leads are late, which will be, and which are stuck.

What was promised is kept on the lead when it asks (`answer_due_at`), so that other opening hours or a
holiday added later never move a promise. Here is only how the promise stands at one moment.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.calendar import WorkingCalendar
from courses.models import InstituteSettings
from enrollment.models import Lead, PipelineStage

SOON_HOURS = 2
"""A promise that falls due within this working time will be late unless somebody acts."""


class Standing(TextChoices):
    """How a lead stands against the clock, the most urgent first."""

    LATE = "late", _("late")
    SOON = "soon", _("due soon")
    STUCK = "stuck", _("stuck")
    FINE = "fine", _("in time")


@dataclass(frozen=True)
class Clock:
    """One moment, with the times by which leads are judged at it."""

    now: datetime
    soon: datetime
    """What is due before this will be late soon."""
    stuck_since: dict[str, datetime]
    """By stage: who has been in it since before this is stuck. Stages without a limit are left out."""
    calendar: WorkingCalendar

    def standing(self, lead: Lead) -> Standing:
        """Return how an open lead stands; an ended one is always fine. No query."""
        if lead.stage_id in PipelineStage.ENDED:
            return Standing.FINE
        if lead.answered_at is None and lead.answer_due_at < self.now:
            return Standing.LATE
        if lead.answered_at is None and lead.answer_due_at <= self.soon:
            return Standing.SOON
        limit = self.stuck_since.get(lead.stage_id or "")
        return Standing.STUCK if limit and lead.stage_since < limit else Standing.FINE

    def due_soon(self) -> Q:
        """Return the condition of the open leads whose promise will be late soon."""
        return Q(answered_at=None, answer_due_at__gte=self.now, answer_due_at__lte=self.soon)

    def stuck(self) -> Q:
        """Return the condition of the open leads that are longer in their stage than it allows."""
        found = Q(pk__in=[])
        for stage, since in self.stuck_since.items():
            found |= Q(stage=stage, stage_since__lt=since)
        return found


def read_clock(now: datetime | None = None) -> Clock:
    """Return the clock of this moment; four queries."""
    now = now or timezone.now()
    calendar = InstituteSettings.current().calendar()
    limits = PipelineStage.objects.filter(stuck_after_hours__isnull=False).exclude(
        key__in=PipelineStage.ENDED
    )
    return Clock(
        now=now,
        soon=calendar.add_hours(now, SOON_HOURS),
        stuck_since={
            key: calendar.hours_before(now, hours)
            for key, hours in limits.values_list("key", "stuck_after_hours")
            if hours is not None
        },
        calendar=calendar,
    )
