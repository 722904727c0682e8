"""What the examples and reference solutions of a lesson did when the server ran them."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lessons.models.pages import LessonPage


class ExampleRunQuerySet(models.QuerySet["ExampleRun"]):
    """Reads of runs."""

    def failed(self) -> "ExampleRunQuerySet":
        """Runs that an author has to look at, of lessons that are live."""
        return self.filter(is_good=False, lesson__live=True)


class ExampleRun(models.Model):
    """The last run of one pane or reference solution; its output is shown where Python can't load."""

    lesson = models.ForeignKey(LessonPage, on_delete=models.CASCADE, related_name="example_runs")
    block_id = models.CharField(_("block"), max_length=64)
    part = models.CharField(_("part"), max_length=16, blank=True)
    """django, flask or python."""
    digest = models.CharField(_("digest"), max_length=64)
    """SHA-256 of everything that was run; a run of other code is out of date."""
    is_good = models.BooleanField(_("ran well"))
    result = models.JSONField(_("result"), default=dict)
    """An example: {"console", "responses", "trouble"}; a solution: {"results", "reason", "console"}."""
    ran_at = models.DateTimeField(_("ran at"))

    objects = ExampleRunQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lesson", "block_id", "part"], name="example_run_once_a_part")
        ]

    def __str__(self) -> str:
        return f"{self.lesson_id} {self.block_id} {self.part}"
