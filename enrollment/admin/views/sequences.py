"""Switching a sequence on and off, after saying what will happen."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from accounts.access import SignedInRequest
from enrollment.admin.permissions import manager_screen
from enrollment.admin.sequences import overview
from enrollment.followups.switching import SequenceNotReady, switch_off, switch_on
from enrollment.models import Sequence


@manager_screen
@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say what switching does, then do what was said: a press on an old screen never does the opposite."""
    sequence = get_object_or_404(Sequence.objects.select_related("course", "stage"), pk=pk)
    if request.method != "POST":
        return _asked(request, sequence)
    try:
        _switch(request, sequence)
    except SequenceNotReady:
        return _asked(request, sequence, status=422)
    return redirect("sequences:edit", pk)


def _switch(request: SignedInRequest, sequence: Sequence) -> None:
    name = {"name": sequence.name}
    if request.POST.get("to") == "on":
        if switch_on(sequence, actor=request.user):
            messages.success(request, _("“%(name)s” is on. People enter from now on.") % name)
        else:
            messages.info(request, _("“%(name)s” was on already.") % name)
    elif request.POST.get("to") == "off":
        if switch_off(sequence, actor=request.user):
            messages.success(request, _("“%(name)s” is off. Nobody enters, and nothing of it leaves.") % name)
        else:
            messages.info(request, _("“%(name)s” was off already.") % name)


def _asked(request: HttpRequest, sequence: Sequence, *, status: int = 200) -> HttpResponse:
    title = _("Switch the sequence off?") if sequence.is_on else _("Switch the sequence on?")
    context = {"title": title, **overview(sequence)}
    return render(request, "enrollment/admin/sequences/switch.html", context, status=status)
