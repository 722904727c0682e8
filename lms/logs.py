"""What a request leaves behind in logs and error reports: no secret and nothing that people searched for."""

import re
from typing import Any

import structlog
from allauth.account.adapter import get_adapter
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

_SECRET_PART = re.compile(r"(/password/reset/key/|/confirm-email/|/unsubscribe/)[^/?]+")


def without_secrets(address: str) -> str:
    """Return an address without its query, and with the keys in its path masked."""
    return _SECRET_PART.sub(r"\1-", address.partition("?")[0])


class RequestLog(RequestMiddleware):
    """Logs each request with its masked path and the address that our own proxies vouch for."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {without_secrets(request.path)}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        try:
            address = get_adapter(request).get_client_ip(request)
        except (ImproperlyConfigured, PermissionDenied):
            address = None
        structlog.contextvars.bind_contextvars(ip=address)


def scrub_report(event: Any, hint: dict[str, Any]) -> Any:
    """Take queries, form fields, cookies and keys out of an error report before it leaves for Sentry."""
    if request := event.get("request"):
        event["request"] = {
            "method": request.get("method", ""),
            "url": without_secrets(request.get("url", "")),
        }
    return event
