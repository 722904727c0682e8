"""What an edit of a published lesson means to those who have finished it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lessons.models.pages import ChangeKind, LessonPage


class LessonChange(models.Model):
    """One publication that learners are told of; cosmetic ones leave no row."""

    lesson = models.ForeignKey(LessonPage, on_delete=models.CASCADE, related_name="changes")
    revision = models.OneToOneField(
        "wagtailcore.Revision", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=ChangeKind)
    note = models.CharField(_("what changed"), max_length=300, blank=True)
    published_at = models.DateTimeField(_("published at"))

    class Meta:
        indexes: ClassVar = [models.Index(fields=["lesson", "-published_at"], name="change_of_lesson")]

    def __str__(self) -> str:
        return f"{self.lesson_id} {self.kind}"
