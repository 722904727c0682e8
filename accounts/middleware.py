"""What holds for whole parts of the site: second factors, and the status of refused forms."""

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import has_cms_access, proved_second_factor, second_factors


class StaffSecondFactor:
    """Keeps everything under the CMS for sessions that a second factor stands behind.

    Changing second factors is kept the same way, for learners too: a session that is older than the first
    factor could else add one of its own and pass with that. Costs one query on these requests, none
    elsewhere. People without CMS access pass to the CMS: Wagtail refuses them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        missing = ""
        if settings.STAFF_SECOND_FACTOR_REQUIRED and _is_cms(request):
            missing = self._missing_step(request)
        elif _changes_factors(request) and request.user.is_authenticated:
            missing = self._missing_proof(request, second_factors(request.user))
        return self._send_to(missing, request) if missing else self.get_response(request)

    def _missing_step(self, request: HttpRequest) -> str:
        """Return the name of the page that this person must pass first, or an empty string."""
        if not request.user.is_authenticated or not has_cms_access(request.user):
            return ""
        factors = second_factors(request.user)
        return self._missing_proof(request, factors) if factors else "mfa_index"

    def _missing_proof(self, request: HttpRequest, factors: set[str]) -> str:
        """Return the page that asks for one of these factors, or "" when there is none or it was proved."""
        if not factors or proved_second_factor(request):
            return ""
        has_app = Authenticator.Type.TOTP in factors
        return "mfa_reauthenticate" if has_app else "mfa_reauthenticate_webauthn"

    def _send_to(self, step: str, request: HttpRequest) -> HttpResponse:
        if _is_script(request):
            raise PermissionDenied
        if step == "mfa_index":
            messages.warning(request, _("Set up two-step sign-in first: staff need it to enter the CMS."))
            return redirect(step)
        home = reverse("wagtailadmin_home" if _is_cms(request) else "mfa_index")
        wanted = request.get_full_path() if request.method == "GET" else home
        return redirect(f"{reverse(step)}?{urlencode({'next': wanted})}")


class RefusedForms:
    """Gives account pages that show a refused form the status 422, and names the form for the templates."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        context = response.context_data or {}
        if request.path.startswith(reverse("accounts:profile")) and request.method == "POST":
            refused = [form for form in context.values() if _is_refused(form)]
            if refused and response.status_code == 200:
                response.status_code = 422
                response.context_data = context | {"failed_form": refused[0]}
        return response


class ForgetOnLogout:
    """Have the browser forget, at sign-out, every page, draft and answer that it kept of this account."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        was_signed_in = request.method == "POST" and request.user.is_authenticated
        response = self.get_response(request)
        if was_signed_in and not request.user.is_authenticated:
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response


def _is_cms(request: HttpRequest) -> bool:
    """Whether the address is the CMS's; signing out stays possible."""
    return request.path.startswith(reverse("wagtailadmin_home")) and request.path != reverse(
        "wagtailadmin_logout"
    )


def _changes_factors(request: HttpRequest) -> bool:
    """Whether the address shows or changes second factors, past the list of them and the asking pages."""
    overview = reverse("mfa_index")
    open_pages = ("mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn")
    return request.path.startswith(overview) and request.path not in map(reverse, open_pages)


def _is_script(request: HttpRequest) -> bool:
    """Whether a script asked, which can't follow a redirect to a form."""
    return (
        request.headers.get("x-requested-with") == "XMLHttpRequest"
        or request.headers.get("sec-fetch-dest", "document") == "empty"
        or "text/html" not in request.headers.get("accept", "text/html")
    )


def _is_refused(value: object) -> bool:
    return isinstance(value, BaseForm) and value.is_bound and bool(value.errors)
