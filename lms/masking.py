"""Taking secrets out of what is logged or reported; imports no Django, since the settings use it."""

import re
from typing import Any

_SECRET_PART = re.compile(r"(/password/reset/key/|/confirm-email/|/unsubscribe/|/waiting/offer/)[^/?]+")


def without_secrets(address: str) -> str:
    """Return an address without its query, and with the keys in its path masked."""
    return _SECRET_PART.sub(r"\1-", address.partition("?")[0])


def scrub_report(event: Any, hint: dict[str, Any]) -> Any:
    """Take queries, form fields, cookies and keys out of an error report before it leaves for Sentry."""
    if request := event.get("request"):
        event["request"] = {
            "method": request.get("method", ""),
            "url": without_secrets(request.get("url", "")),
        }
    return event
