"""What the templates of blocks ask about a person's work."""

from django import template
from django.template import Context

from lessons import exercises
from lessons.blocks.exercise import ExerciseValue
from lessons.exercises import ShownExercise, ShownResult
from lessons.highlight import CodeLine, highlighted_lines
from lessons.models import Attempt

register = template.Library()


@register.simple_tag(takes_context=True)
def shown_exercise(context: Context, exercise: ExerciseValue, block_id: str | None) -> ShownExercise:
    """Return the exercise as the person who reads the page sees it; no query."""
    return exercises.show_exercise(exercise, block_id, context.get("work"), view=context.get("view") or "")


@register.filter
def results(attempt: Attempt) -> list[ShownResult]:
    """Return what the checks said of an attempt."""
    return exercises.results_of(attempt)


@register.filter
def passed_count(attempt: Attempt) -> int:
    """Return how many checks passed."""
    return sum(result.state == "passed" for result in exercises.results_of(attempt))


@register.filter
def stopped_because(attempt: Attempt) -> str:
    """Return why the program was stopped, or nothing."""
    return exercises.stopped_because(attempt)


@register.filter
def code_lines(source: str, language: str) -> tuple[CodeLine, ...]:
    """Return highlighted lines of code that isn't a block of its own."""
    return highlighted_lines(source, language)
