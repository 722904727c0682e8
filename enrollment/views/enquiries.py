"""The enquiry form, the placement form and the page after them."""

from uuid import uuid4

import structlog
from allauth.account.adapter import get_adapter
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from courses.models import StandardPage
from enrollment import intake
from enrollment.limits import seconds_to_wait
from enrollment.models import Lead, Submission

log = structlog.get_logger(__name__)

OWN_ENQUIRY_COOKIE = "enquiry"
OWN_ENQUIRY_SECONDS = 3600
"""How long the browser that sent an enquiry may see on the thank-you page what was sent."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enquire(request: HttpRequest) -> HttpResponse:
    """Show and take the enquiry form."""
    return _form_view(request, Submission.Form.ENQUIRY, "enrollment/enquire.html", {})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def placement(request: HttpRequest) -> HttpResponse:
    """Say what placement assistance is, and show and take its form."""
    page = StandardPage.objects.live().filter(slug="placement").first()
    context = {"page": page, "self": page}
    return _form_view(request, Submission.Form.PLACEMENT, "enrollment/placement.html", context)


@never_cache
@require_safe
def thanks(request: HttpRequest, reference: str) -> HttpResponse:
    """Confirm an enquiry; what was sent is shown to the browser that sent it, nobody else."""
    submission = get_object_or_404(
        Submission.objects.select_related("lead").exclude(outcome=Submission.Outcome.REJECTED),
        reference=reference,
    )
    own = reference == request.get_signed_cookie(OWN_ENQUIRY_COOKIE, default="", max_age=OWN_ENQUIRY_SECONDS)
    newest = intake.newest_of(submission)
    form = intake.FORMS[newest.form](intake.typed(newest))
    context = {
        "reference": reference,
        "answer_by": intake.answer_promised_by(submission),
        "contact_phrase": Lead(contact_by=form["contact_by"].value()).contact_phrase if own else "",
        "sent": [(label, said) for label, said in form.said().items() if said] if own else None,
    }
    return render(request, "enrollment/thanks.html", context)


def _form_view(request: HttpRequest, kind: str, template: str, context: dict) -> HttpResponse:
    if request.method != "POST":
        form = intake.FORMS[kind](initial=_initial(request))
        return render(request, template, context | {"form": form})
    submission = intake.find_repeat(request.POST)
    if submission is None:
        address = _client_address(request)
        if wait := seconds_to_wait(address or "unknown", post=intake.fingerprint(request.POST)):
            return _too_many(request, kind, template, context, wait)
        submission = intake.record(form=kind, data=request.POST, address=address)
    if refused := intake.settle(submission):
        refused.data = MultiValueDict({**dict(refused.data), "key": [str(uuid4())]})
        return render(request, template, context | {"form": refused}, status=422)
    reference = intake.reference_for(submission)
    response = redirect("enrollment:thanks", reference=reference)
    response.set_signed_cookie(
        OWN_ENQUIRY_COOKIE,
        reference,
        max_age=OWN_ENQUIRY_SECONDS,
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
    )
    return response


def _initial(request: HttpRequest) -> dict:
    initial = {
        "key": str(uuid4()),
        "course": request.GET.get("course", ""),
        "page": request.GET.get("from", request.headers.get("Referer", ""))[:300],
    }
    if request.user.is_authenticated:
        initial |= {"name": request.user.name, "email": request.user.email}
    return initial


def _too_many(request: HttpRequest, kind: str, template: str, context: dict, wait: int) -> HttpResponse:
    form = intake.FORMS[kind](request.POST)
    minutes = -(-wait // 60)
    form.add_error(
        None,
        _("Too many enquiries from your network. Send it again in %(minutes)s minutes, or call us.")
        % {"minutes": minutes},
    )
    response = render(request, template, context | {"form": form}, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


def _client_address(request: HttpRequest) -> str | None:
    """Return the sender's network address, or None; a wrong proxy count is logged, not the sender's loss."""
    try:
        return get_adapter(request).get_client_ip(request)
    except PermissionDenied:
        return None
    except ImproperlyConfigured as error:
        log.error("client_address_unknown", reason=str(error))  # noqa: TRY400 - the line says it all
        return None
