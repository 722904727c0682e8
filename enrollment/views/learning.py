"""The learner's dashboard, the search in lessons, and joining a free course."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

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
from enrollment.own_places import open_places
from lessons import study
from lessons.changes import changes_to_tell
from lessons.models import LessonChange, LessonPage, PassageText, Progress, StudyPlan
from lessons.outline import CourseOutline, OutlineLesson, build_outlines
from lessons.passages import sections_of
from lessons.search import MOST_RESULTS, search_lessons

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
    finished: int

    @property
    def done(self) -> bool:
        """Whether a lesson was finished."""
        return self.finished > 0


@dataclass(frozen=True)
class Changed:
    """A finished lesson that was published again since, and what its author says of it."""

    lesson: OutlineLesson
    change: LessonChange


@dataclass(frozen=True)
class Bookmark:
    """A passage that the learner keeps."""

    lesson: OutlineLesson
    passage: str
    title: str


@never_cache
@login_required
@require_safe
def learn(request: SignedInRequest) -> HttpResponse:
    """Show where to go on, this week, the learner's courses and the groups that they wait for."""
    courses = open_courses(request.user)
    outlines = build_outlines(courses, request=request, opened=[course.pk for course in courses])
    free = LessonPage.objects.published().filter(is_free=True).order_by("path")
    week = _week(request.user)
    return render(
        request,
        "enrollment/learn.html",
        {
            "continue_at": _resume(outlines),
            "week": week,
            "finished_this_week": sum(day.finished for day in week),
            "goal": study.weekly_goal(request.user),
            "goals": StudyPlan.Goal.choices,
            "changed": _changed(outlines),
            "bookmarks": _bookmarks(outlines),
            "outlines": outlines,
            "places": open_places(request.user),
            "free_lessons": [] if outlines else list(free[:FREE_LESSONS_SHOWN]),
        },
    )


@never_cache
@login_required
@require_safe
def search(request: SignedInRequest) -> HttpResponse:
    """Find passages in the lessons that the learner may open."""
    text = request.GET.get("q", "").strip()[:100]
    found = search_lessons(text, opened=open_courses(request.user))
    return render(request, "enrollment/search.html", {"text": text, "found": found, "most": MOST_RESULTS})


@require_POST
@login_required
def goal(request: SignedInRequest) -> HttpResponse:
    """Keep how many lessons the learner wants to finish a week."""
    chosen = request.POST.get("goal", "")
    if chosen in map(str, StudyPlan.Goal.values):
        study.set_weekly_goal(request.user, StudyPlan.Goal(int(chosen)))
    return redirect("enrollment:learn")


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
    finished = Counter(timezone.localdate(at) for at in times)
    days = [monday + timedelta(days=number) for number in range(7)]
    return [Day(date_format(day, "D"), date_format(day, "l j F"), finished[day]) for day in days]


def _changed(outlines: list[CourseOutline]) -> list[Changed]:
    """Return the changes that the learner has not put aside; one query at most."""
    lessons = [lesson for outline in outlines for lesson in outline.lessons if lesson.progress]
    told = changes_to_tell(lesson.progress for lesson in lessons if lesson.progress)
    return [Changed(lesson, told[lesson.id]) for lesson in lessons if lesson.id in told]


def _bookmarks(outlines: list[CourseOutline]) -> list[Bookmark]:
    """Return the kept passages in reading order, those that still exist; one query at most."""
    lessons = {item.id: item for outline in outlines for item in outline.lessons if not item.locked}
    kept = {key: item.progress.bookmarks for key, item in lessons.items() if item.progress}
    if not any(kept.values()):
        return []
    rows = PassageText.objects.filter(lesson__in=kept).order_by("lesson__path", "number")
    return [
        Bookmark(lessons[lesson], passage, f"§{number} {title}")
        for lesson, passage, number, title in rows.values_list("lesson", "passage", "number", "title")
        if passage in kept[lesson]
    ]
