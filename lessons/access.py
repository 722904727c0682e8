"""Who may read a lesson. Free lessons are for everybody; the others ask the access policy."""

from collections.abc import Callable
from functools import cache
from typing import TypeGuard

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.module_loading import import_string

from accounts.access import has_cms_access
from accounts.models import User
from courses.models import CoursePage
from lessons.models import LessonPage

type Visitor = User | AnonymousUser


@cache
def _policy(dotted_name: str) -> Callable[[Visitor, CoursePage], bool]:
    return import_string(dotted_name)


def may_open_course(user: Visitor, course: CoursePage) -> bool:
    """Whether the lessons of this course that aren't free are open to the user; one query at most."""
    return user.is_authenticated and _policy(settings.LESSON_ACCESS_POLICY)(user, course)


def may_study(user: Visitor, lesson: LessonPage, *, opens: bool) -> TypeGuard[User]:
    """Whether the user's progress in this lesson is kept; `opens` says whether the course is open to them."""
    return user.is_authenticated and (lesson.is_free or opens)


def is_let_in(request: HttpRequest, lesson: LessonPage) -> bool:
    """Whether the privacy settings of the lesson and of the pages above it let this request in."""
    return all(restriction.accept_request(request) for restriction in lesson.get_view_restrictions())


def may_edit(user: Visitor, lesson: LessonPage) -> bool:
    """Whether the user works on this lesson in the CMS and may therefore always read it."""
    return user.is_authenticated and has_cms_access(user) and lesson.permissions_for_user(user).can_edit()
