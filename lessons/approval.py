"""What happens when the last reviewer has approved a page. Wagtail imports this before there are models."""

from typing import Any


def publish_approved(workflow_state: Any, user: Any = None) -> None:
    """Publish what was approved; raises PublicationRefused, which undoes the approval of such a lesson."""
    from wagtail.workflows import publish_workflow_state

    from lessons.admin.publishing import objections_to
    from lessons.errors import PublicationRefused
    from lessons.models import LessonPage

    revision = workflow_state.content_object.get_latest_revision()
    page = revision.as_object()
    if isinstance(page, LessonPage) and objections_to(page):
        raise PublicationRefused(revision.pk)
    publish_workflow_state(workflow_state, user=user)
