"""A malformed or missing setting stops the start with one line that names it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = {
    "DJANGO_SETTINGS_MODULE": "lms.settings.production",
    "SECRET_KEY": "x" * 60,
    "DATABASE_URL": "postgres://lms:secret@db:5432/lms",
    "REDIS_URL": "redis://redis:6379/0",
    "EMAIL_URL": "smtp://mail:25",
    "DEFAULT_FROM_EMAIL": "admissions@example.com",
    "SITE_URL": "https://learn.example.com",
    "ALLOWED_HOSTS": "learn.example.com",
}
WEBHOOK = {"ANYMAIL_WEBHOOK_SECRET": "provider:0123456789abcdef"}
WHATSAPP = {
    "WHATSAPP_TOKEN": "token",
    "WHATSAPP_PHONE_ID": "1055",
    "WHATSAPP_APP_SECRET": "app",
    "WHATSAPP_VERIFY_TOKEN": "verify",
}
SMS = {
    "SMS_GATEWAY_URL": "https://gateway.example.com/messages",
    "SMS_TOKEN": "token",
    "SMS_ENTITY_ID": "1201",
    "SMS_HEADER": "OSIZLB",
    "SMS_WEBHOOK_SECRET": "sms",
}


def start(show: str = "settings.SITE_URL", **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Load the production settings in a process of their own."""
    values = {name: value for name, value in (GOOD | changes).items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", f"from django.conf import settings; print({show})"],
        env={"PATH": os.environ["PATH"], **values},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_good_environment_starts() -> None:
    done = start()

    assert done.stdout.strip() == "https://learn.example.com"


def test_error_reporting_can_be_switched_on() -> None:
    assert start(SENTRY_DSN="http://key@127.0.0.1:9/1").stdout.strip() == "https://learn.example.com"


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DATABASE_URL": None}, "DATABASE_URL"),
        ({"DATABASE_URL": "oracle://x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://db:not-a-port/lms"}, "DATABASE_URL"),
        ({"REDIS_URL": "memcached://x"}, "REDIS_URL"),
        ({"EMAIL_URL": None}, "EMAIL_URL"),
        ({"EMAIL_URL": "pigeon://coop"}, "EMAIL_URL"),
        ({"SITE_URL": "learn.example.com"}, "SITE_URL"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"TRUSTED_PROXY_COUNT": "two"}, "TRUSTED_PROXY_COUNT"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
        ({"TIME_ZONE": "Mars/Olympus"}, "TIME_ZONE"),
        ({"SECRET_KEY": None, "SECRET_KEY_FILE": "/no/such/file"}, "SECRET_KEY_FILE"),
        ({"EMAIL_URL": "postmark://@"}, "EMAIL_URL"),
        ({"EMAIL_URL": "postmark://token@"}, "ANYMAIL_WEBHOOK_SECRET"),
        ({"EMAIL_URL": "postmark://token@", "ANYMAIL_WEBHOOK_SECRET": "us:short"}, "ANYMAIL_WEBHOOK_SECRET"),
        ({"EMAIL_URL": "mailgun://key@mg.example.com"} | WEBHOOK, "MAILGUN_SIGNING_KEY"),
        (WEBHOOK, "ANYMAIL_WEBHOOK_SECRET"),
        ({"WHATSAPP_TOKEN": "token"}, "WHATSAPP_PHONE_ID"),
        (WHATSAPP | {"WHATSAPP_APP_SECRET": None}, "WHATSAPP_APP_SECRET"),
        (WHATSAPP | {"WHATSAPP_API": "http://graph.example.com"}, "WHATSAPP_API"),
        (SMS | {"SMS_HEADER": None}, "SMS_HEADER"),
        (SMS | {"SMS_GATEWAY_URL": "http://gateway.example.com"}, "SMS_GATEWAY_URL"),
        (SMS | {"SMS_GATEWAY_URL": "https://gateway.example.com/?key=secret"}, "nothing after ?"),
        (SMS | {"SMS_GATEWAY_KEEPS_KEYS": "perhaps"}, "SMS_GATEWAY_KEEPS_KEYS"),
    ],
)
def test_a_bad_value_stops_with_one_line(changes: dict[str, str | None], names: str) -> None:
    done = start(**changes)

    assert done.returncode == 1
    assert done.stderr.startswith("Configuration error: ")
    assert names in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "secret@" not in done.stderr


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("y" * 60 + "\n")

    assert start(SECRET_KEY=None, SECRET_KEY_FILE=str(secret)).returncode == 0


def test_channels_are_configured_by_their_settings_alone() -> None:
    assert start("*settings.OUTBOX_WAYS").stdout.split() == ["email"]
    assert start("*settings.OUTBOX_WAYS", **WHATSAPP, **SMS).stdout.split() == ["email", "whatsapp", "sms"]


@pytest.mark.parametrize(
    "address",
    [
        "brevo://key@",
        "mailgun://key@mg.example.com?api_url=https://api.eu.mailgun.net/v3",
        "mailjet://key:secret@",
        "postmark://token@",
        "resend://key@",
        "sparkpost://key@",
    ],
)
def test_a_mail_provider_is_made_from_its_address(address: str) -> None:
    provider = address.partition(":")[0]
    signing = {"MAILGUN_SIGNING_KEY": "signing"} if provider == "mailgun" else {}
    made = "__import__('django.core.mail').core.mail.mailers['delivery'].esp_name, settings.EMAIL_PROVIDER"

    done = start(made, EMAIL_URL=address, **WEBHOOK, **signing)

    assert done.stdout.lower().split() == [provider, provider]
