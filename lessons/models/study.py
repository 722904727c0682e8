"""A learner's own plan and notes, and the words of lessons for their search."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lessons.models.pages import LessonPage


class StudyPlan(models.Model):
    """How many lessons a learner wants to finish in a week."""

    class Goal(models.IntegerChoices):
        TWO = 2, _("2 lessons")
        THREE = 3, _("3 lessons")
        FIVE = 5, _("5 lessons")

    learner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="study_plan"
    )
    weekly_goal = models.PositiveSmallIntegerField(_("lessons a week"), choices=Goal, default=Goal.THREE)

    def __str__(self) -> str:
        return f"{self.learner_id}: {self.weekly_goal}"


class Note(models.Model):
    """What a learner wrote beside a lesson; one text a lesson."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes")
    lesson = models.ForeignKey(LessonPage, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField(_("note"), max_length=10_000)
    saved_at = models.DateTimeField(_("saved at"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["learner", "lesson"], name="note_once_a_lesson")
        ]

    def __str__(self) -> str:
        return f"{self.learner_id} {self.lesson_id}"


class PassageText(models.Model):
    """The words of one passage of a published lesson, for the search of those who may open it."""

    lesson = models.ForeignKey(LessonPage, on_delete=models.CASCADE, related_name="passage_texts")
    number = models.PositiveSmallIntegerField(_("number"))
    """0 is what stands before the first passage."""
    passage = models.CharField(_("passage"), max_length=64, blank=True)
    title = models.CharField(_("title"), max_length=255, blank=True)
    text = models.TextField(_("text"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lesson", "number"], name="passage_text_once_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.lesson_id} §{self.number}"
