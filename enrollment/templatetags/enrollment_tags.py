"""What templates of lower apps ask about admissions."""

from dataclasses import dataclass
from uuid import uuid4

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from courses.models import CoursePage
from enrollment.forms import EnquiryForm
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
def next_step(context: Context, course: CoursePage, outline: CourseOutline) -> NextStep:
    """Return what the primary button of a course does; the outline has what the visitor may open."""
    if outline.opens:
        return _learners_step(outline, course)
    if course.is_free:
        return _joining_step(signed_in=context["request"].user.is_authenticated, course=course)
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
