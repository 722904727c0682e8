"""Doing something to many leads: a page that says to how many and to whom, then what became of each."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.auth import permission_denied

from accounts.access import SignedInRequest
from enrollment.accesses import note_access
from enrollment.admin.bulk import ACTIONS, BulkAction, NothingToUndo, Outcome, apply_to, undo, undo_token
from enrollment.admin.exports import export_leads
from enrollment.admin.filters import UnclearFilter, list_query, list_url, matching_leads
from enrollment.admin.permissions import desk_screen
from enrollment.forms import is_key
from enrollment.models import DataAccess, Lead

SAMPLE = 10
"""Names on the confirmation page."""
TOLD = 100
"""Refused leads on the result page."""
ALL = "matching"


class CantChoose(Exception):
    """No leads can be taken from the post; the words say what to do."""


@dataclass(frozen=True)
class Selection:
    """The leads that an action is about."""

    leads: QuerySet[Lead]
    count: int
    query: str
    """The filters of the list that they were chosen from."""
    keys: str
    """The leads themselves, so that what is confirmed is what is changed; empty where the filters say it."""
    is_all: bool

    @property
    def said(self) -> str:
        """Which leads, for the record of accesses."""
        if self.is_all:
            return self.query
        references = self.leads.order_by("pk").values_list("reference", flat=True)[:SAMPLE]
        more = "…" if self.count > SAMPLE else ""
        return f"{self.query} ({', '.join(references)}{more})".strip()


@desk_screen
@require_POST
def bulk(request: SignedInRequest, name: str) -> HttpResponseBase:
    """Ask about the chosen leads; when that was confirmed, change them and tell what became of each."""
    action = ACTIONS.get(name)
    if action is None:
        raise Http404
    if not action.is_for(request.user):
        return permission_denied(request)
    try:
        selection = _selection(request, action)
    except CantChoose as problem:
        messages.error(request, str(problem))
        return redirect(list_url(list_query(QueryDict(request.POST.get("query", "")))))
    confirmed = "confirmed" in request.POST
    form = action.form(request.POST if confirmed else None, actor=request.user, count=selection.count)
    if not confirmed or not form.is_valid():
        return _confirm(request, action, selection=selection, form=form)
    if action.apply is None:
        return export_leads(
            selection.leads.order_by("-created_at", "-pk"),
            file_format=form.cleaned_data["file_format"],
            actor=request.user,
            query=selection.said,
        )
    note_access(
        actor=request.user,
        kind=DataAccess.Kind.BULK,
        count=selection.count,
        query=f"{action.name}: {selection.said}",
    )
    outcome = apply_to(
        selection.leads.select_related("person", "owner", "stage"),
        action=action,
        data=form.cleaned_data,
        actor=request.user,
    )
    token = undo_token(outcome, action=action, actor=request.user)
    return _tell(request, outcome, title=action.label, token=token, query=selection.query)


@desk_screen
@require_POST
def undo_bulk(request: SignedInRequest) -> HttpResponse:
    """Take a bulk action back."""
    query = list_query(QueryDict(request.POST.get("query", "")))
    try:
        outcome = undo(request.POST.get("token", ""), actor=request.user)
    except NothingToUndo:
        messages.error(
            request, _("This can't be undone any more: a day has passed. Change the leads one by one.")
        )
        return redirect(list_url(query))
    return _tell(request, outcome, title=_("Undo"), token="", query=query)


def _selection(request: SignedInRequest, action: BulkAction) -> Selection:
    """Return what was chosen: the leads confirmed before, all that match, or the ticked ones."""
    post = request.POST
    query = list_query(QueryDict(post.get("query", "")))
    if post.get("scope") == ALL and not post.get("keys"):
        return _all_matching(request, action, query)
    ticked = post["keys"].split(",") if post.get("keys") else post.getlist("lead")
    keys = {int(key) for key in ticked if is_key(key)}
    _refuse_too_many(len(keys), action)
    return _of_keys(sorted(Lead.objects.filter(pk__in=keys).values_list("pk", flat=True)), query)


def _all_matching(request: SignedInRequest, action: BulkAction, query: str) -> Selection:
    try:
        leads = matching_leads(QueryDict(query), request=request)
    except UnclearFilter:
        raise CantChoose(_("One of the filters means nothing. Take it away first.")) from None
    if action.limit is None:
        return Selection(leads, count=leads.order_by().count(), query=query, keys="", is_all=True)
    keys = list(leads.order_by().values_list("pk", flat=True)[: action.limit + 1])
    _refuse_too_many(len(keys), action)
    return _of_keys(keys, query)


def _of_keys(keys: list[int], query: str) -> Selection:
    if not keys:
        raise CantChoose(_("Tick at least one lead first, or choose all that match."))
    leads = Lead.objects.filter(pk__in=keys).order_by("-created_at", "-pk")
    return Selection(leads, count=len(keys), query=query, keys=",".join(map(str, keys)), is_all=False)


def _refuse_too_many(count: int, action: BulkAction) -> None:
    if action.limit is not None and count > action.limit:
        raise CantChoose(
            _("More than %(limit)s leads are too many for one press. Narrow the list, by date for "
              "example, and do it in parts.") % {"limit": f"{action.limit:,}"}
        )  # fmt: skip


def _confirm(
    request: SignedInRequest, action: BulkAction, *, selection: Selection, form: Any
) -> HttpResponse:
    sample = list(selection.leads.select_related("person", "stage").order_by("-created_at", "-pk")[:SAMPLE])
    context = {
        "action": action,
        "selection": selection,
        "form": form,
        "sample": sample,
        "more": selection.count - len(sample),
        "list_url": list_url(selection.query),
    }
    status = 422 if form.is_bound else 200
    return render(request, "enrollment/admin/bulk/confirm.html", context, status=status)


def _tell(request: SignedInRequest, outcome: Outcome, *, title: Any, token: str, query: str) -> HttpResponse:
    changed = len(outcome.changed)
    context = {
        "title": title,
        "changed": ngettext("%(count)s lead changed", "%(count)s leads changed", changed)
        % {"count": f"{changed:,}"},
        "outcome": outcome,
        "refused": outcome.refused[:TOLD],
        "more": len(outcome.refused) - TOLD,
        "token": token,
        "query": query,
        "list_url": list_url(query),
    }
    return render(request, "enrollment/admin/bulk/result.html", context)
