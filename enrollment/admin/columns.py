"""The columns of the lead list."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import BaseColumn, Column, TitleColumn

from enrollment.models import Lead


class TickColumn(BaseColumn):
    """A box to choose the row for a bulk action; its header chooses the page, which needs scripts."""

    header_template_name = "enrollment/admin/columns/tick_header.html"
    cell_template_name = "enrollment/admin/columns/tick.html"


class LeadColumn(TitleColumn):
    """The person's name with the reference under it, leading to the lead."""

    cell_template_name = "enrollment/admin/columns/lead.html"

    def get_link_url(self, instance: Lead, parent_context: Mapping[str, Any]) -> str:
        return reverse("leads:inspect", args=[instance.pk])

    def get_link_attrs(self, instance: Lead, parent_context: Mapping[str, Any]) -> dict[str, str]:
        return {"data-lead": instance.reference}


class TemplateColumn(Column):
    """A cell drawn by its own template from the lead."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        self.cell_template_name = f"enrollment/admin/columns/{name}.html"
        super().__init__(name, accessor=lambda lead: lead, **kwargs)


LEAD_COLUMNS = [
    TickColumn("tick", label=""),
    LeadColumn("name", label=_("Name"), accessor="person.name", sort_key="person__name"),
    TemplateColumn("interest", label=_("Interest, course")),
    TemplateColumn("stage", label=_("Stage")),
    TemplateColumn("asked", label=_("Age"), sort_key="created_at"),
    TemplateColumn("answer", label=_("Answer by"), sort_key="answer_due_at"),
    TemplateColumn("next_action", label=_("Next action"), sort_key="next_action_at"),
    TemplateColumn("owner", label=_("Owner")),
    TemplateColumn("channel", label=_("Contact by, source")),
    TemplateColumn("tags", label=_("Tags"), classname="desk-col-tags"),
]
