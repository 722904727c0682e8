"""The body of a lesson."""

from wagtail import blocks

from courses.blocks import ProseBlock
from lessons.blocks.code import CodeBlock, ParallelBlock
from lessons.blocks.exercise import ExerciseBlock
from lessons.blocks.interview import InterviewBlock
from lessons.blocks.quiz import QuizBlock
from lessons.blocks.text import CalloutBlock, FigureBlock, PassageBlock


class LessonBody(blocks.StreamBlock):
    """What a lesson is made of, in the order in which it is read."""

    passage = PassageBlock()
    prose = ProseBlock()
    callout = CalloutBlock()
    figure = FigureBlock()
    code = CodeBlock()
    parallel = ParallelBlock()
    exercise = ExerciseBlock()
    quiz = QuizBlock()
    interview = InterviewBlock()
