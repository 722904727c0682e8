"""What templates of lower apps ask about lessons."""

from dataclasses import dataclass

from django import template
from django.template import Context
from django.utils.translation import gettext
from wagtail.blocks import StreamValue

from courses.models import CoursePage
from lessons import access
from lessons.blocks.code import ParallelValue
from lessons.highlight import CodeLine
from lessons.models import LessonPage
from lessons.outline import CourseOutline, build_outline

register = template.Library()


@dataclass(frozen=True)
class Pair:
    """A parallel block and the lesson it is from."""

    block: StreamValue.StreamChild
    lesson: LessonPage


@register.simple_tag(takes_context=True)
def course_outline(context: Context, course: CoursePage) -> CourseOutline:
    """Return the outline of a course as the visitor sees it; three to four queries."""
    request = context["request"]
    return build_outline(course, request=request, opens=access.may_open_course(request.user, course))


@register.simple_tag
def shortest_pair(course: CoursePage | None) -> Pair | None:
    """Return the shortest Django and Flask pair in the free lessons of a course, or None; one query."""
    pairs = [
        Pair(block, lesson)
        for lesson in _free_lessons(course)
        for block in lesson.body
        if block.block_type == "parallel"
    ]
    return min(pairs, key=lambda pair: pair.block.value.height, default=None)


@register.simple_tag
def first_lesson(course: CoursePage | None) -> LessonPage | None:
    """Return the first free lesson of a course, or None; one query."""
    return next(iter(_free_lessons(course)), None)


@register.simple_tag
def match_label(pair: ParallelValue, side: str, line: CodeLine) -> str:
    """Return the accessible name of a match number, such as "Line 3, matches Flask line 4"."""
    other = "flask" if side == "django" else "django"
    partner = pair.partners.get(line.match or 0, {}).get(other)
    if partner is None:
        return gettext("Line %(line)s") % {"line": line.number}
    return gettext("Line %(line)s, matches %(framework)s line %(partner)s") % {
        "line": line.number,
        "framework": other.title(),
        "partner": partner,
    }


def _free_lessons(course: CoursePage | None) -> list[LessonPage]:
    if course is None:
        return []
    return list(LessonPage.objects.live().descendant_of(course).filter(is_free=True).order_by("path"))
