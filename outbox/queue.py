"""Putting messages into the outbox and taking them out again."""

import re
from datetime import datetime
from email.utils import parseaddr
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.text import Truncator

from outbox.errors import UnsendableMessage
from outbox.models import Channel, Message
from outbox.wake import wake_worker

log = structlog.get_logger(__name__)

_E164 = re.compile(r"\+[1-9]\d{6,14}")


def enqueue(
    *,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    purpose: str,
    reply_to: str = "",
    private: dict[str, str] | None = None,
    due_at: datetime | None = None,
    channel: str = Channel.EMAIL,
    topic: str = "",
    keeper: str = "",
    content: dict[str, Any] | None = None,
    wording: str = "",
    series: str = "",
) -> Message:
    """Queue one message inside the caller's transaction and wake the worker once that commits.

    A second call with the same key changes nothing and returns the first message, also when both run
    at the same time. `private` holds codes and links: each replaces its [[name]] in text and html while
    sending and is forgotten afterwards, so it never belongs in the subject. `to` is an e-mail address, or
    a number as E.164 for other channels; topic, keeper, content, wording and series are explained on the
    model. Raises UnsendableMessage.
    Costs one query for a known key, four for a new one.
    """
    message, created = Message.objects.get_or_create(
        key=_checked_key(key),
        defaults={
            "channel": channel,
            "to": _checked_address("to", to) if channel == Channel.EMAIL else _checked_number(to),
            "reply_to": _checked_address("reply_to", reply_to) if reply_to else "",
            "subject": Truncator(_checked_line("subject", subject)).chars(200),
            "text": _checked_text("text", text),
            "html": _checked_text("html", html),
            "purpose": _checked_purpose(purpose),
            "topic": topic,
            "keeper": keeper,
            "content": content or {},
            "wording": wording,
            "series": series,
            "private": {name: _checked_text(name, value) for name, value in (private or {}).items()},
            "due_at": due_at or timezone.now(),
            "message_id": derive_message_id(key),
        },
    )
    if created:
        log.info("message_queued", message=message.pk, purpose=message.purpose)
        wake_after_commit()
    return message


def cancel(message: Message, reason: str) -> bool:
    """Stop a message that hasn't left; return False when it is too late. One conditional update."""
    stopped = Message.objects.filter(
        pk=message.pk,
        state__in=[Message.State.PENDING, Message.State.CLAIMED, Message.State.UNKNOWN],
    ).update(
        state=Message.State.CANCELLED,
        last_error=reason[:300],
        private={},
        lease_token=None,
        leased_until=None,
    )
    if stopped:
        log.info("message_cancelled", message=message.pk)
    return bool(stopped)


def wake_after_commit() -> None:
    """Wake the worker when the current transaction commits: once, however many messages it queued."""
    registered = transaction.get_connection().run_on_commit
    if not any(callback is wake_worker for _, callback, *_ in registered):
        transaction.on_commit(wake_worker, robust=True)


def derive_message_id(key: str) -> str:
    """Return the Message-ID that every delivery of this key carries, so that receivers see one mail.

    Nobody else can tell it from a key that they guess, so that what answers it was written by a receiver.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    digest = salted_hmac("outbox.message_id", key, algorithm="sha256").hexdigest()
    return f"<{digest[:32]}@{domain}>"


def _checked_key(key: str) -> str:
    if not key or len(key) > 200:
        raise UnsendableMessage("key: use 1 to 200 characters.")
    return _checked_line("key", key)


def _checked_purpose(purpose: str) -> str:
    if purpose not in Message.Purpose:
        raise UnsendableMessage(f"purpose: use one of {', '.join(Message.Purpose.values)}.")
    return purpose


def _checked_address(field: str, address: str) -> str:
    _checked_line(field, address)
    try:
        validate_email(address)
    except ValidationError as error:
        raise UnsendableMessage(f"{field}: not an e-mail address.") from error
    return address


def _checked_number(number: str) -> str:
    if not _E164.fullmatch(number):
        raise UnsendableMessage("to: not a number such as +919876543210.")
    return number


def _checked_line(field: str, value: str) -> str:
    if len(value.splitlines()) > 1 or value.endswith(("\r", "\n")):
        raise UnsendableMessage(f"{field}: a newline isn't allowed.")
    return _checked_text(field, value)


def _checked_text(field: str, value: str) -> str:
    if "\0" in value:
        raise UnsendableMessage(f"{field}: a NUL character isn't allowed.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UnsendableMessage(f"{field}: a lone surrogate isn't allowed.") from error
    return value
