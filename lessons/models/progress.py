"""How far a learner has come."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from lessons.models.pages import LessonPage


class ProgressQuerySet(models.QuerySet["Progress"]):
    """Reads of progress."""

    def done(self) -> "ProgressQuerySet":
        """Rows of lessons that are finished."""
        return self.filter(done_at__isnull=False)


class Progress(models.Model):
    """One learner and one lesson: opened, where the reader stopped, and finished by which rule."""

    class Rule(models.TextChoices):
        READ = "read", _("Marked as read")
        CHECKS = "checks", _("All checks passed")
        QUIZ = "quiz", _("Quiz passed")
        BOTH = "both", _("Checks and quiz passed")

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="progress")
    lesson = models.ForeignKey(LessonPage, on_delete=models.PROTECT, related_name="progress")
    opened_at = models.DateTimeField(_("opened at"))
    visited_at = models.DateTimeField(_("last visited at"))
    passage = models.CharField(_("passage"), max_length=64, blank=True)
    """Block id of the passage that was last read."""
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    rule = models.CharField(_("done by"), max_length=12, choices=Rule, blank=True)
    revision = models.ForeignKey(
        "wagtailcore.Revision", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    """The revision of the lesson at which it was finished."""

    bookmarks = models.JSONField(_("bookmarks"), default=list, db_default=Value([], models.JSONField()))
    """Block ids of passages that the learner wants to find again, in the order in which they were set."""
    seen_change = models.ForeignKey(
        "lessons.LessonChange", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    """The last change of the lesson that the learner was told of and put aside."""

    objects = ProgressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("progress")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["learner", "lesson"], name="progress_once_a_lesson"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, rule="") | Q(done_at__isnull=False) & ~Q(rule=""),
                name="progress_done_has_rule",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["learner", "-visited_at"], name="progress_resume"),
            models.Index(fields=["visited_at"], name="progress_visited"),
        ]

    def __str__(self) -> str:
        return f"{self.learner_id} {self.lesson_id}"
