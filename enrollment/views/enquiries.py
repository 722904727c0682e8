"""The enquiry form, the placement form and the page after them."""

from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from courses.models import StandardPage
from enrollment import intake, posts
from enrollment.assignment import assign_soon
from enrollment.attribution import read_touches
from enrollment.limits import seconds_to_wait
from enrollment.models import Lead, Submission
from enrollment.senders import client_address

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
    referred = intake.find_referred(reference)
    if referred is None:
        raise Http404
    sent = request.get_signed_cookie(OWN_ENQUIRY_COOKIE, default="", max_age=OWN_ENQUIRY_SECONDS)
    own = intake.own_post(referred, sent=sent)
    form = intake.FORMS[own.form](intake.typed(own)) if own else None
    context = {
        "reference": reference,
        "answer_by": intake.answer_promised_by(own or referred),
        "contact_phrase": Lead(contact_by=form["contact_by"].value()).contact_phrase if form else "",
        "sent": [(label, said) for label, said in form.said().items() if said] if form else None,
    }
    return render(request, "enrollment/thanks.html", context)


def _form_view(request: HttpRequest, kind: str, template: str, context: dict) -> HttpResponse:
    if request.method != "POST":
        form = intake.FORMS[kind](initial=_initial(request))
        return render(request, template, context | {"form": form})
    submission = posts.find_repeat(request.POST)
    if submission is None:
        address = client_address(request)
        if wait := seconds_to_wait(address or "unknown", post=posts.fingerprint(request.POST)):
            return _too_many(request, kind, template, context, wait)
        account = request.user if request.user.is_authenticated else None
        submission = intake.record(
            form=kind,
            data=request.POST,
            address=address,
            account=account,
            attribution=read_touches(request),
        )
    if refused := intake.settle(submission):
        refused.data = MultiValueDict({**dict(refused.data), "key": [str(uuid4())]})
        return render(request, template, context | {"form": refused}, status=422)
    assign_soon()
    reference = intake.reference_for(submission)
    response = redirect("enrollment:thanks", reference=reference)
    response.set_signed_cookie(
        OWN_ENQUIRY_COOKIE,
        submission.reference,
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
