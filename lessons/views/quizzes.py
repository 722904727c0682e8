"""Starting, answering and finishing quizzes.

Each answers a script with the quiz's own fragment, and a browser without scripts with the way back to the
question on the lesson page.
"""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from wagtail.blocks import StreamValue

from lessons.errors import WorkRefused
from lessons.lesson_work import work_in
from lessons.models import Attempt, LessonPage, Progress
from lessons.quizzes import marking, sitting
from lessons.quizzes.showing import Reader, show
from lessons.views.lookup import open_lesson
from lessons.visitors import owner_of


@require_POST
@never_cache
def start(request: HttpRequest, course: str, module: str, lesson: str, block: str) -> HttpResponse:
    """Start an attempt, or go on with the one that is open."""
    page = open_lesson(request, course, module, lesson)
    quiz = _quiz(page, block)
    try:
        sitting.start(owner_of(request), page, quiz, key=_key(request))
    except WorkRefused as refusal:
        return _refused(request, page, quiz, refusal)
    return _shown(request, page, quiz)


@require_POST
@never_cache
def answer(request: HttpRequest, course: str, module: str, lesson: str, block: str) -> HttpResponse:
    """Save answers; in practice also mark one of them, or show what is right."""
    page = open_lesson(request, course, module, lesson)
    quiz = _quiz(page, block)
    posted = dict(request.POST.lists())
    try:
        attempt = sitting.sit(owner_of(request), page, quiz, key=_key(request))
    except WorkRefused as refusal:
        return _refused(request, page, quiz, refusal)
    if attempt is None:
        return _shown(request, page, quiz)
    if asked := request.POST.get("check", ""):
        is_empty = _is_empty(attempt, asked, posted)
        sitting.check(attempt, asked, posted)
        return _shown(request, page, quiz, fresh=asked, empty=asked if is_empty else "")
    if asked := request.POST.get("show", ""):
        sitting.reveal(attempt, asked, posted)
        return _shown(request, page, quiz, fresh=asked)
    kept = sitting.keep(attempt, posted)
    if "autosave" in request.POST:
        return HttpResponse(status=204 if kept.state == Attempt.State.OPEN else 409)
    return _shown(request, page, quiz)


@require_POST
@never_cache
def finish(request: HttpRequest, course: str, module: str, lesson: str, block: str) -> HttpResponse:
    """Decide an assessed quiz."""
    page = open_lesson(request, course, module, lesson)
    quiz = _quiz(page, block)
    if attempt := sitting.latest_attempt(owner_of(request), page, quiz.id):
        sitting.finish(attempt, dict(request.POST.lists()))
    return _shown(request, page, quiz)


def _quiz(page: LessonPage, block_id: str) -> StreamValue.StreamChild:
    block = page.block(block_id, "quiz")
    if block is None:
        raise Http404
    return block


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        raise Http404 from None


def _is_empty(attempt: Attempt, question_id: str, posted: dict[str, list[str]]) -> bool:
    question = next((item for item in attempt.asked["questions"] if item["id"] == question_id), None)
    return question is not None and marking.read_given(question, posted) is None


def _shown(
    request: HttpRequest,
    page: LessonPage,
    quiz: StreamValue.StreamChild,
    *,
    fresh: str = "",
    empty: str = "",
    refusal: str = "",
) -> HttpResponse:
    """Return the quiz as it is now: as a fragment for a script, else on its page."""
    if request.headers.get("X-Requested-With") != "fetch":
        if refusal:
            messages.error(request, refusal)
        place = f"quiz-{quiz.id}" + (f"-{fresh}" if fresh else "")
        query = f"?unanswered={empty}" if empty else ""
        return HttpResponseRedirect(f"{page.get_url(request)}{query}#{place}")
    owner = owner_of(request)
    work = work_in(page, owner)
    attempt = work.quiz_attempts.get(quiz.id)
    reader: Reader = "learner" if "learner" in owner else "visitor"
    sheet = show(quiz.value, block_id=quiz.id, attempt=attempt, reader=reader, fresh=fresh, empty=empty)
    context = {"page": page, "sheet": sheet, "leads": not fresh, "refusal": refusal}
    if attempt and attempt.is_decided and reader == "learner":
        context |= {
            "requirements": work.requirements,
            "is_learner": True,
            "is_done": Progress.objects.done().filter(**owner, lesson=page).exists(),
        }
    return TemplateResponse(request, "lessons/quiz/_answer.html", context)


def _refused(
    request: HttpRequest, page: LessonPage, quiz: StreamValue.StreamChild, refusal: WorkRefused
) -> HttpResponse:
    return _shown(request, page, quiz, refusal=refusal.message)
