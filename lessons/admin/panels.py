"""What authors see first in the CMS."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from wagtail.admin.ui.components import Component
from wagtail.permissions import page_permission_policy

from accounts.models import User
from lessons.example_runs import describe
from lessons.models import ExampleRun, LessonPage

ROWS = 8


class ContentPanel(Component):
    """Lessons whose code failed in the last run."""

    name = "failing_code"
    order = 30
    template_name = "lessons/admin/failing_code.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        runs = list(failing_runs(parent_context["request"].user)[: ROWS + 1])
        return {
            "rows": [(run, describe(run.result)) for run in runs[:ROWS]],
            "has_more": len(runs) > ROWS,
        }


def failing_runs(user: User) -> QuerySet[ExampleRun]:
    """Return the failed runs of lessons that this person may edit; one query beside that of their rights."""
    pages = page_permission_policy.instances_user_has_permission_for(user, "change")
    lessons = LessonPage.objects.filter(pk__in=pages.values("pk"))
    return (
        ExampleRun.objects.failed()
        .filter(lesson__in=lessons)
        .select_related("lesson")
        .order_by("lesson__path")
    )
