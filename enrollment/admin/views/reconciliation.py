"""The daily count of posts at the door, and those of which no lead was made."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages

from accounts.access import SignedInRequest
from courses import wall_clock
from enrollment import intake
from enrollment.accesses import note_access
from enrollment.admin.permissions import manager_screen
from enrollment.elsewhere import CapturedForm, DeskForm
from enrollment.figures.clicks import presses_by_page
from enrollment.figures.periods import Period
from enrollment.forms import EnquiryForm
from enrollment.models import DataAccess, Submission
from enrollment.reconciliation import DayCount, count_days, unused_posts
from enrollment.spreadsheets import FORMATS, table_response

DAYS_SHOWN = 14
MOST_DAYS = 92
COUNTS = ("posts", "leads", "added", "spam", "rejected", "waiting", "difference")


class PeriodForm(forms.Form):
    """From which day to which day to count."""

    first = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if not first or not last:
            return cleaned
        if last == date.max or not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
            self.add_error("last", _("Choose a day after the first, at most %s days in all.") % MOST_DAYS)
        return cleaned


@manager_screen
@require_safe
def overview(request: SignedInRequest) -> HttpResponseBase:
    """Show per day and form what became of the posts, and the presses of Call and WhatsApp."""
    today = wall_clock.today()
    usual = {"first": today - timedelta(days=DAYS_SHOWN - 1), "last": today}
    form = PeriodForm(request.GET if "first" in request.GET else usual)
    first, last = (
        (form.cleaned_data["first"], form.cleaned_data["last"]) if form.is_valid() else usual.values()
    )
    if request.GET.get("export") in FORMATS:
        return _download(request.GET["export"], request.GET.get("table", ""), first, last)
    days = count_days(first, last)
    context = {
        "form": form,
        "first": first,
        "last": last,
        "days": days,
        "totals": {name: sum(getattr(day, name) for day in days) for name in COUNTS},
        "uneven": [day for day in days if day.difference],
        "presses": presses_by_page(Period(first, last)),
    }
    status = 200 if form.is_valid() else 422
    return render(request, "enrollment/admin/reconciliation/overview.html", context, status=status)


@manager_screen
@require_safe
def posts(request: SignedInRequest) -> HttpResponse:
    """List the newest posts that made no lead, with their senders' data hidden."""
    return render(request, "enrollment/admin/reconciliation/posts.html", {"posts": unused_posts()})


@manager_screen
@require_http_methods(["GET", "HEAD", "POST"])
def post(request: SignedInRequest, reference: str) -> HttpResponse:
    """Show one such post in full, which is noted, and make a lead of it."""
    submission = get_object_or_404(Submission.objects.select_related("lead"), reference=reference)
    if submission.lead:
        messages.info(request, _("This post belongs to a lead already."))
        return redirect("leads:inspect", submission.lead.pk)
    form = _form(submission, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        lead = intake.settle_by_hand(submission=submission, form=form, actor=request.user)
        messages.success(request, _("%(reference)s is a lead now.") % {"reference": lead.reference})
        return redirect("leads:inspect", lead.pk)
    note_access(actor=request.user, kind=DataAccess.Kind.RECONCILIATION, count=1, query=reference)
    context = {"form": form, "post": submission, "why": _why(submission)}
    status = 422 if form.errors else 200
    return render(request, "enrollment/admin/reconciliation/post.html", context, status=status)


def _form(submission: Submission, data: Any) -> EnquiryForm:
    """Return the form with what was posted; a way to reach the person is all that it insists on."""
    said = {name: values[-1] for name, values in json.loads(submission.payload).items() if values}
    said.pop("website", None)
    interest = intake.INTERESTS.get(Submission.Form(submission.form))
    form = DeskForm if submission.form == Submission.Form.DESK else CapturedForm
    return form(data, initial={"interest": interest, "source": "phone"} | said)


def _why(submission: Submission) -> list[str]:
    """Say why no lead was made of a post."""
    if submission.outcome == Submission.Outcome.SPAM:
        return [_("A field that people don't see was filled in, as programs do.")]
    form = intake.FORMS[submission.form](intake.typed(submission))
    return [f"{form[name].label}: {error}" for name, errors in form.errors.items() for error in errors]


def _download(file_format: str, table: str, first: date, last: date) -> HttpResponseBase:
    headings: Sequence[str]
    rows: list[list[Any]]
    if table == "clicks":
        headings = [_("Page"), _("Call"), _("WhatsApp")]
        pressed = presses_by_page(Period(first, last))
        rows = [[page, presses.call, presses.whatsapp] for page, presses in pressed.items()]
    else:
        headings = [
            _("Day"), _("Form"), _("Posts"), _("Leads"), _("Added to known leads"), _("Spam"), _("Not valid"),
            _("Waiting"), _("Difference"), _("Unexplained"),
        ]  # fmt: skip
        rows = [_row(day) for day in count_days(first, last)]
    name = f"{'clicks' if table == 'clicks' else 'posts'}-{first}-{last}"
    return table_response(name=name, file_format=file_format, headings=headings, rows=rows)


def _row(day: DayCount) -> list[Any]:
    counts = [getattr(day, name) for name in COUNTS]
    return [day.day.isoformat(), day.form_name, *counts, " ".join(day.unexplained)]
