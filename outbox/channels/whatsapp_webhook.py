"""What the WhatsApp Business Cloud API tells: what became of messages, and what people write."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.crypto import constant_time_compare

from outbox.channels.whatsapp import NOT_ON_WHATSAPP, WANTS_NO_OFFERS
from outbox.models import Channel, Report
from outbox.replies import Heard
from outbox.reports import Told, event_id

_REPORTS = {"sent": "", "delivered": Report.DELIVERED, "read": Report.READ, "failed": Report.FAILED}
_CAPTIONED = ("image", "video", "document")


def is_signed(body: bytes, signature: str) -> bool:
    """Whether WhatsApp signed this body with our app's secret; nothing is, where there is none."""
    secret = settings.WHATSAPP_APP_SECRET
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and constant_time_compare(signature, f"sha256={mac}")


def reports_in(body: dict[str, Any]) -> Iterator[Told]:
    """Yield what became of messages."""
    for value in _values(body):
        for status in _dicts(value.get("statuses")):
            if str(status.get("status")) in _REPORTS and status.get("id"):
                yield _told(status)


def answers_in(body: dict[str, Any]) -> Iterator[Heard]:
    """Yield what people wrote or pressed."""
    for value in _values(body):
        for message in _dicts(value.get("messages")):
            if message.get("type") != "system" and message.get("id") and _is_number(message.get("from")):
                yield Heard(
                    event_id=event_id(Channel.WHATSAPP, message["id"]),
                    channel=Channel.WHATSAPP,
                    sender=f"+{message['from']}",
                    text=_words(message),
                    answers=_answers(message),
                    at=_time(message.get("timestamp")),
                )


def _told(status: dict[str, Any]) -> Told:
    errors = _dicts(status.get("errors"))
    code = errors[0].get("code") if errors else None
    report = Report.BOUNCED if code == NOT_ON_WHATSAPP else _REPORTS[status["status"]]
    number = str(status.get("recipient_id", ""))
    return Told(
        event_id=event_id(Channel.WHATSAPP, status["id"], status["status"]),
        channel=Channel.WHATSAPP,
        kind=status["status"],
        report=report,
        provider_id=str(status["id"]),
        reference=str(status.get("biz_opaque_callback_data", "")),
        address=f"+{number}" if _is_number(number) else "",
        detail=f"{code} {errors[0].get('title', '')}".strip() if errors else "",
        unsubscribes=code == WANTS_NO_OFFERS,
    )


def _words(message: dict[str, Any]) -> str:
    """Return what was written, or the words on the button that was pressed; else what kind of thing came."""
    kind = str(message.get("type", ""))
    match message.get(kind):
        case {"body": str(text)} if kind == "text":
            return text
        case {"text": str(text)} if kind == "button":
            return text
        case {"button_reply": {"title": str(text)}} | {"list_reply": {"title": str(text)}}:
            return text
        case {"emoji": str(text)}:
            return text
        case {"caption": str(text)} if kind in _CAPTIONED:
            return f"[{kind}] {text}"
    return f"[{kind}]"


def _answers(message: dict[str, Any]) -> list[str]:
    match message:
        case {"context": {"id": str(wamid)}} | {"reaction": {"message_id": str(wamid)}}:
            return [wamid]
    return []


def _values(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parts of a notification that are about messages of our number."""
    for entry in _dicts(body.get("entry")):
        for change in _dicts(entry.get("changes")):
            value = change.get("value")
            if change.get("field") == "messages" and isinstance(value, dict) and _is_ours(value):
                yield value


def _is_ours(value: dict[str, Any]) -> bool:
    """Whether it is about our number: one app may serve several."""
    match value.get("metadata"):
        case {"phone_number_id": number}:
            return settings.WHATSAPP_PHONE_ID in ("", number)
    return True


def _dicts(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _is_number(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and text.isdigit()


def _time(seconds: object) -> datetime | None:
    text = str(seconds)
    return datetime.fromtimestamp(int(text), tz=UTC) if text.isdecimal() and len(text) <= 10 else None
