"""Mail back ends: the way into the outbox, and ways out that say for certain whether a message has left."""

import os
import re
import smtplib
from collections.abc import Sequence
from email.message import EmailMessage as MimeMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

from outbox.errors import NotHandedOver, UnsendableMessage
from outbox.models import Message
from outbox.queue import enqueue

ACCEPT_TIMEOUT = 25
"""Seconds a server may take to accept a body; giving up earlier would make slow servers unclear."""
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


class _Tracked(smtplib.SMTP):
    """An SMTP connection that remembers whether the body of the current message went out."""

    body_begun = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.body_begun = True
        if self.sock:
            self.sock.settimeout(ACCEPT_TIMEOUT)
        answer = super().data(msg)
        if self.sock:
            self.sock.settimeout(self.timeout)
        return answer


class _TrackedSSL(smtplib.SMTP_SSL, _Tracked):
    pass


class SmtpBackend(EmailBackend):
    """Django's SMTP back end, raising NotHandedOver when the connection breaks before the body."""

    connection: _Tracked

    @property
    def connection_class(self) -> type[_Tracked]:
        return _TrackedSSL if self.use_ssl else _Tracked

    def _send(self, email_message: EmailMessage) -> bool:
        self.connection.body_begun = False
        try:
            return super()._send(email_message)  # type: ignore[misc]
        except OSError as error:
            if isinstance(error, SERVER_ANSWERED) or self.connection.body_begun:
                raise
            raise NotHandedOver(str(error)) from error


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
