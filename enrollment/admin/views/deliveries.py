"""Who got which message: the list, one message with its history, and what waits for a decision."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.core import signing
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin import messages as notices

from accounts.models import User
from enrollment.accesses import note_access
from enrollment.admin.deliveries import (
    QUEUES,
    Delivery,
    DeliveryFilters,
    as_deliveries,
    kinds_in,
    queue_counts,
    queue_of,
    visible_messages,
    with_what_happened,
)
from enrollment.admin.paging import KeysetPaginator
from enrollment.admin.permissions import StaffRequest, desk_screen
from enrollment.errors import EnrollmentError
from enrollment.forms import is_key
from enrollment.models import DataAccess
from enrollment.settling import Choice, SettledMeanwhile, settle
from outbox.ledger import happenings, readable_text
from outbox.models import Message

ROWS = 50
MOST_AT_ONCE = 500
SAMPLE = 10
TOLD = 100
UNDO_SALT = "enrollment.deliveries"
UNDO_SECONDS = 24 * 60 * 60
CHOICES = {
    "unclear": [Choice.ARRIVED, Choice.AGAIN, Choice.GIVE_UP],
    "failed": [Choice.AGAIN, Choice.DONE],
}
SETTLED = {
    Choice.ARRIVED: gettext_lazy("Noted: it arrived."),
    Choice.AGAIN: gettext_lazy("It leaves again within seconds."),
    Choice.GIVE_UP: gettext_lazy("Given up."),
    Choice.DONE: gettext_lazy("Put away."),
    Choice.BACK: gettext_lazy("It is among the refused ones again."),
}


@desk_screen
@require_safe
def deliveries(request: StaffRequest) -> HttpResponse:
    """List messages, the newest due first; who looked at them is noted."""
    query = _kept(request.GET, "q", *DeliveryFilters.base_fields)
    filters = DeliveryFilters(query)
    found = filters.narrow(visible_messages(request.user))
    paginator = _paginator(found, ordering="-due_at", query=query)
    rows = _shown(request, paginator, query=query)
    context = {
        "filters": filters,
        "narrowed": len(query.keys() - {"q"}),
        "rows": rows,
        "paginator": paginator,
        "page_obj": paginator.page,
        "list_query": query.urlencode(),
        "index_url": reverse("desk:deliveries"),
        "queues": queue_counts(request.user),
        "here": "all",
    }
    status = 200 if filters.is_valid() else 422
    return render(request, "enrollment/admin/deliveries/list.html", context, status=status)


@desk_screen
@require_safe
def queue(request: StaffRequest, name: str) -> HttpResponse:
    """Show what waits for a decision, the oldest first."""
    query = _kept(request.GET, "channel", "why")
    waiting = queue_of(name, user=request.user)
    paginator = _paginator(_of_kind(waiting, query), ordering="due_at", query=query)
    rows = _shown(request, paginator, query=query)
    context = {
        "rows": rows,
        "paginator": paginator,
        "page_obj": paginator.page,
        "list_query": query.urlencode(),
        "index_url": _queue_url(name),
        "queues": queue_counts(request.user),
        "kinds": kinds_in(waiting),
        "chosen_kind": query,
        "choices": CHOICES[name],
        "here": name,
    }
    return render(request, "enrollment/admin/deliveries/queue.html", context)


@desk_screen
@require_safe
def delivery(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one message and all that happened to it."""
    return _show(request, _message(request, pk))


@desk_screen
@require_POST
def settle_one(request: StaffRequest, pk: int, choice: str) -> HttpResponse:
    """Carry out a decision on one message; 409 with what happened meanwhile when it comes too late."""
    message = _message(request, pk)
    shown = QUEUES.get(request.POST.get("queue", ""))
    if choice not in Choice or shown is None:
        raise Http404
    try:
        settle(message, choice, shown=shown, actor=request.user)
    except EnrollmentError as error:
        status = 409 if isinstance(error, SettledMeanwhile) else 422
        return _show(request, _message(request, pk), problem=str(error), status=status)
    notices.success(request, str(SETTLED[Choice(choice)]))
    if request.POST.get("from") == "queue":
        return redirect(_queue_url(request.POST["queue"], request.POST.get("query", "")))
    return redirect("desk:delivery", pk)


@dataclass
class Outcome:
    """What became of the messages of one press."""

    settled: list[int] = field(default_factory=list)
    refused: list[tuple[Delivery, str]] = field(default_factory=list)


@desk_screen
@require_POST
def settle_many(request: StaffRequest, name: str, choice: str) -> HttpResponse:
    """Ask about the chosen messages of a queue; once confirmed, settle each and tell what came of it."""
    if choice not in CHOICES[name]:
        raise Http404
    query = _kept(QueryDict(request.POST.get("query", "")), "channel", "why")
    keys = _chosen(request, name, query)
    if not keys:
        notices.error(request, _("Tick at least one message first, or choose all of them."))
        return redirect(_queue_url(name, query.urlencode()))
    if "confirmed" not in request.POST:
        return _confirm(request, name, choice, keys=keys, query=query)
    note_access(
        actor=request.user,
        kind=DataAccess.Kind.BULK,
        count=len(keys),
        query=f"messages, {name}: {choice} {query.urlencode()}".strip(),
    )
    outcome = _settle_all(keys, choice, shown=QUEUES[name], user=request.user)
    token = ""
    if choice == Choice.DONE and outcome.settled:
        token = signing.dumps([request.user.pk, outcome.settled], salt=UNDO_SALT, compress=True)
    return _tell(request, name, outcome, title=Choice(choice).label, token=token)


@desk_screen
@require_POST
def undo(request: StaffRequest) -> HttpResponse:
    """Bring back what the same person put away."""
    try:
        by, keys = signing.loads(request.POST.get("token", ""), salt=UNDO_SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        by, keys = None, []
    if by != request.user.pk:
        notices.error(request, _("This can't be undone any more. Look the messages up under All instead."))
        return redirect(_queue_url("failed"))
    outcome = _settle_all(keys, Choice.BACK, shown=Message.State.FAILED, user=request.user)
    return _tell(request, "failed", outcome, title=_("Undo"), token="")


def _settle_all(keys: list[int], choice: str, *, shown: str, user: User) -> Outcome:
    """Settle each message in a transaction of its own; one that refuses leaves the others alone."""
    outcome = Outcome()
    refused: dict[int, str] = {}
    for message in visible_messages(user).filter(pk__in=keys).order_by("due_at", "pk"):
        try:
            settle(message, choice, shown=shown, actor=user)
            outcome.settled.append(message.pk)
        except EnrollmentError as error:
            refused[message.pk] = str(error)
    rows = as_deliveries(with_what_happened(Message.objects.filter(pk__in=refused)))
    outcome.refused = [(row, refused[row.message.pk]) for row in rows]
    return outcome


def _chosen(request: StaffRequest, name: str, query: QueryDict) -> list[int]:
    """Return the messages confirmed before, all of the kind, or the ticked ones; at most MOST_AT_ONCE."""
    post = request.POST
    waiting = queue_of(name, user=request.user).order_by("due_at", "pk").values_list("pk", flat=True)
    if post.get("scope") == "matching" and not post.get("keys"):
        return list(_of_kind(waiting, query)[:MOST_AT_ONCE])
    ticked = post["keys"].split(",") if post.get("keys") else post.getlist("message")
    return [int(key) for key in ticked if is_key(key)][:MOST_AT_ONCE]


def _of_kind(waiting: QuerySet, query: QueryDict) -> QuerySet:
    exact = {"channel": "channel", "why": "last_error"}
    return waiting.filter(**{column: query[name] for name, column in exact.items() if name in query})


def _confirm(
    request: StaffRequest, name: str, choice: str, *, keys: list[int], query: QueryDict
) -> HttpResponse:
    sample = with_what_happened(visible_messages(request.user).filter(pk__in=keys[:SAMPLE]))
    context = {
        "name": name,
        "choice": Choice(choice),
        "count": len(keys),
        "keys": ",".join(map(str, keys)),
        "sample": as_deliveries(sample.order_by("due_at", "pk")),
        "more": len(keys) - SAMPLE,
        "most": MOST_AT_ONCE if len(keys) == MOST_AT_ONCE else 0,
        "query": query.urlencode(),
        "queue_url": _queue_url(name, query.urlencode()),
    }
    return render(request, "enrollment/admin/deliveries/confirm.html", context)


def _tell(request: StaffRequest, name: str, outcome: Outcome, *, title: Any, token: str) -> HttpResponse:
    context = {
        "title": title,
        "settled": len(outcome.settled),
        "refused": outcome.refused[:TOLD],
        "more": len(outcome.refused) - TOLD,
        "refused_count": len(outcome.refused),
        "token": token,
        "queue_url": _queue_url(name),
    }
    return render(request, "enrollment/admin/deliveries/result.html", context)


def _show(request: StaffRequest, message: Message, *, problem: str = "", status: int = 200) -> HttpResponse:
    row = as_deliveries([message])[0]
    waits = next((name for name in QUEUES if queue_of(name, user=request.user).filter(pk=message.pk)), "")
    context = {
        "row": row,
        "message": message,
        "lines": happenings(message),
        "text": readable_text(message),
        "problem": problem,
        "queue": waits,
        "choices": CHOICES.get(waits, []),
    }
    return render(request, "enrollment/admin/deliveries/message.html", context, status=status)


def _message(request: StaffRequest, pk: int) -> Message:
    return get_object_or_404(with_what_happened(visible_messages(request.user)), pk=pk)


def _paginator(found: QuerySet[Message], *, ordering: str, query: QueryDict) -> KeysetPaginator:
    rows = with_what_happened(Message.objects.defer("text"))
    mark = sha256(query.urlencode().encode()).hexdigest()[:12]
    return KeysetPaginator(found, rows=rows, ordering=ordering, size=ROWS, listing=mark)


def _shown(request: StaffRequest, paginator: KeysetPaginator, *, query: QueryDict) -> list[Delivery]:
    """Return the rows of the asked page and note who saw how many people's addresses."""
    page = paginator.get_page(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    rows = as_deliveries(page)
    if rows:
        note_access(
            actor=request.user,
            kind=DataAccess.Kind.DELIVERIES,
            count=len({row.message.to.lower() for row in rows}),
            query=query.urlencode(),
        )
    return rows


def _kept(query: QueryDict, *names: str) -> QueryDict:
    """Return what an address says about a list, without page and empty values."""
    kept = QueryDict(mutable=True)
    for name in names:
        if value := query.get(name, "").replace("\0", "").strip():
            kept[name] = value
    return kept


def _queue_url(name: str, query: str = "") -> str:
    address = reverse(f"desk:deliveries-{name}")
    return f"{address}?{query}" if query else address
