"""No lesson goes live with a reference solution that fails, unless a reviewer says why."""

from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.admin import messages
from wagtail.log_actions import log as log_action
from wagtail.models import Page, Revision

from accounts.models import User
from lessons.example_runs import Failure, failing_solutions
from lessons.grading import GraderUnavailable
from lessons.models import LessonPage

logger = structlog.get_logger(__name__)

OVERRIDE = "lessons.publish_anyway"
"""Name of the log entry that an override leaves."""


def check_before_publishing(request: HttpRequest, page: Page) -> HttpResponse | None:
    """Send whoever publishes a lesson to the reasons against it, if there are any."""
    if not isinstance(page, LessonPage):
        return None
    try:
        failures = failing_solutions(page)
    except GraderUnavailable as error:
        logger.warning("solutions_not_checked", lesson=page.pk, error=str(error))
        messages.warning(request, _("The reference solutions could not be checked: no checker is at hand."))
        return None
    if failures and page.latest_revision_id:
        return redirect("lessons_admin:publish-anyway", page.latest_revision_id)
    return None


def publish_anyway(revision: Revision, *, user: User, reason: str) -> None:
    """Publish a revision whose solutions fail, and log who did it and why."""
    page = revision.as_object()
    PublishPageRevisionAction(revision, user=user).execute(skip_permission_checks=True)
    log_action(instance=page, action=OVERRIDE, user=user, revision=revision, data={"reason": reason})


def failures_of(revision: Revision) -> list[Failure]:
    """Return the failing solutions of a revision, none where nothing can check them."""
    page: Any = revision.as_object()
    try:
        return failing_solutions(page)
    except GraderUnavailable:
        return []
