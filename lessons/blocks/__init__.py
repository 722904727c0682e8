"""The blocks of which lessons are built. A block's id is its identity for life."""

from lessons.blocks.code import CodeBlock, FileBlock, MatchBlock, ParallelBlock
from lessons.blocks.exercise import ExerciseBlock
from lessons.blocks.interview import InterviewBlock
from lessons.blocks.quiz import QuizBlock
from lessons.blocks.running import RequestBlock
from lessons.blocks.stream import LessonBody
from lessons.blocks.text import CalloutBlock, FigureBlock, PassageBlock

__all__ = [
    "CalloutBlock",
    "CodeBlock",
    "ExerciseBlock",
    "FigureBlock",
    "FileBlock",
    "InterviewBlock",
    "LessonBody",
    "MatchBlock",
    "ParallelBlock",
    "PassageBlock",
    "QuizBlock",
    "RequestBlock",
]
