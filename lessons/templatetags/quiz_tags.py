"""What templates ask about quizzes."""

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.safestring import SafeString
from wagtail.blocks import StructValue

from courses import markdown
from lessons.lesson_work import LessonWork
from lessons.models import LessonPage
from lessons.quizzes.showing import Reader, Sheet, show

register = template.Library()


@register.simple_tag(takes_context=True)
def quiz_sheet(context: Context, block_id: str | None, quiz: StructValue) -> Sheet:
    """Return a quiz of a lesson page as its reader sees it; no query.

    In previews, and for authors who are no learners, it can be read and not answered.
    """
    request, work = context.get("request"), context.get("work")
    reader = _reader(context)
    if request is None or reader == "onlooker" or not isinstance(work, LessonWork) or not block_id:
        return show(quiz, block_id=block_id or "preview", attempt=None, reader="onlooker")
    return show(
        quiz,
        block_id=block_id,
        attempt=work.quiz_attempts.get(block_id),
        reader=reader,
        empty=request.GET.get("unanswered", ""),
    )


@register.simple_tag
def quiz_url(page: LessonPage, action: str, block_id: str) -> str:
    """Return the address at which a quiz is started, answered or finished."""
    course, module, lesson = page.url_path.strip("/").split("/")[-3:]
    where = {"course": course, "module": module, "lesson": lesson, "block": block_id}
    return reverse(f"lessons:quiz-{action}", kwargs=where)


@register.filter
def prose(text: str) -> SafeString:
    """Return the HTML of Markdown text."""
    return markdown.render(text)


@register.filter
def has_quiz(page: LessonPage) -> bool:
    """Whether a lesson holds a quiz."""
    return any(block.block_type == "quiz" for block in page.body)


def _reader(context: Context) -> Reader:
    request, page = context.get("request"), context.get("page")
    if request is None or getattr(request, "is_preview", False) or not isinstance(page, LessonPage):
        return "onlooker"
    if request.user.is_authenticated:
        return "learner" if page.is_free or context.get("is_learner") else "onlooker"
    return "visitor" if page.is_free else "onlooker"
