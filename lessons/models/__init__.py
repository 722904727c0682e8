"""Lessons and what learners have done with them."""

from lessons.models.changes import LessonChange
from lessons.models.examples import ExampleRun
from lessons.models.pages import ChangeKind, LessonPage
from lessons.models.progress import Progress
from lessons.models.study import Note, PassageText, StudyPlan
from lessons.models.work import Attempt, Draft, Owner

__all__ = [
    "Attempt",
    "ChangeKind",
    "Draft",
    "ExampleRun",
    "LessonChange",
    "LessonPage",
    "Note",
    "Owner",
    "PassageText",
    "Progress",
    "StudyPlan",
]
