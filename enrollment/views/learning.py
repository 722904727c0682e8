"""The learner's dashboard and joining a free course."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import SignedInRequest
from accounts.models import User
from courses.models import CoursePage
from enrollment.access import open_courses
from enrollment.enrolling import enroll
from lessons.models import LessonPage, Progress
from lessons.outline import CourseOutline, OutlineLesson, build_outlines
from lessons.passages import sections_of

FREE_LESSONS_SHOWN = 3


@dataclass(frozen=True)
class Resume:
    """Where a learner goes on."""

    lesson: OutlineLesson
    course: CoursePage
    passage_number: int | None
    passage: str


@dataclass(frozen=True)
class Day:
    """One square of the week."""

    label: str
    full: str
    done: bool


@never_cache
@login_required
@require_safe
def learn(request: SignedInRequest) -> HttpResponse:
    """Show where to go on, this week, and the learner's courses."""
    courses = open_courses(request.user)
    outlines = build_outlines(courses, request=request, opened=[course.pk for course in courses])
    free = LessonPage.objects.published().filter(is_free=True).order_by("path")
    return render(
        request,
        "enrollment/learn.html",
        {
            "continue_at": _resume(outlines),
            "week": _week(request.user),
            "outlines": outlines,
            "free_lessons": [] if outlines else list(free[:FREE_LESSONS_SHOWN]),
        },
    )


@require_POST
@login_required
def join(request: SignedInRequest, course: str) -> HttpResponse:
    """Join a free course and go to its first lesson; a course with a price needs admissions."""
    page = get_object_or_404(CoursePage.objects.live(), slug=course)
    if not page.is_free:
        raise PermissionDenied
    enroll(learner=request.user, course=page)
    outline = build_outlines([page], request=request, opened=[page.pk])[0]
    target = outline.resume_lesson
    return redirect(target.url if target else page.get_url(request))


def _resume(outlines: list[CourseOutline]) -> Resume | None:
    """Return the lesson to go on with: in the course that was visited last."""
    outline = max(outlines, key=_visited_at, default=None)
    lesson = outline.resume_lesson if outline else None
    if outline is None or lesson is None:
        return None
    passage = lesson.progress.passage if lesson.progress else ""
    return Resume(lesson, outline.course, _passage_number(lesson, passage), passage)


def _visited_at(outline: CourseOutline) -> datetime:
    """Return when the learner was last in a course that can be gone on with; long ago if never."""
    last = outline.last_visited if outline.resume_lesson else None
    return last.progress.visited_at if last and last.progress else datetime.min.replace(tzinfo=UTC)


def _passage_number(lesson: OutlineLesson, passage: str) -> int | None:
    if not passage:
        return None
    body = LessonPage.objects.only("body").get(pk=lesson.id).body
    return next((section.number for section in sections_of(body) if section.id == passage), None)


def _week(learner: User) -> list[Day]:
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    start = timezone.make_aware(datetime.combine(monday, time.min))
    times = Progress.objects.filter(learner=learner, done_at__gte=start).values_list("done_at", flat=True)
    finished: set[date] = {timezone.localdate(at) for at in times}
    days = [monday + timedelta(days=number) for number in range(7)]
    return [Day(date_format(day, "D"), date_format(day, "l j F"), day in finished) for day in days]
