"""Django's system check about the grader."""

from typing import Any

from django.core.checks import Tags, register
from django.core.checks import Warning as Concern

from .choice import chosen_grader
from .graders import NoGrader


@register(Tags.security, deploy=True)
def grader_is_on(**_: Any) -> list[Concern]:
    """Warn where nothing decides exercises; starts no jail."""
    grader = chosen_grader()
    if not isinstance(grader, NoGrader):
        return []
    return [
        Concern(
            f"No exercise is decided on the server. {grader.reason}",
            hint="Install bubblewrap, or name the grader service's socket in GRADER.",
            id="lessons.W001",
        )
    ]
