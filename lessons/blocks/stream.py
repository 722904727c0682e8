"""The body of a lesson."""

from wagtail import blocks

from courses.blocks import ProseBlock
from lessons.blocks.code import CodeBlock, ParallelBlock
from lessons.blocks.exercise import ExerciseBlock
from lessons.blocks.quiz import QuizBlock
from lessons.blocks.text import CalloutBlock, FigureBlock, PassageBlock


class LessonBody(blocks.StreamBlock):
    """Passages, prose, notes, pictures, code, exercises and quizzes, in the order in which they are read."""

    passage = PassageBlock()
    prose = ProseBlock()
    callout = CalloutBlock()
    figure = FigureBlock()
    code = CodeBlock()
    parallel = ParallelBlock()
    exercise = ExerciseBlock()
    quiz = QuizBlock()
