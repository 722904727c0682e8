"""What admissions staff see first in the CMS."""

from collections.abc import Mapping
from typing import Any

from wagtail.admin.ui.components import Component

from enrollment.admin.needs import waiting_for
from enrollment.admin.permissions import may_manage_leads
from enrollment.admin.team import team


class NeedsYouNowPanel(Component):
    """Leads that wait for this person and, for who manages leads, how the team stands."""

    name = "needs_you_now"
    order = 10
    template_name = "enrollment/admin/needs_you_now.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        request = parent_context["request"]
        return {
            "request": request,
            "groups": waiting_for(request),
            "team": team(request) if may_manage_leads(request.user) else [],
        }
