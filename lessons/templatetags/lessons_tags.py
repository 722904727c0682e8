"""What templates of lower apps ask about lessons."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import template
from django.template import Context
from django.utils.translation import gettext
from wagtail.blocks import StreamValue
from wagtail.models import Page

from courses.models import CoursePage, GlossaryPage
from courses.models.glossary import TermValue
from lessons import access, runtime
from lessons.blocks.code import FileValue, ParallelValue
from lessons.highlight import CodeLine
from lessons.models import LessonPage
from lessons.models.pages import LessonQuerySet
from lessons.outline import CourseOutline, OutlineModule, build_outline

register = template.Library()

LESSONS_SEARCHED = 5
"""How many free lessons are read to find a short pair."""


@dataclass(frozen=True)
class Pair:
    """A parallel block and the lesson it is from."""

    block: StreamValue.StreamChild
    lesson: LessonPage


@dataclass(frozen=True)
class Start:
    """A lesson to start with, and whether the course begins with it."""

    lesson: LessonPage
    is_first: bool


@dataclass(frozen=True)
class Link:
    """An address of this site and what to call it."""

    title: str
    url: str


@dataclass(frozen=True)
class ShownTerm:
    """A term of a glossary, and the lesson that explains it."""

    term: TermValue
    lesson: Link | None


@register.simple_tag(takes_context=True)
def course_outline(context: Context, course: CoursePage) -> CourseOutline:
    """Return the outline of a course as the visitor sees it; three to four queries."""
    request = context["request"]
    return build_outline(course, request=request, opens=access.may_open_course(request.user, course))


@register.simple_tag
def module_in(outline: CourseOutline, module_id: int) -> OutlineModule | None:
    """Return the module of an outline that has this page id, or None."""
    return outline.module(module_id)


@register.simple_tag(takes_context=True)
def glossary_letters(context: Context, page: GlossaryPage) -> list[tuple[str, list[ShownTerm]]]:
    """Return the terms of a glossary by letter, each with a link to the lesson that explains it.

    Two queries. A lesson that isn't published has no link.
    """
    course = page.get_parent()
    url = course.get_url(context["request"])
    below = len(course.url_path)
    lessons = {
        url_path[below:-1]: Link(title, url + url_path[below:])
        for url_path, title in _lessons(course).values_list("url_path", "title")
    }
    return [
        (letter, [ShownTerm(term, lessons.get(term["lesson"])) for term in terms])
        for letter, terms in page.letters
    ]


@register.simple_tag
def shortest_pair(course: CoursePage | None) -> Pair | None:
    """Return the shortest Django and Flask pair in the first free lessons of a course, or None; one query."""
    if course is None:
        return None
    pairs = [
        Pair(block, lesson)
        for lesson in _lessons(course).filter(is_free=True)[:LESSONS_SEARCHED]
        for block in lesson.body
        if block.block_type == "parallel"
    ]
    return min(pairs, key=lambda pair: pair.block.value.height, default=None)


@register.simple_tag
def free_start(course: CoursePage | None) -> Start | None:
    """Return the first free lesson of a course, or None; two queries, neither reads a body."""
    if course is None:
        return None
    lesson = _lessons(course).filter(is_free=True).defer("body").first()
    if lesson is None:
        return None
    return Start(lesson, is_first=lesson.pk == _lessons(course).values_list("pk", flat=True).first())


@register.simple_tag
def first_shown(files: Sequence[FileValue]) -> int:
    """Return the index of the file that is shown first of several: the first one with matched lines."""
    return next((index for index, file in enumerate(files) if any(line.match for line in file.lines)), 0)


@register.simple_tag
def runtime_base() -> str:
    """Return the address of the folder that Python is loaded from, or nothing where none is built."""
    built = runtime.current()
    return built.base if built else ""


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


def _lessons(course: Page) -> LessonQuerySet:
    return LessonPage.objects.published().descendant_of(course).order_by("path")
