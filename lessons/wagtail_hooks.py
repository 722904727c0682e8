"""What the CMS must not do to lessons."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.models import Page

from lessons.models import LessonPage


@hooks.register("before_delete_page")
def keep_lesson_with_progress(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Refuse the deletion of a page when learners have progress in it or below it."""
    if studied := _studied_lessons([page]):
        return _refuse_deletion(request, studied, to=page.get_parent().pk)
    return None


@hooks.register("before_bulk_action")
def keep_lessons_with_progress(
    request: HttpRequest, action_type: str, objects: list[Any], action: BulkAction
) -> HttpResponse | None:
    """Refuse a bulk deletion as a whole when one page holds progress, so that nothing is half done."""
    pages = [item for item in objects if isinstance(item, Page)]
    if action_type == "delete" and pages and (studied := _studied_lessons(pages)):
        return _refuse_deletion(request, studied, to=pages[0].get_parent().pk)
    return None


def _studied_lessons(pages: list[Page]) -> list[str]:
    """Return the titles of lessons at or below the pages in which somebody has progress; one query each."""
    titles: dict[int, str] = {}
    for page in pages:
        lessons = LessonPage.objects.descendant_of(page, inclusive=True)
        studied = lessons.filter(progress__isnull=False).distinct().order_by("path")
        titles |= dict(studied.values_list("pk", "title"))
    return list(titles.values())


def _refuse_deletion(request: HttpRequest, titles: list[str], *, to: int) -> HttpResponse:
    more = len(titles) - 1
    lessons = (
        _("“%(title)s”") % {"title": titles[0]}
        if not more
        else ngettext(
            "“%(title)s” and %(count)d more lesson",
            "“%(title)s” and %(count)d more lessons",
            more,
        )
        % {"title": titles[0], "count": more}
    )
    messages.error(
        request,
        _("Nothing was deleted: learners have progress in %(lessons)s. "
          "Unpublish instead; that hides the page and keeps what they have learned.")
        % {"lessons": lessons},
    )  # fmt: skip
    return redirect("wagtailadmin_explore", to)
