"""Who may open what: the lesson gate, and the fetch functions of this app."""

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
