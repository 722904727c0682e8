"""Lessons in the CMS: their code is run, and what learners depend on is kept."""

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.log_actions import LogFormatter
from wagtail.models import ModelLogEntry, Page

from accounts.access import SignedInRequest
from lessons.admin.panels import FailingCode, failing_runs
from lessons.admin.publishing import OVERRIDE, check_before_publishing, refused_of
from lessons.models import Attempt, Draft, LessonPage, Note, Progress

hooks.register("before_publish_page", check_before_publishing)


@hooks.register("register_admin_urls")
def lesson_urls() -> list[Any]:
    """Addresses under /cms/lessons/."""
    return [path("lessons/", include("lessons.admin.urls"))]


@hooks.register("construct_admin_api")
def check_publications_of_api(admin_api: Any) -> None:
    """Publish lessons through the CMS's API under the same rules."""
    from lessons.admin.api import PagesAPI

    admin_api.register_endpoint("pages", PagesAPI)


@hooks.register("insert_editor_js")
def editor_script() -> SafeString:
    """The script that runs a draft's code one example at a time."""
    return format_html('<script type="module" src="{}"></script>', static("js/lesson-editor.js"))


@hooks.register("construct_homepage_panels")
def add_failing_code(request: SignedInRequest, panels: list[Any]) -> None:
    """Show authors the lessons whose code failed."""
    if runs := failing_runs(request.user):
        panels.append(FailingCode(runs))


@hooks.register("register_log_actions")
def register_override(actions: Any) -> None:
    """Give the history of a page a line for each publication in spite of a failing solution."""

    @actions.register_action(OVERRIDE)
    class OverrideFormatter(LogFormatter):
        label = _lazy("Publish anyway")

        def format_message(self, log_entry: ModelLogEntry) -> str:
            return _("Published although a reference solution fails: %(reason)s") % {
                "reason": log_entry.data.get("reason", "")
            }


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


@hooks.register("before_bulk_action")
def check_before_bulk_publishing(
    request: HttpRequest, action_type: str, objects: list[Any], action: BulkAction
) -> HttpResponse | None:
    """Refuse a bulk publication as a whole when one lesson of it must not go live."""
    if action_type != "publish" or not all(isinstance(item, Page) for item in objects):
        return None
    below = bool(action.cleaned_form and action.cleaned_form.cleaned_data.get("include_descendants"))
    refused = refused_of(objects, with_descendants=below)
    if not refused:
        return None
    links = [
        (reverse("lessons_admin:publish-anyway", args=[lesson.latest_revision_id]), lesson.title)
        for lesson in refused
        if lesson.latest_revision_id
    ]
    messages.error(
        request,
        format_html(
            "{} {}",
            _("Nothing was published. Unfinished, or with a reference solution that fails:"),
            format_html_join(", ", '<a href="{}">{}</a>', links),
        ),
    )
    return redirect(action.next_url)


def _studied_lessons(pages: list[Page]) -> list[str]:
    """Return the titles of lessons at or below the pages in which somebody has done anything; a query each.

    A visitor's attempt and a note on a lesson that was never opened come without progress.
    """
    here = OuterRef("pk")
    rows = (model._default_manager.filter(lesson=here) for model in (Progress, Attempt, Draft, Note))
    has_work = reduce(or_, map(Exists, rows))
    titles: dict[int, str] = {}
    for page in pages:
        lessons = LessonPage.objects.descendant_of(page, inclusive=True)
        titles |= dict(lessons.filter(has_work).order_by("path").values_list("pk", "title"))
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
