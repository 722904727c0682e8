"""Writing down an enquiry that came by phone, over the counter or by referral."""

from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from accounts.access import SignedInRequest
from accounts.models import User
from enrollment import intake, posts
from enrollment.admin.permissions import desk_screen, may_manage_leads
from enrollment.assignment import assign_soon
from enrollment.elsewhere import DeskForm
from enrollment.models import Submission


@desk_screen
@require_http_methods(["GET", "HEAD", "POST"])
def add_lead(request: SignedInRequest) -> HttpResponse:
    """Show and take the desk's own form; a post is kept before it is checked, as one of the site is."""
    if request.method != "POST":
        initial = {"key": str(uuid4()), "owner": request.user.pk}
        return _show(request, _for(request.user, DeskForm(initial=initial)))
    typed = _for(request.user, DeskForm(request.POST))
    if typed.has_error("owner"):
        return _show(request, typed, status=422)
    submission = posts.find_repeat(request.POST) or intake.record(
        form=Submission.Form.DESK, data=request.POST, address=None, account=request.user
    )
    if intake.settle(submission):
        typed.data = MultiValueDict({**dict(typed.data), "key": [str(uuid4())]})
        return _show(request, typed, status=422)
    assign_soon()
    submission.refresh_from_db()
    return _to_lead(request, submission)


def _to_lead(request: SignedInRequest, submission: Submission) -> HttpResponse:
    lead = submission.lead
    if lead is None:
        messages.info(request, _("This enquiry was written down already."))
        return redirect("leads:list")
    if submission.outcome == Submission.Outcome.REPEATED:
        said = _("%(name)s is known already: the enquiry is added to their lead %(reference)s.")
    else:
        said = _("Lead %(reference)s made for %(name)s.")
    messages.success(request, said % {"name": lead.person.name, "reference": lead.reference})
    return redirect("leads:inspect", lead.pk)


def _for(user: User, form: DeskForm) -> DeskForm:
    """Offer everybody as owner to admissions leads, and only themselves to others."""
    if not may_manage_leads(user):
        owners = form.fields["owner"]
        owners.queryset = owners.queryset.filter(pk=user.pk)  # type: ignore[attr-defined]
    return form


def _show(request: SignedInRequest, form: DeskForm, *, status: int = 200) -> HttpResponse:
    return render(request, "enrollment/admin/adding/add.html", {"form": form}, status=status)
