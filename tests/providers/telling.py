"""What providers tell, as they put and sign it: to post through a test client or over HTTP."""

import hashlib
import hmac
import json
import random
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.providers.fake import PHONE_ID, Taken

WHATSAPP_PATH = "/messages/events/whatsapp/"
SMS_PATH = "/messages/events/sms/"


@dataclass(frozen=True)
class Notice:
    """One signed request of a provider."""

    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def post_to(self, site: str) -> int:
        """Post it over HTTP to a site such as http://127.0.0.1:8000; return the status."""
        headers = {"Content-Type": "application/json", **self.headers}
        request = urllib.request.Request(site + self.path, data=self.body, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - on this machine
            return int(answer.status)


def of_whatsapp(value: dict[str, Any], *, secret: str, phone_id: str = PHONE_ID) -> Notice:
    """Return a notice with statuses or messages, signed with the app's secret."""
    metadata = {"display_phone_number": "914440001055", "phone_number_id": phone_id}
    value = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    changes = [{"field": "messages", "value": value}]
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "20", "changes": changes}]})
    mac = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    return Notice(WHATSAPP_PATH, body.encode(), {"X-Hub-Signature-256": f"sha256={mac}"})


def of_sms(*events: dict[str, Any], secret: str, at: float | None = None) -> Notice:
    """Return a notice of the SMS gateway, signed with its time."""
    body = json.dumps({"events": events}).encode()
    timestamp = str(int(at or time.time()))
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return Notice(SMS_PATH, body, {"X-Timestamp": timestamp, "X-Signature": f"sha256={mac}"})


def whatsapp_status(
    wamid: str, status: str, *, to: str = "+919876543210", reference: str = "", code: int = 0
) -> dict[str, Any]:
    """Return one status as the Cloud API puts it."""
    told: dict[str, Any] = {
        "id": wamid,
        "status": status,
        "timestamp": str(int(time.time())),
        "recipient_id": to.removeprefix("+"),
    }
    if reference:
        told["biz_opaque_callback_data"] = reference
    if code:
        told["errors"] = [{"code": code, "title": "It did not work", "error_data": {"details": "Why"}}]
    return told


def deliveries(taken: Iterable[Taken], *, secrets: dict[str, str]) -> list[Notice]:
    """Return that each message was sent, delivered and read: every notice three times, in no order.

    `secrets` are those of the channels by name.
    """
    notices = []
    for each in taken:
        if each.channel == "whatsapp":
            statuses = [
                whatsapp_status(each.id, status, to=each.to, reference=each.reference)
                for status in ("sent", "delivered", "read")
            ]
            told = [of_whatsapp({"statuses": [one]}, secret=secrets["whatsapp"]) for one in statuses]
        else:
            events = [
                {"id": f"{each.id}-{kind}", "type": kind, "message": each.id, "reference": each.reference}
                for kind in ("sent", "delivered")
            ]
            told = [of_sms(event, secret=secrets["sms"]) for event in events]
        notices += told * 3
    random.shuffle(notices)
    return notices
