"""What a request leaves behind in the log: no secret and nothing that people searched for."""

import structlog
from allauth.account.adapter import get_adapter
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

from lms.masking import without_secrets


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
