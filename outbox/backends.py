"""Mail back ends: the way into the outbox, and ways out that say for certain whether a message has left."""

import os
import re
import smtplib
import time
from collections.abc import Sequence
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage as MimeMessage
from email.policy import SMTP
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import uuid4

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

from outbox.errors import NotHandedOver, UnsendableMessage
from outbox.models import Message
from outbox.queue import enqueue

CONNECT_TIMEOUT = 10
"""Seconds for each answer while connecting; no message is touched yet."""
BEGIN_TIMEOUT = 10
"""Seconds a server may take for all answers before a body."""
ACCEPT_TIMEOUT = 25
"""Seconds a server may take to accept a body; giving up earlier would make slow servers unclear.

Together they stay below the lease under which a message is sent."""
_PLAIN_ADDRESS = re.compile(
    r"(?:[\w .-]+<)?(?P<bare>[A-Z0-9_+-]+(?:\.[A-Z0-9_+-]+)*@[A-Z0-9-]+(?:\.[A-Z0-9-]+)+)>?",
    re.ASCII | re.IGNORECASE,
)
SERVER_ANSWERED = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)


class QueueBackend(BaseEmailBackend):
    """Queues what Django or Wagtail sends by itself, such as a review request; one message a recipient."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for email_message in email_messages:
            if email_message.attachments:
                raise UnsendableMessage("attachments: the outbox keeps none.")
            for recipient in email_message.recipients():
                enqueue(
                    key=f"mail:{uuid4()}",
                    to=parseaddr(recipient)[1],
                    subject=str(email_message.subject),
                    text=str(email_message.body),
                    html=_html_of(email_message),
                    purpose=Message.Purpose.NOTICE,
                    reply_to=parseaddr(email_message.reply_to[0])[1] if email_message.reply_to else "",
                )
        return len(email_messages)


def _html_of(email_message: EmailMessage) -> str:
    alternatives = getattr(email_message, "alternatives", [])
    return next((str(part.content) for part in alternatives if part.mimetype == "text/html"), "")


class _RememberedHeaders(HeaderRegistry):
    """Headers parsed once: most are the same in every mail, and parsing them takes as long as sending."""

    __call__ = lru_cache(maxsize=1024)(HeaderRegistry.__call__)
    __getitem__ = lru_cache(maxsize=128)(HeaderRegistry.__getitem__)


_BOUNDARY = f"=={token_hex(16)}=="
_POLICY = SMTP.clone(header_factory=_RememberedHeaders())


def _as_bytes(email_message: EmailMessage) -> bytes:
    """Return the mail as it goes over the wire; without a search for a boundary of its own in each."""
    mime = email_message.message(policy=_POLICY)
    if mime.is_multipart() and _BOUNDARY not in f"{email_message.body}{_html_of(email_message)}":
        mime.set_boundary(_BOUNDARY)
    return mime.as_bytes()


class _Tracked(smtplib.SMTP):
    """An SMTP connection that knows whether the body of the current message went out, and its time limits."""

    body_begun = False
    _answer_by: float | None = None

    def begin(self) -> None:
        """Begin with the next message."""
        self.body_begun = False
        self._allow(BEGIN_TIMEOUT)

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.body_begun = True
        self._allow(ACCEPT_TIMEOUT)
        return super().data(msg)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock and self._answer_by is not None:
            self.sock.settimeout(max(self._answer_by - time.monotonic(), 0.01))
        return super().getreply()

    def _allow(self, seconds: float) -> None:
        self._answer_by = time.monotonic() + seconds


class _TrackedSSL(smtplib.SMTP_SSL, _Tracked):
    pass


class SmtpBackend(EmailBackend):
    """Django's SMTP back end, raising NotHandedOver when the connection breaks before the body."""

    connection: _Tracked

    def __init__(self, *, timeout: float = CONNECT_TIMEOUT, **options: Any) -> None:
        super().__init__(timeout=timeout, **options)

    @property
    def connection_class(self) -> type[_Tracked]:
        return _TrackedSSL if self.use_ssl else _Tracked

    def _send(self, email_message: EmailMessage) -> bool:
        sender = self.prep_address(email_message.from_email)
        recipients = [self.prep_address(address) for address in email_message.recipients()]
        mime = _as_bytes(email_message)
        self.connection.begin()
        try:
            self.connection.sendmail(sender, recipients, mime)
        except OSError as error:
            if isinstance(error, SERVER_ANSWERED) or self.connection.body_begun:
                raise
            raise NotHandedOver(type(error).__name__) from error
        return True

    def prep_address(self, address: str, force_ascii: bool = True) -> str:
        """Return the bare address; plain ones are spared the parser, which takes as long as a query."""
        plain = _PLAIN_ADDRESS.fullmatch(address)
        return plain["bare"] if plain else super().prep_address(address, force_ascii)


class EmlFileBackend(BaseEmailBackend):
    """Writes each message into a folder as `<Message-ID>.eml`; sending it again replaces the file."""

    def __init__(self, *, file_path: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.folder = Path(file_path)

    def open(self) -> bool:
        self.folder.mkdir(parents=True, exist_ok=True)
        return True

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.open()
        for email_message in email_messages:
            try:
                self._write(email_message.message())
            except OSError as error:
                raise NotHandedOver(str(error)) from error
        return len(email_messages)

    def _write(self, mime: MimeMessage) -> None:
        """Put the file in place in one step, so that a reader never sees half a message."""
        name = re.sub(r"[^\w.@-]", "_", str(mime["Message-ID"]).strip("<> "))[:200]
        unfinished = self.folder / f".{name}.{os.getpid()}"
        unfinished.write_bytes(mime.as_bytes())
        unfinished.replace(self.folder / f"{name}.eml")
