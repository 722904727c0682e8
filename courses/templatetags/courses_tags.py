"""What templates ask about courses."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from courses import markdown
from courses.models import Cohort, CoursePage
from courses.rupees import rupees

register = template.Library()

COHORTS_SHOWN = 4

register.filter("rupees", rupees)


@register.simple_tag
def upcoming_cohorts(course: CoursePage) -> list[Cohort]:
    """Return the next few cohorts of a course; one query."""
    return list(Cohort.objects.upcoming().filter(course=course)[:COHORTS_SHOWN])


@register.filter
def inline(text: str) -> SafeString:
    """Return one line of Markdown (`code`, ==highlight==) without a paragraph around it."""
    html = markdown.render(text).strip().removeprefix("<p>").removesuffix("</p>")
    return mark_safe(html)  # noqa: S308 - rendered and cleaned by courses.markdown


@register.filter
def headings_up(html: str) -> SafeString:
    """Return rendered prose with its headings one level higher, for pages without passages."""
    for level in (3, 4):
        html = html.replace(f"<h{level}>", f"<h{level - 1}>").replace(f"</h{level}>", f"</h{level - 1}>")
    return mark_safe(html)  # noqa: S308 - the input is rendered and cleaned by courses.markdown
