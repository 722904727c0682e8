"""The admissions desk in the CMS."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLResolver, include, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import SubmenuMenuItem
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.log_actions import LogActionRegistry
from wagtail.models import Page
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from accounts.models import User
from courses.models import Cohort, CoursePage
from enrollment.admin.counsellors import CounsellorViewSet, offer_hand_over
from enrollment.admin.menu import desk_menu
from enrollment.admin.message_templates import MessageTemplateViewSet
from enrollment.admin.messages_panel import home_panels
from enrollment.admin.panels import NeedsYouNowPanel
from enrollment.admin.permissions import ManagedPolicy, lead_policy, may_manage_leads, may_work_leads
from enrollment.admin.pipeline import ClosingReasonViewSet, PipelineStageViewSet, why_kept
from enrollment.admin.report_panel import ThisMonthPanel
from enrollment.admin.sequences import SequenceViewSet
from enrollment.admin.sources import CaptureSourceViewSet, SourcePolicy
from enrollment.admin.viewsets import CohortViewSet, LeadViewSet
from enrollment.models import (
    CaptureSource,
    ClosingReason,
    Counsellor,
    Enrollment,
    Lead,
    MessageTemplate,
    PipelineStage,
    Sequence,
    WaitingPlace,
)

SET_UP_LISTS = {
    PipelineStage: "stages:list",
    ClosingReason: "closing_reasons:list",
    MessageTemplate: "message_templates:list",
    Sequence: "sequences:list",
}
"""Where somebody who may not delete a row is sent back to."""

register_permission_policy(Lead, lead_policy)
register_permission_policy(PipelineStage, ManagedPolicy(PipelineStage))
register_permission_policy(Counsellor, ManagedPolicy(Counsellor))
register_permission_policy(ClosingReason, ManagedPolicy(ClosingReason))
register_permission_policy(CaptureSource, SourcePolicy(CaptureSource))
register_permission_policy(MessageTemplate, ManagedPolicy(MessageTemplate))
register_permission_policy(Sequence, ManagedPolicy(Sequence))
register_snippet(LeadViewSet)
register_snippet(CohortViewSet)
register_snippet(PipelineStageViewSet)
register_snippet(ClosingReasonViewSet)
register_snippet(CounsellorViewSet)
register_snippet(MessageTemplateViewSet)
register_snippet(CaptureSourceViewSet)
register_snippet(SequenceViewSet)


@hooks.register("register_admin_urls")
def desk_urls() -> list[URLResolver]:
    return [path("leads/", include("enrollment.admin.urls"))]


@hooks.register("register_admin_menu_item")
def leads_menu() -> SubmenuMenuItem:
    return desk_menu()


@hooks.register("insert_global_admin_css")
def desk_styles() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("css/desk.css"))


@hooks.register("construct_homepage_panels")
def add_home_panel(request: HttpRequest, panels: list[Any]) -> None:
    if may_work_leads(request.user):
        panels.append(NeedsYouNowPanel())
        panels.extend(home_panels(request))
    if may_manage_leads(request.user):
        panels.append(ThisMonthPanel())


@hooks.register("before_delete_page")
def keep_course_with_learners(request: HttpRequest, page: Page) -> HttpResponse | None:
    if title := _course_in_use([page]):
        return _refuse_deletion(request, title, to=page.get_parent().pk)
    return None


@hooks.register("before_bulk_action")
def keep_courses_with_learners(
    request: HttpRequest, action_type: str, objects: list[Any], action: BulkAction
) -> HttpResponse | None:
    pages = [item for item in objects if isinstance(item, Page)]
    if action_type == "delete" and pages and (title := _course_in_use(pages)):
        return _refuse_deletion(request, title, to=pages[0].get_parent().pk)
    return None


@hooks.register("before_delete_snippet")
def keep_cohort_with_learners(request: HttpRequest, instances: list[Any]) -> HttpResponse | None:
    cohorts = [item.pk for item in instances if isinstance(item, Cohort)]
    used = Cohort.objects.filter(
        Exists(Enrollment.objects.filter(cohort=OuterRef("pk")))
        | Exists(WaitingPlace.objects.filter(cohort=OuterRef("pk"))),
        pk__in=cohorts,
    )
    if cohort := used.select_related("course").first():
        messages.error(
            request,
            _("“%(cohort)s” can't be deleted: learners are or were enrolled in it, or somebody waits or "
              "waited for a seat.") % {"cohort": cohort},
        )  # fmt: skip
        return redirect("cohorts:list")
    return None


@hooks.register("before_delete_snippet")
def keep_used_set_up(request: HttpRequest, instances: list[Any]) -> HttpResponse | None:
    if reason := why_kept(instances):
        messages.error(request, reason)
        return redirect(SET_UP_LISTS[type(instances[0])])
    return None


@hooks.register("register_log_actions")
def name_switching(actions: LogActionRegistry) -> None:
    actions.register_action("enrollment.sequence_on", _("Switch on"), _("Switched on"))
    actions.register_action("enrollment.sequence_off", _("Switch off"), _("Switched off"))


@hooks.register("after_edit_user")
def offer_leads_of_who_left(request: HttpRequest, user: User) -> None:
    if may_manage_leads(request.user):
        offer_hand_over(request, user)


@hooks.register("before_delete_user")
def keep_user_with_enrolments(request: HttpRequest, user: User) -> HttpResponse | None:
    return _refuse_learners(request, [user])


@hooks.register("before_bulk_action")
def keep_users_with_enrolments(
    request: HttpRequest, action_type: str, objects: list[Any], action: BulkAction
) -> HttpResponse | None:
    users = [item for item in objects if isinstance(item, User)]
    return _refuse_learners(request, users) if action_type == "delete" and users else None


def _refuse_learners(request: HttpRequest, users: list[User]) -> HttpResponse | None:
    """Keep people who are or were enrolled: their records are the institute's too."""
    learner = User.objects.filter(pk__in=[user.pk for user in users], enrollments__isnull=False).first()
    if learner is None:
        return None
    messages.error(
        request,
        _("%(user)s can't be deleted: they are or were enrolled. Switch the account off instead "
          "(untick “Active”); that locks them out and keeps the records.") % {"user": learner},
    )  # fmt: skip
    return redirect("wagtailusers_users:index")


def _course_in_use(pages: list[Page]) -> str:
    """Return the title of a course at or below the pages that has learners, cohorts or leads, or ""."""
    for page in pages:
        courses = CoursePage.objects.descendant_of(page, inclusive=True)
        used = courses.filter(
            Exists(Enrollment.objects.filter(course=OuterRef("pk")))
            | Exists(Cohort.objects.filter(course=OuterRef("pk")))
            | Exists(Lead.everything.filter(course=OuterRef("pk")))
        )
        if course := used.first():
            return course.title
    return ""


def _refuse_deletion(request: HttpRequest, title: str, *, to: int) -> HttpResponse:
    messages.error(
        request,
        _("“%(title)s” can't be deleted: learners are enrolled in it, it has cohorts or "
          "somebody asked about it. Unpublish it instead; that hides it and keeps the records.")
        % {"title": title},
    )  # fmt: skip
    return redirect("wagtailadmin_explore", to)
