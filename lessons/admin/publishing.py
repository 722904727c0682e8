"""No lesson goes live unfinished, nor with a failing reference solution unless a reviewer says why."""

from dataclasses import dataclass
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
from lessons.review import Problem, unfinished_parts

logger = structlog.get_logger(__name__)

OVERRIDE = "lessons.publish_anyway"
"""Name of the log entry that an override leaves."""


@dataclass(frozen=True)
class Objections:
    """What speaks against the publication of a draft."""

    unfinished: list[Problem]
    """What a draft may leave open; nobody can publish it so."""
    failures: list[Failure]
    """Reference solutions that fail; a reviewer may publish in spite of them."""

    def __bool__(self) -> bool:
        return bool(self.unfinished or self.failures)


def objections_to(lesson: LessonPage) -> Objections:
    """Return what speaks against the publication; failures only where something can run the solutions."""
    unfinished = unfinished_parts(lesson)
    try:
        return Objections(unfinished, [] if unfinished else failing_solutions(lesson))
    except GraderUnavailable as error:
        logger.warning("solutions_not_checked", lesson=lesson.pk, error=str(error))
        return Objections(unfinished, [])


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


def refused_of(pages: list[Page], *, with_descendants: bool) -> list[LessonPage]:
    """Return the lessons among these pages, or unpublished below them, that must not go live."""
    found: dict[int, LessonPage] = {}
    for page in pages:
        lessons = LessonPage.objects.filter(pk=page.pk)
        if with_descendants:
            lessons |= LessonPage.objects.descendant_of(page).not_live()
        found |= {lesson.pk: lesson.get_latest_revision_as_object() for lesson in lessons}
    return [lesson for lesson in found.values() if objections_to(lesson)]


def publish_anyway(revision: Revision, *, user: User, reason: str) -> None:
    """Publish a revision whose solutions fail, and log who did it and why."""
    page: Any = revision.as_object()
    PublishPageRevisionAction(revision, user=user).execute(skip_permission_checks=True)
    log_action(instance=page, action=OVERRIDE, user=user, revision=revision, data={"reason": reason})
