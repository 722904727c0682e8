"""How a source sends leads, its secret once, and a new secret."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages

from enrollment.admin.permissions import manager_screen
from enrollment.admin.sources import SHOWN_ONCE, show_secret_once
from enrollment.capture import renew_secret, secret_of
from enrollment.models import CaptureSource

ADDRESS = "/api/leads/"
"""As documented; the pattern also takes it without the last slash, which reversing would give."""


@manager_screen
@require_safe
def sending(request: HttpRequest, pk: int) -> HttpResponse:
    """Show key, address and a ready example; the secret only right after it was made."""
    source = get_object_or_404(CaptureSource, pk=pk)
    shown_once = request.session.get(SHOWN_ONCE) == f"{source.pk}:{source.secret_number}"
    if shown_once and request.method == "GET":
        del request.session[SHOWN_ONCE]
    context = {
        "source": source,
        "secret": secret_of(source) if shown_once else "",
        "site": settings.SITE_URL,
        "address": f"{settings.SITE_URL}{ADDRESS}",
    }
    return render(request, "enrollment/admin/sources/sending.html", context)


@manager_screen
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then end the source's secret and show the new one."""
    source = get_object_or_404(CaptureSource, pk=pk)
    if request.method != "POST":
        return render(request, "enrollment/admin/sources/renew.html", {"source": source})
    shown = request.POST.get("shown", "")
    if not renew_secret(source=source, shown=int(shown) if shown.isdecimal() and len(shown) < 6 else 0):
        messages.error(request, _("Somebody renewed this secret meanwhile. Ask them, or renew it again."))
        return redirect("desk:source", pk)
    source.refresh_from_db()
    show_secret_once(request, source)
    messages.success(request, _("The old secret has ended. Here is the new one."))
    return redirect("desk:source", pk)
