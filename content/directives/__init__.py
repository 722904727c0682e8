"""What stands between `:::` and `:::`, one pair of functions for each kind."""

from content.bodies import Directive
from content.directives.code import parse_code, parse_parallel, write_code, write_parallel
from content.directives.exercise import parse_exercise, write_exercise
from content.directives.interview import parse_interview, write_interview
from content.directives.quiz import parse_quiz, write_quiz
from content.directives.text import (
    parse_callout,
    parse_facing,
    parse_figure,
    parse_steps,
    write_callout,
    write_facing,
    write_figure,
    write_steps,
)

LESSON_DIRECTIVES = {
    "callout": Directive(parse_callout, write_callout),
    "figure": Directive(parse_figure, write_figure),
    "code": Directive(parse_code, write_code),
    "parallel": Directive(parse_parallel, write_parallel),
    "exercise": Directive(parse_exercise, write_exercise),
    "quiz": Directive(parse_quiz, write_quiz),
    "interview": Directive(parse_interview, write_interview),
}
PAGE_DIRECTIVES = {
    "facing": Directive(parse_facing, write_facing),
    "steps": Directive(parse_steps, write_steps),
}
