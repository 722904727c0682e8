"""The panel of a lesson's editor that runs its code."""

from collections.abc import Mapping
from typing import Any

from wagtail.admin.panels import Panel


class CodePanel(Panel):
    """What can be run of the draft, with its results, and what the author should look at."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "lessons/admin/code_panel.html"

        def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
            from lessons.admin.views import report

            context = super().get_context_data(parent_context)
            return context | (report(self.instance) if self.instance.pk else {"is_new": True})
