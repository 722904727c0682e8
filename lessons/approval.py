"""What happens when the last reviewer has approved a page. Wagtail imports this before there are models."""

from typing import Any


def publish_approved(workflow_state: Any, user: Any = None) -> None:
    """Publish what was approved; raises PublicationRefused, which undoes the approval of a failing lesson."""
    from wagtail.workflows import publish_workflow_state

    from lessons.admin.publishing import failures_of
    from lessons.errors import PublicationRefused
    from lessons.models import LessonPage

    revision = workflow_state.content_object.get_latest_revision()
    if isinstance(revision.as_object(), LessonPage) and failures_of(revision):
        raise PublicationRefused(revision.pk)
    publish_workflow_state(workflow_state, user=user)
