"""Mail back ends that say for certain whether a message has left."""

import os
import re
import smtplib
from collections.abc import Sequence
from email.message import EmailMessage as MimeMessage
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

from outbox.errors import NotHandedOver

ACCEPT_TIMEOUT = 25
"""Seconds a server may take to accept a body; giving up earlier would make slow servers unclear."""
SERVER_ANSWERED = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)


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
