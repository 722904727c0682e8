"""Reading lessons and moving progress."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST, require_safe
from wagtail.url_routing import RouteResult
from wagtail.views import serve

from accounts.access import SignedInRequest
from accounts.models import User
from courses import markdown
from lessons import access, completion, progress, visitors
from lessons.changes import changes_to_tell
from lessons.errors import WorkRefused
from lessons.lesson_work import LessonWork, Refusal, work_in
from lessons.models import LessonPage, Owner, Progress
from lessons.outline import CourseOutline, build_outline
from lessons.passages import sections_of
from lessons.quizzes import sitting
from lessons.views.lookup import course_of, find_lesson, studied_lesson

VIEWS = ("both", "django", "flask")
"""Which panes of a parallel block are shown; the first is the default."""


@require_safe
def read(request: HttpRequest, course: str, module: str, lesson: str) -> HttpResponse:
    """Show a lesson: found by its address in one query, where Wagtail's routing takes two a level."""
    page = find_lesson(request, course, module, lesson)
    request._wagtail_route_for_request = RouteResult(page)  # type: ignore[attr-defined]
    return serve(request, request.path)


def render_lesson(
    request: HttpRequest, lesson: LessonPage, *, refusal: Refusal | None = None
) -> TemplateResponse:
    """Return the lesson for those who may read it, else what it is about and how to get in.

    `refusal` is work that was just handed in and not taken; it is shown where it was written.
    """
    course = course_of(lesson)
    user = request.user
    opens = access.may_open_course(user, course)
    outline = build_outline(course, request=request, opens=opens, here=lesson.pk)
    context = _shared_context(lesson, outline)
    if not (lesson.is_free or opens or access.may_edit(user, lesson)):
        context["nearest_free"] = next((item for item in outline.lessons if item.is_free), None)
        response = TemplateResponse(request, "lessons/lesson_locked.html", context)
    else:
        owner = visitors.known_owner(request)
        studies = access.may_study(user, lesson, opens=opens)
        work = _settled_work(lesson, owner if studies or not user.is_authenticated else None, refusal)
        context |= _reading_context(request, lesson, work)
        if access.may_study(user, lesson, opens=opens):
            known = next((item.progress for item in outline.lessons if item.id == lesson.pk), None)
            progress.note_visit(user, lesson, known)
            context |= _learner_context(user, work, known)
        response = TemplateResponse(request, "lessons/lesson_page.html", context)
    patch_cache_control(response, private=True, no_cache=True)
    return response


def render_preview(request: HttpRequest, lesson: LessonPage) -> HttpResponse:
    """Return a draft as its readers will see it; it moves no progress."""
    course = course_of(lesson)
    outline = build_outline(course, request=request, opens=True, here=lesson.pk)
    context = _shared_context(lesson, outline) | _reading_context(request, lesson, LessonWork(lesson))
    return TemplateResponse(request, "lessons/lesson_page.html", context)


@require_POST
@login_required
def done(request: SignedInRequest, course: str, module: str, lesson: str) -> HttpResponse:
    """Mark a lesson done and go on to the next one, or to the course after the last."""
    page = studied_lesson(request, course, module, lesson)
    try:
        progress.mark_done(request.user, page)
    except WorkRefused as refused:
        messages.error(request, refused.message)
        return HttpResponseRedirect(f"{page.get_url(request)}#finish")
    parent = course_of(page)
    outline = build_outline(parent, request=request, opens=True)
    _previous, following = outline.neighbours(page.pk)
    return HttpResponseRedirect(following.url if following else parent.get_url(request))


@require_POST
@login_required
def undo(request: SignedInRequest, course: str, module: str, lesson: str) -> HttpResponse:
    """Take back "done" and show the lesson again."""
    page = studied_lesson(request, course, module, lesson)
    progress.undo_done(request.user, page)
    return HttpResponseRedirect(page.get_url(request))


@require_POST
@login_required
def place(request: SignedInRequest, course: str, module: str, lesson: str) -> HttpResponse:
    """Remember the passage being read; the page sends this while it is scrolled."""
    page = studied_lesson(request, course, module, lesson)
    progress.note_passage(request.user, page, request.POST.get("passage", ""))
    return HttpResponse(status=204)


def _shared_context(lesson: LessonPage, outline: CourseOutline) -> dict:
    previous, following = outline.neighbours(lesson.pk)
    return {
        "page": lesson,
        "self": lesson,
        "course": outline.course,
        "outline": outline,
        "module": outline.module_of(lesson.pk),
        "previous": previous,
        "next": following,
    }


def _settled_work(lesson: LessonPage, owner: Owner | None, refusal: Refusal | None) -> LessonWork:
    """Return somebody's work in a lesson after deciding quizzes whose time is over; two queries else."""
    work = work_in(lesson, owner, refusal=refusal)
    if owner and any(map(sitting.is_overdue, work.quiz_attempts.values())):
        sitting.settle_overdue(owner, lesson)
        work = work_in(lesson, owner, refusal=refusal)
    return work


def _learner_context(learner: User, work: LessonWork, known: Progress | None) -> dict:
    """What the page says of the learner's progress. Work that was done before it was asked for counts now."""
    is_done = known is not None and known.done_at is not None
    asked = work.requirements
    if not is_done and asked and all(item.is_met for item in asked):
        is_done = completion.settle(learner, work.lesson)
    return {
        "is_learner": True,
        "is_done": is_done,
        "done_rule": known.rule if known and known.rule else work.lesson.completion_rule,
        "resume_passage": known.passage if known else "",
        "bookmarks": known.bookmarks if known else [],
        "change": changes_to_tell([known]).get(work.lesson.pk) if known else None,
    }


def _reading_context(request: HttpRequest, lesson: LessonPage, work: LessonWork) -> dict:
    view = request.COOKIES.get("view", "")
    parts = lesson.url_path.strip("/").split("/")[-3:]
    address = dict(zip(("course", "module", "lesson"), parts, strict=True))
    return {
        "intro_html": markdown.render(lesson.intro),
        "sections": sections_of(lesson.body),
        "view": view if view in VIEWS else VIEWS[0],
        "work": work,
        "requirements": work.requirements,
        "has_exercise": any(block.block_type == "exercise" for block in lesson.body),
        "is_learner": False,
        "is_done": False,
        "resume_passage": "",
        "page_url": reverse("lessons:read", kwargs=address),
        "done_url": reverse("lessons:done", kwargs=address),
        "undo_url": reverse("lessons:undo", kwargs=address),
        "place_url": reverse("lessons:place", kwargs=address),
        "work_url": reverse("lessons:read", kwargs=address) + "work/",
    }
