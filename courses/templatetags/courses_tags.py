"""What templates ask about courses."""

from django import template

from courses.models import Cohort, CoursePage

register = template.Library()

COHORTS_SHOWN = 4


@register.simple_tag
def upcoming_cohorts(course: CoursePage) -> list[Cohort]:
    """Return the next few cohorts of a course; one query."""
    return list(Cohort.objects.upcoming().filter(course=course)[:COHORTS_SHOWN])
