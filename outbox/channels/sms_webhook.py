"""What an SMS gateway tells: what became of messages, and what people write. See docs/operations.md."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from outbox.models import Channel, Report
from outbox.replies import Heard
from outbox.reports import Told, event_id

CLOCK_TOLERANCE = timedelta(minutes=5)
_REPORTS = {
    "sent": "",
    "delivered": Report.DELIVERED,
    "failed": Report.FAILED,
    "invalid_number": Report.BOUNCED,
}


def is_signed(body: bytes, *, timestamp: str, signature: str) -> bool:
    """Whether the gateway signed this body lately; nothing is, where there is no secret."""
    secret = settings.SMS_WEBHOOK_SECRET
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    fits = constant_time_compare(signature, f"sha256={mac}")
    sent_at = _time(timestamp)
    return bool(secret) and fits and sent_at is not None and abs(timezone.now() - sent_at) <= CLOCK_TOLERANCE


def reports_in(body: dict[str, Any]) -> Iterator[Told]:
    """Yield what became of messages."""
    for event in _events(body):
        if str(event.get("type")) in _REPORTS:
            yield Told(
                event_id=event_id(Channel.SMS, event["id"]),
                channel=Channel.SMS,
                kind=event["type"],
                report=_REPORTS[event["type"]],
                provider_id=str(event.get("message", "")),
                reference=str(event.get("reference", "")),
                address=str(event.get("number", "")),
                detail=str(event.get("detail", "")),
            )


def answers_in(body: dict[str, Any]) -> Iterator[Heard]:
    """Yield what people wrote."""
    for event in _events(body):
        if event.get("type") == "received" and event.get("number"):
            yield Heard(
                event_id=event_id(Channel.SMS, event["id"]),
                channel=Channel.SMS,
                sender=str(event["number"]),
                text=str(event.get("text", "")),
                answers=[str(event["message"])] if event.get("message") else [],
                at=_time(event.get("at")),
            )


def _events(body: dict[str, Any]) -> list[dict[str, Any]]:
    events = body.get("events")
    listed = events if isinstance(events, list) else []
    return [event for event in listed if isinstance(event, dict) and event.get("id")]


def _time(seconds: object) -> datetime | None:
    text = str(seconds)
    return datetime.fromtimestamp(int(text), tz=UTC) if text.isdecimal() and len(text) <= 10 else None
