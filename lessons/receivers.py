"""Reactions to what happens in Wagtail and at sign-in."""

from typing import Any

from django.dispatch import receiver
from wagtail.models import Revision
from wagtail.signals import page_published

from lessons.changes import note_publication
from lessons.models import LessonPage
from lessons.search import keep_words


@receiver(page_published, sender=LessonPage)
def note_published_lesson(
    sender: type[LessonPage], instance: LessonPage, revision: Revision | None = None, **kwargs: Any
) -> None:
    """A published lesson is searchable by its words, and those who had finished it are told what changed."""
    keep_words(instance)
    note_publication(instance, revision)
