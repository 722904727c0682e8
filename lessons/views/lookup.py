"""Finding the lesson of an address for somebody who may have it."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from wagtail.models import Site

from courses.models import CoursePage
from lessons import access
from lessons.models import LessonPage


def find_lesson(request: HttpRequest, course: str, module: str, lesson: str) -> LessonPage:
    """Return the published lesson at an address with one query, or raise Http404."""
    site = Site.find_for_request(request)
    if site is None:
        raise Http404
    paths = request._wagtail_cached_site_root_paths = Site.get_site_root_paths()  # type: ignore[attr-defined]
    root = next(path.root_path for path in paths if path.site_id == site.pk)
    url_path = f"{root}courses/{course}/{module}/{lesson}/"
    return get_object_or_404(LessonPage.objects.published().noting_restrictions(), url_path=url_path)


def course_of(lesson: LessonPage) -> CoursePage:
    """Return the course a lesson belongs to; one query."""
    return CoursePage.objects.get(path=lesson.path[: -2 * LessonPage.steplen])


def studied_lesson(request: HttpRequest, course: str, module: str, lesson: str) -> LessonPage:
    """Return the lesson for a learner whose work in it is kept, else raise Http404 or PermissionDenied."""
    page = find_lesson(request, course, module, lesson)
    opens = access.may_open_course(request.user, course_of(page))
    if not access.may_study(request.user, page, opens=opens) or not access.is_let_in(request, page):
        raise PermissionDenied
    return page


def open_lesson(request: HttpRequest, course: str, module: str, lesson: str) -> LessonPage:
    """Return the lesson for whoever may do its work: visitors in a free one too; else refuse."""
    page = find_lesson(request, course, module, lesson)
    opens = page.is_free or access.may_open_course(request.user, course_of(page))
    if not opens or not access.is_let_in(request, page):
        raise PermissionDenied
    return page
