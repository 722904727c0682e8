"""Reactions to what happens in Wagtail and at sign-in."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from wagtail.models import Revision
from wagtail.signals import page_published

from accounts.models import User
from lessons.changes import note_publication
from lessons.models import LessonPage
from lessons.search import keep_words
from lessons.tasks import ask_for_run
from lessons.visitors import bring_work


@receiver(page_published, sender=LessonPage)
def note_published_lesson(
    sender: type[LessonPage], instance: LessonPage, revision: Revision | None = None, **kwargs: Any
) -> None:
    """A published lesson can be searched, its code is run, and who had finished it is told of changes."""
    keep_words(instance)
    note_publication(instance, revision)
    transaction.on_commit(lambda: ask_for_run(instance.pk))


@receiver(user_logged_in, dispatch_uid="lessons.bring_work_on_login")
def bring_work_on_login(sender: type[User], request: HttpRequest, user: User, **kwargs: Any) -> None:
    """What a visitor did before they signed in is theirs afterwards."""
    bring_work(request, user)
