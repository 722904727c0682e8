"""A text as it is typed, shown for a real lead, and sent to oneself as a test. Nothing of it is saved."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import SignedInRequest
from enrollment.admin.forms.texts import TextPreviewForm
from enrollment.admin.permissions import manager_screen
from enrollment.admin.text_preview import Preview, find_for_preview, preview, sequence_of
from enrollment.errors import EnrollmentError
from enrollment.followups.trying import send_test
from enrollment.limits import seconds_until_free

TESTS_PER_WINDOW = 10


@manager_screen
@require_POST
def show(request: SignedInRequest) -> HttpResponse:
    """Show the typed text as the asked lead would get it."""
    form = TextPreviewForm(request.POST)
    return _answer(request, form)


@manager_screen
@require_POST
def send(request: SignedInRequest) -> HttpResponse:
    """Send the typed text, written for the asked lead, to whoever asks for it; once a press."""
    form = TextPreviewForm(request.POST)
    shown = _written(form)
    if shown is None or not form.cleaned_data["key"]:
        return _answer(request, form)
    if wait := seconds_until_free(f"text-test:{request.user.pk}", places=TESTS_PER_WINDOW):
        minutes = -(-wait // 60)
        said = ngettext(
            "These were many tests. Wait %(minutes)d minute.",
            "These were many tests. Wait %(minutes)d minutes.",
            minutes,
        ) % {"minutes": minutes}
        return _answer(request, form, shown=shown, problem=said, status=429)
    try:
        with transaction.atomic():
            message = send_test(
                shown.written,
                channel=form.instance.channel,
                actor=request.user,
                key=form.cleaned_data["key"],
            )
    except EnrollmentError as error:
        return _answer(request, form, shown=shown, problem=str(error), status=422)
    return _answer(
        request, form, shown=shown, said=_("The test is on its way to %(to)s.") % {"to": message.to}
    )


def _written(form: TextPreviewForm) -> Preview | None:
    """Return the text for the first lead that fits, or None for a text or lead that can't be shown."""
    if not form.is_valid():
        return None
    data = form.cleaned_data
    leads = find_for_preview(data["lead"], chosen=data["chosen"])
    if not leads:
        return None
    return preview(form.instance, leads[0], language=data["language"], sequence=sequence_of(data["saved"]))


def _answer(
    request: SignedInRequest,
    form: TextPreviewForm,
    *,
    shown: Preview | None = None,
    said: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the preview, alone for the script and as a page for a browser without it."""
    shown = shown or _written(form)
    data = form.cleaned_data if form.is_valid() else {}
    matches = find_for_preview(data["lead"]) if data.get("lead") else []
    context = {
        "form": form,
        "channel": form.instance.channel,
        "shown": shown,
        "matches": [lead for lead in matches if shown is None or lead.pk != shown.lead.pk],
        "said": said,
        "problem": problem,
    }
    is_fragment = request.headers.get("X-Requested-With") == "fetch"
    template = "_preview.html" if is_fragment else "preview.html"
    status = 422 if form.errors else status
    return render(request, f"enrollment/admin/sequences/{template}", context, status=status)
