"""Which leads a report is about, besides the period."""

from dataclasses import dataclass

from django.db.models import Q

from enrollment.figures.periods import Period
from enrollment.models import Lead
from enrollment.models.leads import LeadQuerySet


@dataclass(frozen=True)
class Scope:
    """The filters that all reports share: the lead's course, source and present owner."""

    course: int | None = None
    source: str = ""
    owner: int | None = None
    without_owner: bool = False

    def condition(self, prefix: str = "") -> Q:
        """Return the filters as a condition on leads, which `prefix` ("lead__") leads to."""
        condition = Q()
        if self.course:
            condition &= Q(**{f"{prefix}course": self.course})
        if self.source:
            condition &= Q(**{f"{prefix}source": self.source})
        if self.owner:
            condition &= Q(**{f"{prefix}owner": self.owner})
        if self.without_owner:
            condition &= Q(**{f"{prefix}owner__isnull": True})
        return condition

    def worked(self, prefix: str = "lead__") -> Q:
        """Return the condition for rows that belong to leads of the scope which the desk works."""
        return self.condition(prefix) & Q(**{f"{prefix}set_aside": ""})

    def leads(self) -> LeadQuerySet:
        """Return the leads of the scope, whenever they asked."""
        return Lead.objects.filter(self.condition())

    def asked(self, period: Period) -> LeadQuerySet:
        """Return the leads of the scope that asked in the period."""
        return self.leads().filter(created_at__gte=period.starts_at, created_at__lt=period.ends_at)
