"""Who sends a request: its network address, and whether our own pages do."""

from urllib.parse import urlsplit

import structlog
from allauth.account.adapter import get_adapter
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest

log = structlog.get_logger(__name__)


def client_address(request: HttpRequest) -> str | None:
    """Return the sender's network address, or None; a wrong proxy count is logged, not the sender's loss."""
    try:
        return get_adapter(request).get_client_ip(request)
    except PermissionDenied:
        return None
    except ImproperlyConfigured as error:
        log.error("client_address_unknown", reason=str(error))  # noqa: TRY400 - the line says it all
        return None


def is_same_origin(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this site sends it; without a word of the browser, no."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("Origin", ""))
    return origin.scheme == request.scheme and origin.netloc == request.get_host()
