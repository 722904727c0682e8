"""Addresses at which providers tell what became of messages, and what people write.

Nothing is read before its signature fits, and a refusal says no more than that it is one. What is not
known is taken quietly: a provider that gets an error tries again for days.
"""

import json
from collections.abc import Callable, Iterator
from functools import wraps
from json import JSONDecodeError
from typing import Any, Protocol

import structlog
from anymail import urls as anymail_urls
from anymail.exceptions import AnymailInvalidAddress
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from outbox import replies, reports
from outbox.channels import sms_webhook, whatsapp_webhook
from outbox.replies import Heard
from outbox.reports import Told

log = structlog.get_logger(__name__)

LONGEST_EVENT = 1024 * 1024
LONGEST_MAIL = 25 * 1024 * 1024
"""Bytes of a mail that somebody sends us, with what is attached; the proxy takes no more either."""

MOST_DIGITS = 12
"""Of a length that is looked at."""


class Webhook(Protocol):
    """A module that reads what a provider tells."""

    def reports_in(self, body: dict[str, Any]) -> Iterator[Told]: ...

    def answers_in(self, body: dict[str, Any]) -> Iterator[Heard]: ...


type View = Callable[..., HttpResponse]


def bounded(limit: int) -> Callable[[View], View]:
    """Return a decorator that reads a body of up to `limit` bytes, and refuses a longer one unread."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            announced = request.headers.get("Content-Length") or "0"
            if not announced.isdecimal() or len(announced) > MOST_DIGITS or int(announced) > limit:
                return HttpResponse(status=413)
            if request.content_type != "multipart/form-data":  # those go to files by themselves
                request._body = request.read(limit)  # past Django's own limit
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
@bounded(LONGEST_EVENT)
def whatsapp(request: HttpRequest) -> HttpResponse:
    """GET answers the challenge with which WhatsApp makes sure of the address; POST takes what it tells."""
    if request.method == "GET":
        return _answer_challenge(request)
    if not whatsapp_webhook.is_signed(request.body, request.headers.get("X-Hub-Signature-256", "")):
        return _refuse("whatsapp")
    return _take(request, whatsapp_webhook)


@csrf_exempt
@never_cache
@require_POST
@bounded(LONGEST_EVENT)
def sms(request: HttpRequest) -> HttpResponse:
    """Take what the SMS gateway tells."""
    signature = request.headers.get("X-Signature", "")
    timestamp = request.headers.get("X-Timestamp", "")
    if not sms_webhook.is_signed(request.body, timestamp=timestamp, signature=signature):
        return _refuse("sms")
    return _take(request, sms_webhook)


def mail_addresses(provider: str) -> list[URLPattern]:
    """Return django-anymail's addresses for a mail provider, which ask for the password in each of them."""
    return [
        URLPattern(each.pattern, bounded(LONGEST_MAIL)(_readable(each.callback)), name=each.name)
        for each in anymail_urls.urlpatterns
        if provider and each.name.startswith(f"{provider}_")
    ]


def _readable(view: View) -> View:
    """Return a view that refuses what it can't read: no JSON, half a character, an address that is none."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (JSONDecodeError, UnicodeError, RecursionError, AnymailInvalidAddress) as error:
            log.warning("event_not_readable", channel="email", error=type(error).__name__)
            return HttpResponse(status=400)

    return wrapped


def _answer_challenge(request: HttpRequest) -> HttpResponse:
    token = settings.WHATSAPP_VERIFY_TOKEN
    fits = constant_time_compare(request.GET.get("hub.verify_token", ""), token)
    if not token or not fits or request.GET.get("hub.mode") != "subscribe":
        return _refuse("whatsapp")
    return HttpResponse(request.GET.get("hub.challenge", ""), content_type="text/plain")


def _refuse(channel: str) -> HttpResponse:
    log.warning("event_not_signed", channel=channel)
    return HttpResponse(status=403)


def _take(request: HttpRequest, webhook: Webhook) -> HttpResponse:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return HttpResponse(status=400)
    for told in webhook.reports_in(body):
        reports.take(told)
    for heard in webhook.answers_in(body):
        replies.take(heard)
    return HttpResponse(status=200)
