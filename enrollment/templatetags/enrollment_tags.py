"""What templates of lower apps ask about admissions."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from django import template
from django.contrib.auth.models import AnonymousUser
from django.template import Context
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext

from accounts.models import User
from courses.models import Cohort, CoursePage
from enrollment.forms import EnquiryForm
from enrollment.own_places import own_place
from enrollment.waiting import position
from lessons.outline import CourseOutline

register = template.Library()


@dataclass(frozen=True)
class NextStep:
    """The true next step of a visitor in a course. `method` is get or post."""

    label: str
    url: str
    method: str = "get"
    note: str = ""


@register.simple_tag(takes_context=True)
def next_step(
    context: Context, course: CoursePage, outline: CourseOutline, cohorts: Sequence[Cohort] = ()
) -> NextStep:
    """Return what the primary button of a course does; the outline has what the visitor may open.

    When every one of the cohorts is full, that is the waiting list of the first. Two queries then for
    somebody who is signed in, none otherwise.
    """
    if outline.opens:
        return _learners_step(outline, course)
    if course.is_free:
        return _joining_step(signed_in=context["request"].user.is_authenticated, course=course)
    if cohorts and not any(cohort.seats_left for cohort in cohorts):
        return _waiting_step(context["request"].user, cohorts[0], course)
    free = next((lesson for lesson in outline.lessons if lesson.is_free and not lesson.here), None)
    if outline.lessons and free and not any(lesson.here for lesson in outline.lessons):
        return NextStep(gettext("Start free"), free.url)
    return NextStep(
        gettext("Ask admissions"),
        f"{reverse('enrollment:enquire')}?{urlencode({'course': course.slug})}",
        note=gettext("Admissions enrol you and open every lesson of the course."),
    )


@register.simple_tag(takes_context=True)
def enquiry_form(context: Context, course: CoursePage | None = None) -> EnquiryForm:
    """Return an empty enquiry form for a page that embeds it; it posts to /enquire/."""
    request = context["request"]
    initial = {"key": str(uuid4()), "page": request.path[:300]}
    if course:
        initial["course"] = str(course.pk)
    if request.user.is_authenticated:
        initial |= {"name": request.user.name, "email": request.user.email}
    return EnquiryForm(initial=initial)


def _learners_step(outline: CourseOutline, course: CoursePage) -> NextStep:
    lesson = outline.resume_lesson
    if lesson is None:
        first = outline.lessons[0].url if outline.lessons else course.url
        return NextStep(gettext("Read again"), first, note=gettext("You have done every lesson."))
    label = gettext("Continue: %(title)s") if outline.last_visited else gettext("Start: %(title)s")
    return NextStep(label % {"title": lesson.title}, lesson.url)


def _joining_step(*, signed_in: bool, course: CoursePage) -> NextStep:
    note = gettext("This course is free.")
    if signed_in:
        url = reverse("enrollment:join", kwargs={"course": course.slug})
        return NextStep(gettext("Join this course"), url, method="post", note=note)
    url = f"{reverse('account_signup')}?{urlencode({'next': course.url})}"
    return NextStep(gettext("Sign up to join"), url, note=note)


def _waiting_step(user: User | AnonymousUser, cohort: Cohort, course: CoursePage) -> NextStep:
    url = reverse("enrollment:waiting", kwargs={"cohort": cohort.pk})
    full = gettext("The group of %(day)s is full.") % {"day": date_format(cohort.starts_on, "j F Y")}
    if not isinstance(user, User):
        url = f"{reverse('enrollment:enquire')}?{urlencode({'course': course.slug})}"
        return NextStep(gettext("Join waiting list"), url, note=full)
    place = own_place(user, cohort)
    if place is None or not place.is_open:
        return NextStep(gettext("Join waiting list"), url, method="post", note=full)
    if place.is_offered:
        return NextStep(gettext("Take your seat"), url, note=gettext("A seat is free for you."))
    note = gettext("You are number %(position)d on the waiting list.") % {"position": position(place)}
    return NextStep(gettext("Your place in the line"), url, note=note)
