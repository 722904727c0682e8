"""The account page, and the entrance of the CMS."""

from urllib.parse import urlencode, urlsplit

from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from wagtail.admin.auth import require_admin_access, user_has_any_page_permission
from wagtail.admin.views.account import AccountView, BaseSettingsPanel, NameEmailSettingsPanel
from wagtail.admin.views.bulk_action import index as wagtail_bulk_action
from wagtail.admin.views.chooser import ChosenMultipleView
from wagtail.permissions import policy_registry

from accounts.access import SignedInRequest, has_cms_access, second_factors
from accounts.names import NameForm

CHANGES = frozenset({"add", "change", "delete", "publish", "lock", "unlock"})
"""What bulk actions do; who may do none of it to a kind of object gets none of them."""


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """Show the account and change the name."""
    form = NameForm(request.POST or None, initial={"name": request.user.name})
    if request.method == "POST" and form.is_valid():
        form.save_name(request.user)
        messages.success(request, _("Your name is saved."))
        return redirect("accounts:profile")
    context = {
        "form": form,
        "failed_form": form if form.errors else None,
        "has_cms_access": has_cms_access(request.user),
        "has_second_factor": bool(second_factors(request.user)),
    }
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def session_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sign one of the person's own devices out."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    end_sessions(request, [session])
    if not request.user.is_authenticated:
        return redirect("account_login")
    messages.success(request, _("That device is signed out."))
    return redirect("usersessions_list")


@never_cache
def cms_entrance(request: HttpRequest) -> HttpResponse:
    """Let people into the CMS, or send them to the login, or say what is missing; never in a circle."""
    wanted = _wanted_page(request)
    if not request.user.is_authenticated:
        return redirect(f"{reverse('account_login')}?{urlencode({'next': wanted})}")
    if has_cms_access(request.user):
        return redirect(wanted)
    return render(request, "accounts/cms_refused.html", status=403)


class StaffAccountView(AccountView):
    """Wagtail's settings page of a person; name, address and password are changed on the account page."""

    def get_panels(self) -> list[BaseSettingsPanel]:
        return [panel for panel in super().get_panels() if not isinstance(panel, NameEmailSettingsPanel)]


cms_account = never_cache(require_admin_access(StaffAccountView.as_view()))


@never_cache
@require_admin_access
def cms_bulk_action(request: SignedInRequest, app_label: str, model_name: str, action: str) -> HttpResponse:
    """Refuse a bulk action before Wagtail's page names the objects that the user may not touch."""
    try:
        model = apps.get_model(app_label, model_name)
    except LookupError:
        raise Http404 from None
    if not policy_registry.get_by_type(model).user_has_any_permission(request.user, CHANGES):
        raise PermissionDenied
    return wagtail_bulk_action(request, app_label, model_name, action)


@never_cache
@require_admin_access
def cms_pages_chosen(request: SignedInRequest) -> HttpResponse:
    """Confirm pages chosen together: the titles of drafts are for people who work on pages."""
    if not user_has_any_page_permission(request.user):
        raise PermissionDenied
    return ChosenMultipleView.as_view()(request)


def _wanted_page(request: HttpRequest) -> str:
    """Return the page of this site that was asked for, or the CMS home; never the entrance itself."""
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    if not safe or urlsplit(wanted).path == reverse("cms_entrance"):
        return reverse("wagtailadmin_home")
    return wanted
