"""What authors see first in the CMS."""

from collections.abc import Mapping, Sequence
from typing import Any

from wagtail.admin.ui.components import Component
from wagtail.permissions import page_permission_policy

from accounts.models import User
from lessons.example_runs import describe
from lessons.models import ExampleRun, LessonPage
from lessons.review import names_of_blocks

ROWS = 8


class FailingCode(Component):
    """Published lessons whose code failed in the last run."""

    name = "failing_code"
    order = 30
    template_name = "lessons/admin/failing_code.html"

    def __init__(self, runs: Sequence[ExampleRun]) -> None:
        self.runs = runs

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "rows": [
                {
                    "run": run,
                    "block": names_of_blocks(run.lesson).get(run.block_id, run.block_id),
                    "message": describe(run.result),
                }
                for run in self.runs[:ROWS]
            ],
            "has_more": len(self.runs) > ROWS,
        }


def failing_runs(user: User) -> list[ExampleRun]:
    """Return the first failed runs, in reading order, of lessons that this person may edit; one query."""
    pages = page_permission_policy.instances_user_has_permission_for(user, "change")
    return list(
        ExampleRun.objects.failed()
        .filter(lesson__in=LessonPage.objects.filter(pk__in=pages.values("pk")))
        .select_related("lesson")
        .order_by("lesson__path", "pk")[: ROWS + 1]
    )
