"""What the tests of accounts share: the mails that were queued."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.factories.accounts import PASSWORD


@dataclass
class QueuedMail:
    """One mail as the outbox would get it, with its secrets put in place like the worker does."""

    to: str
    subject: str
    text: str
    html: str
    private: dict[str, str]

    @property
    def delivered_text(self) -> str:
        return re.sub(r"\[\[(\w+)\]\]", lambda match: self.private[match[1]], self.text)

    @property
    def code(self) -> str:
        return self.private["code"]

    @property
    def link(self) -> str:
        return self.private["password_reset_url"].removeprefix("http://testserver")


_queued: list[QueuedMail] = []


def remember(*, to: str, subject: str, text: str, html: str, private: dict, **rest: Any) -> None:
    """Stand in for the outbox."""
    _queued.append(QueuedMail(to=to, subject=subject, text=text, html=html, private=private))


@pytest.fixture
def queued(settings: Settings) -> list[QueuedMail]:
    """The mails queued so far, the newest last."""
    settings.ACCOUNT_MAIL_QUEUE = "tests.accounts.conftest.remember"
    _queued.clear()
    return _queued


def log_in(client: Client, user: User, password: str = PASSWORD, **extra: str) -> Any:
    """Send the login form."""
    return client.post("/accounts/login/", {"login": user.email, "password": password, **extra})
