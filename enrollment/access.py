"""Who may open what: the lesson gate, and the fetch functions of this app."""

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet

from accounts.models import User
from courses.models import CoursePage
from enrollment.models import Enrollment


def may_open(user: User, course: CoursePage) -> bool:
    """Whether an enrolment opens the course's lessons to the user; one query."""
    return Enrollment.objects.opening().filter(learner=user, course=course).exists()


def open_courses(user: User) -> list[CoursePage]:
    """Return the courses that are open to a learner, the newest enrolment first; one query."""
    enrollments = (
        Enrollment.objects.opening()
        .filter(learner=user, course__live=True)
        .select_related("course")
        .order_by("-created_at")
    )
    return [enrollment.course for enrollment in enrollments]


def admissions_workers() -> QuerySet[User]:
    """Return the active people who work leads and may own one, administrators among them, by name."""
    workers = User.objects.filter(_holders("work_lead") | Q(is_superuser=True), is_active=True)
    return workers.order_by("first_name", "last_name", "email")


def admissions_leads() -> QuerySet[User]:
    """Return the active people who answer for admissions: administrators only where nobody else does."""
    leads = User.objects.filter(_holders("manage_leads"), is_active=True, is_superuser=False)
    return leads if leads.exists() else User.objects.filter(is_superuser=True, is_active=True)


def _holders(codename: str) -> Q:
    granted = Permission.objects.filter(content_type__app_label="enrollment", codename=codename)
    groups = User.groups.through.objects.filter(group__permissions__in=granted)
    return Q(pk__in=groups.values("user")) | Q(
        pk__in=User.user_permissions.through.objects.filter(permission__in=granted).values("user")
    )
