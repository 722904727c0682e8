"""What admissions staff see first in the CMS."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from wagtail.admin.ui.components import Component

from accounts.models import User
from enrollment.admin.filters import MINE, NOBODY, end_of_today
from enrollment.models import Lead

ROWS = 5
UNASSIGNED_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Waiting:
    """Leads that wait for one reason: the first rows, and where to see all when there are more."""

    name: str
    heading: str
    leads: list[Lead]
    more_url: str


def waiting_for(user: User) -> list[Waiting]:
    """Return what needs the user now, without empty groups; three queries however many leads there are."""
    leads = Lead.objects.open().select_related("person", "course", "owner", "stage")
    late = leads.late().order_by("answer_due_at", "pk")
    unassigned = leads.filter(owner=None, created_at__lt=timezone.now() - UNASSIGNED_AFTER).exclude(
        pk__in=Lead.objects.late().values("pk")
    )
    mine = leads.filter(owner=user, next_action_at__lte=end_of_today())
    groups = [
        _group("late", _("Promised answer is late"), late, late="true"),
        _group("due", _("My next actions due today"), mine.order_by("next_action_at", "pk"),
               owner=MINE, due="true"),
        _group("unassigned", _("Without an owner for more than an hour"),
               unassigned.order_by("created_at", "pk"), owner=NOBODY),
    ]  # fmt: skip
    return [group for group in groups if group.leads]


def _group(name: str, heading: str, leads: QuerySet[Lead], **filters: str) -> Waiting:
    found = list(leads[: ROWS + 1])
    more_url = f"{reverse('leads:list')}?{urlencode(filters)}" if len(found) > ROWS else ""
    return Waiting(name, heading, found[:ROWS], more_url)


class NeedsYouNowPanel(Component):
    """Leads that wait for this person."""

    name = "needs_you_now"
    order = 10
    template_name = "enrollment/admin/needs_you_now.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        return {"groups": waiting_for(parent_context["request"].user)}
