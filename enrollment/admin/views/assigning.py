"""Leads without an owner, and the leads of people who are away."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from accounts.access import SignedInRequest
from accounts.models import User
from enrollment.access import admissions_workers
from enrollment.admin.forms.base import KeyField
from enrollment.admin.needs import about
from enrollment.admin.now import roster_for
from enrollment.admin.permissions import manager_screen
from enrollment.assignment import assign_waiting, given_by_hand, hand_over, why_waiting
from enrollment.models import Lead

SHOWN = 50


class HandOverForm(forms.Form):
    """Who gets the leads."""

    to = KeyField(
        label=gettext_lazy("Give them to"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("The other counsellors, in turn"),
        error_messages={"invalid_choice": gettext_lazy("Choose somebody from the list")},
    )

    def __init__(self, data: Any = None, *, owner: User) -> None:
        super().__init__(data)
        self.fields["to"].queryset = admissions_workers().exclude(pk=owner.pk)  # type: ignore[attr-defined]


@manager_screen
@require_http_methods(["GET", "HEAD", "POST"])
def unassigned(request: HttpRequest) -> HttpResponse:
    """Show the open leads that nobody owns and what each waits for; POST gives those that can be given."""
    if request.method == "POST":
        given = assign_waiting()
        said = ngettext("%(count)d lead was given.", "%(count)d leads were given.", given) % {"count": given}
        messages.success(request, said if given else _("Nobody can take a lead now; see why below."))
        return redirect("desk:unassigned")
    leads = Lead.objects.open().filter(owner=None).annotate(by_hand=given_by_hand())
    found = list(leads.select_related("person", "course", "stage").order_by("created_at", "pk")[: SHOWN + 1])
    roster = roster_for(request)
    rows = [(lead, about(lead), why_waiting(lead, roster, by_hand=lead.by_hand)) for lead in found[:SHOWN]]
    context = {"rows": rows, "has_more": len(found) > SHOWN, "has_counsellors": bool(roster.seats)}
    return render(request, "enrollment/admin/assigning/unassigned.html", context)


@manager_screen
@require_http_methods(["GET", "HEAD", "POST"])
def reassign(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask who gets the open leads of one person, and give them."""
    owner = get_object_or_404(User, pk=pk)
    form = HandOverForm(request.POST or None, owner=owner)
    if request.method == "POST" and form.is_valid():
        handed = hand_over(owner=owner, to=form.cleaned_data["to"], actor=request.user)
        said = ngettext("%(count)d lead was given.", "%(count)d leads were given.", handed.given)
        messages.success(request, said % {"count": handed.given})
        if handed.left:
            stay = ngettext(
                "%(count)d lead stays with %(name)s: nobody else takes its course and has room.",
                "%(count)d leads stay with %(name)s: nobody else takes their course and has room.",
                handed.left,
            )
            messages.warning(request, stay % {"count": handed.left, "name": owner})
        return redirect("counsellors:list")
    context = {"owner": owner, "form": form, "count": Lead.objects.open().filter(owner=owner).count()}
    status = 422 if form.errors else 200
    return render(request, "enrollment/admin/assigning/hand_over.html", context, status=status)
