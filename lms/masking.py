"""Taking secrets out of what is logged or reported; imports no Django, since the settings use it."""

import logging
import re
from typing import Any

_SECRET_PART = re.compile(r"(/password/reset/key/|/confirm-email/|/unsubscribe/|/waiting/offer/)[^/?]+")


def without_secrets(address: str) -> str:
    """Return an address without its query, and with the keys in its path masked."""
    return _SECRET_PART.sub(r"\1-", address.partition("?")[0])


class MaskedPaths(logging.Filter):
    """Masks the keys in addresses that Django itself logs, as in "Not Found: /…"."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                _SECRET_PART.sub(r"\1-", each) if isinstance(each, str) else each for each in record.args
            )
        return True


def scrub_report(event: Any, hint: dict[str, Any]) -> Any:
    """Take queries, form fields, cookies and keys out of an error report before it leaves for Sentry."""
    if request := event.get("request"):
        event["request"] = {
            "method": request.get("method", ""),
            "url": without_secrets(request.get("url", "")),
        }
    return event
