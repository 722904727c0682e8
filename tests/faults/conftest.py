"""A real SMTP server that can be told to misbehave."""

import socket
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """Takes mail and remembers it before it answers, so that the count is what really arrived."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.connections = 0
        self.answer_to_recipient = ""
        self.answer_to_body = ""
        self.drop_after_body = False

    @property
    def received(self) -> Counter[str]:
        """How often each Message-ID arrived."""
        return Counter(mail["Message-ID"] for mail in self.mails)

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer_to_recipient:
            return self.answer_to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer_to_body:
            return self.answer_to_body
        self.mails.append(message_from_bytes(envelope.content))
        if self.drop_after_body:
            server.transport.abort()
        return "250 OK"


def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def mailer_at(port: int) -> dict[str, Any]:
    """Return a MAILERS setting that sends to a local port, impatiently."""
    options = {"host": "127.0.0.1", "port": port, "timeout": 1}
    return {"delivery": {"BACKEND": "outbox.backends.SmtpBackend", "OPTIONS": options}}


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    """A running server to which the outbox sends."""
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=unused_port())
    controller.start()
    settings.MAILERS = mailer_at(controller.port)
    yield handler
    controller.stop()
