"""The mails that allauth asks for: complete, short subjects, no secret in the stored text."""

from pathlib import Path

import pytest
from allauth.core import context as allauth_context
from django.conf import settings as project
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import timezone

from accounts.adapter import AccountAdapter, sender_name
from tests.accounts.conftest import QueuedMail

TEMPLATES = Path(project.BASE_DIR) / "templates"
PREFIXES = sorted(
    str(path.relative_to(TEMPLATES)).removesuffix("_subject.txt")
    for path in TEMPLATES.glob("*/email/*_subject.txt")
)
CONTEXT = {
    "code": "BCDFGH",
    "password_reset_url": "https://example.com/reset/secret/",
    "signup_url": "https://example.com/accounts/signup/",
    "timestamp": timezone.now(),
    "ip": "192.0.2.7",
    "user_agent": "<Firefox> on Linux",
    "from_email": "old@example.com",
    "to_email": "new@example.com",
    "deleted_email": "old@example.com",
}


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("prefix", PREFIXES)
def test_mail_is_complete(prefix: str, queued: list[QueuedMail]) -> None:
    request = RequestFactory().get("/")
    with allauth_context.request_context(request):
        AccountAdapter(request).send_mail(prefix, "meena@example.com", CONTEXT)
    [mail] = queued
    assert 0 < len(mail.subject) <= 50
    assert "\n" not in mail.subject
    assert mail.text.strip()
    assert "<table" in mail.html
    assert "<img" not in mail.html
    for secret in (CONTEXT["code"], CONTEXT["password_reset_url"]):
        assert secret not in mail.subject + mail.text + mail.html
    for name in ("code", "password_reset_url"):
        assert (f"[[{name}]]" in mail.text) == (f"[[{name}]]" in mail.html)
    assert "<Firefox>" not in mail.html
    assert "{{" not in mail.text + mail.html
    assert "&#" not in mail.text


def test_each_mail_of_allauth_is_ours() -> None:
    assert len(PREFIXES) >= 18
    for prefix in PREFIXES:
        for part in ("_subject.txt", "_message.txt", "_message.html"):
            assert Path(get_template(f"{prefix}{part}").origin.name).is_relative_to(TEMPLATES)


def test_sender_is_named_after_the_address(settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Osiz Labs admissions <admissions@example.com>"
    assert sender_name() == "Osiz Labs admissions"
    settings.DEFAULT_FROM_EMAIL = "admissions@example.com"
    assert sender_name() == "admissions@example.com"
