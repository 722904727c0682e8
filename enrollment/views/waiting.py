"""Waiting lists as visitors and learners see them: their own place, and the seat that is offered."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from courses.models import Cohort
from enrollment import own_places, waiting
from enrollment.errors import EnrolledAlready, EnrollmentError, OfferEnded
from enrollment.models import WaitingPlace
from enrollment.offers import place_of
from enrollment.senders import client_address


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def place(request: HttpRequest, cohort: int) -> HttpResponse:
    """Show a signed-in person their place on a cohort's list; take joining, leaving, accepting."""
    found = get_object_or_404(
        Cohort.objects.upcoming().filter(course__live=True).select_related("course"), pk=cohort
    )
    if not isinstance(request.user, User):
        return redirect(_enquiry_url(found))
    own = own_places.own_place(request.user, found)
    if request.method != "POST":
        return _show_place(request, found, own)
    if own and own.is_open and request.POST.get("do") in {"accept", "decline"}:
        return _answer(request, own)
    return _join(request, request.user, found)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the seat that a mail offers, and take the answer; the link is proof enough of the address."""
    found = place_of(token)
    if found is None:
        return _show_offer(request, None, status=404)
    if request.method == "POST":
        return _answer(request, found)
    return _show_offer(request, found, status=200 if found.is_offered else 410)


def _join(request: HttpRequest, user: User, cohort: Cohort) -> HttpResponse:
    try:
        joined = own_places.join_as(user, cohort, address=client_address(request))
    except EnrolledAlready:
        return redirect("enrollment:learn")
    except EnrollmentError as error:
        return _show_place(request, cohort, None, problem=str(error), status=409)
    if joined is None:
        return redirect(_enquiry_url(cohort))
    return redirect("enrollment:waiting", cohort=cohort.pk)


def _answer(request: HttpRequest, found: WaitingPlace) -> HttpResponse:
    """Accept or decline; what became of it stands on the page that follows."""
    status, problem = 200, ""
    try:
        if request.POST.get("do") == "decline":
            waiting.leave(found)
        elif request.POST.get("do") == "accept":
            waiting.accept(found)
    except OfferEnded:
        status = 410
    except EnrollmentError:
        status = 409
        problem = _("The seat could not be taken for you. Call us or answer our mail; we enrol you.")
    now = WaitingPlace.objects.select_related("cohort__course", "lead__person").get(pk=found.pk)
    return _show_offer(request, now, status=status, problem=problem)


def _show_place(
    request: HttpRequest, cohort: Cohort, own: WaitingPlace | None, *, problem: str = "", status: int = 200
) -> HttpResponse:
    user = request.user
    context = {
        "cohort": cohort,
        "place": own if own and own.is_open else None,
        "position": waiting.position(own) if own else 0,
        "enrolled": not isinstance(user, AnonymousUser) and own_places.has_seat(user, cohort),
        "enquiry_about": _enquiry_url(cohort),
        "problem": problem,
    }
    return render(request, "enrollment/waiting.html", context, status=status)


def _show_offer(
    request: HttpRequest, found: WaitingPlace | None, *, status: int, problem: str = ""
) -> HttpResponse:
    context = {"place": found, "cohort": found.cohort if found else None, "problem": problem}
    if found:
        context["enquiry_about"] = _enquiry_url(found.cohort)
    return render(request, "enrollment/offer.html", context, status=status)


def _enquiry_url(cohort: Cohort) -> str:
    return f"{reverse('enrollment:enquire')}?{urlencode({'course': cohort.course.slug})}"
