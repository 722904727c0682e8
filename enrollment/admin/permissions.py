"""Who may do what at the admissions desk."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from wagtail.admin.auth import permission_denied
from wagtail.permission_policies import ModelPermissionPolicy

from accounts.models import User
from enrollment.models import Lead


class LeadPermissionPolicy(ModelPermissionPolicy):
    """Leads are seen and worked, never edited or deleted by a form.

    The desk's services change them and write the timeline, so Wagtail's own add, change, delete
    and copy are refused to everybody, administrators included.
    """

    ACTIONS = frozenset({"view", "work"})

    def user_has_permission(self, user: User | AnonymousUser, action: str) -> bool:
        return action in self.ACTIONS and super().user_has_permission(user, action)

    def users_with_any_permission(self, actions: Iterable[str]) -> QuerySet[User]:
        possible = self.ACTIONS.intersection(actions)
        return super().users_with_any_permission(possible) if possible else User.objects.none()


lead_policy = LeadPermissionPolicy(Lead)


def may_work_leads(user: User | AnonymousUser) -> bool:
    """Whether the user works leads; no query once permissions are loaded."""
    return lead_policy.user_has_permission(user, "work")


def may_manage_leads(user: User | AnonymousUser) -> bool:
    """Whether the user may assign, export, import and merge leads, see reports and set up the desk."""
    return user.has_perm("enrollment.manage_leads")


class StaffRequest(HttpRequest):
    """A request as a guarded screen gets it: somebody is signed in."""

    user: User


Screen = Callable[..., HttpResponseBase]


def desk_screen(view: Screen) -> Screen:
    """Let only people who work leads pass; everybody else is sent to the CMS home with a message."""
    return _guarded(view, may_work_leads)


def manager_screen(view: Screen) -> Screen:
    """Let only admissions leads and admins pass; everybody else is sent to the CMS home with a message."""
    return _guarded(view, may_manage_leads)


def _guarded(view: Screen, allows: Callable[[User | AnonymousUser], bool]) -> Screen:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not allows(request.user):
            return permission_denied(request)
        return never_cache(view)(request, *args, **kwargs)

    return guarded


class ManagedPolicy(ModelPermissionPolicy):
    """What sets up the desk (stages, counsellors, texts) is seen and changed by admissions leads alone."""

    def user_has_permission(self, user: User | AnonymousUser, action: str) -> bool:
        return may_manage_leads(user)
