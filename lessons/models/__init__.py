"""Lessons and what learners have done with them."""

from lessons.models.pages import LessonPage
from lessons.models.progress import Progress

__all__ = ["LessonPage", "Progress"]
