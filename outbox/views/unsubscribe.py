"""The page behind the link to unsubscribe: looking changes nothing, a post acts, nobody logs in."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from outbox import unsubscribing
from outbox.unsubscribing import Receiver, Standing

ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""What mail programs post by themselves when somebody presses their own button (RFC 8058)."""


@dataclass(frozen=True)
class Topic:
    """One row of the list."""

    key: str
    label: str
    is_on: bool
    is_this: bool
    """Whether the message that brought the reader here was on it."""


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show what an address gets, and stop or allow it. The signed link is proof enough; no CSRF token."""
    receiver = unsubscribing.read_token(token)
    if receiver is None:
        return render(request, "outbox/unsubscribe_unknown.html", status=404)
    done, status = "", 200
    if request.method == "POST":
        done = _asked(request)
        if done in _DO:
            _DO[done](receiver, request)
        else:
            done, status = "", 400
    return _show(request, receiver, unsubscribing.standing_of(receiver), done=done, status=status)


def _asked(request: HttpRequest) -> str:
    if request.POST.get(ONE_CLICK[0]) == ONE_CLICK[1]:
        return "stop"
    return request.POST.get("do", "")


def _stop(receiver: Receiver, _request: HttpRequest) -> None:
    unsubscribing.stop_topic(receiver, receiver.topic)


def _stop_all(receiver: Receiver, _request: HttpRequest) -> None:
    unsubscribing.stop_everything(receiver)


def _choose(receiver: Receiver, request: HttpRequest) -> None:
    wanted = request.POST.getlist("topic")
    unsubscribing.choose(receiver, [topic for topic in settings.MESSAGE_TOPICS if topic in wanted])


def _take_back(receiver: Receiver, _request: HttpRequest) -> None:
    known = settings.MESSAGE_TOPICS
    unsubscribing.take_back(receiver, [receiver.topic] if receiver.topic in known else list(known))


_DO: dict[str, Callable[[Receiver, HttpRequest], None]] = {
    "stop": _stop,
    "stop-all": _stop_all,
    "choose": _choose,
    "back": _take_back,
}


def _show(
    request: HttpRequest, receiver: Receiver, standing: Standing, *, done: str, status: int
) -> HttpResponse:
    address = receiver.address()
    context = {
        "address": unsubscribing.masked(address) if address else "",
        "topic": settings.MESSAGE_TOPICS.get(receiver.topic, ""),
        "topics": [
            Topic(key, str(label), is_on=standing.gets(key), is_this=key == receiver.topic)
            for key, label in settings.MESSAGE_TOPICS.items()
        ],
        "standing": standing,
        "is_on": standing.gets(receiver.topic),
        "done": done,
    }
    response = render(request, "outbox/unsubscribe.html", context, status=status)
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is the key
    return response
