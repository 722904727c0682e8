"""The funnel of this month on the home page of the CMS."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from wagtail.admin.ui.components import Component

from courses.wall_clock import today
from enrollment.admin.reports.funnel import stage_bars
from enrollment.admin.reports.words import days
from enrollment.figures.funnel import funnel
from enrollment.figures.periods import Named, named_period
from enrollment.figures.pipeline import Pipeline
from enrollment.figures.scope import Scope


class ThisMonthPanel(Component):
    """How far the leads of this month have come, the same days of last month outlined."""

    name = "this_month"
    order = 20
    template_name = "enrollment/admin/reports/this_month.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        period, pipeline, scope = named_period(Named.THIS_MONTH, today()), Pipeline.load(), Scope()
        now = funnel(scope.asked(period), pipeline)
        before = funnel(scope.asked(period.before()), pipeline)
        return {
            "asked": now.asked or before.asked,
            "funnel": now,
            "plot": stage_bars(now, before),
            "before": days(period.before()),
            "report_url": reverse("desk:report"),
        }
