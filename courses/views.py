"""Addresses of the public site that aren't pages of their own."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from wagtail.views import serve

from courses.catalogue import CatalogueFilter
from courses.context_processors import THEMES

THEME_COOKIE_SECONDS = 365 * 24 * 3600


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Serve the catalogue page; the address has a name so that templates can link to it."""
    return serve(request, "courses/")


@csrf_exempt
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in a cookie for a year and go back; an unknown one means the system's.

    Needs no token: the cookie changes colours only, and pages without a form stay free of cookies.
    """
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = HttpResponseRedirect(target)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=THEME_COOKIE_SECONDS, samesite="Lax")
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component in its states, to staff only."""
    if not request.user.has_perm("wagtailadmin.access_admin"):
        raise PermissionDenied
    return render(request, "styleguide/styleguide.html", {"form": CatalogueFilter()})
