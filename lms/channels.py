"""The ways out and what their providers report back, from the environment.

A channel whose settings are all missing is not configured; half of them stop the start.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lms import env

_ON_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


def ways() -> dict[str, dict[str, Any]]:
    """Return, by channel, the class that carries its messages and what it is made with."""
    email = {"email": {"WAY": "outbox.channels.email.EmailWay", "OPTIONS": {}}}
    return email | _whatsapp() | _sms()


def files(folder: Path) -> dict[str, dict[str, Any]]:
    """Return ways that write messages into a folder, for a machine where nobody shall be written to."""
    way = {"WAY": "outbox.channels.files.FileWay", "OPTIONS": {"folder": str(folder)}}
    return {"whatsapp": way, "sms": way}


def anymail() -> dict[str, Any]:
    """Return what the provider in EMAIL_URL signs its reports with; empty for SMTP and files."""
    secret = env.text("ANYMAIL_WEBHOOK_SECRET", "")
    signing_key = env.text("MAILGUN_SIGNING_KEY", "")
    provider = env.mail_provider()
    if not provider:
        if secret or signing_key:
            env.stop("ANYMAIL_WEBHOOK_SECRET and MAILGUN_SIGNING_KEY need a mail provider in EMAIL_URL.")
        return {}
    user, _colon, password = secret.partition(":")
    if not user or len(password) < 16:
        env.stop(f"EMAIL_URL={provider}:… needs ANYMAIL_WEBHOOK_SECRET=user:password, 16 characters or more.")
    if (provider == "mailgun") != bool(signing_key):
        env.stop("MAILGUN_SIGNING_KEY is what Mailgun signs with: needed for mailgun://, useless otherwise.")
    return {
        "WEBHOOK_SECRET": secret,
        "REQUESTS_TIMEOUT": 20,
        **({"MAILGUN_WEBHOOK_SIGNING_KEY": signing_key} if signing_key else {}),
    }


def _whatsapp() -> dict[str, dict[str, Any]]:
    found = env.together(
        "WHATSAPP_TOKEN", "WHATSAPP_PHONE_ID", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"
    )
    api = _protected("WHATSAPP_API", env.web_address("WHATSAPP_API", "https://graph.facebook.com/v23.0"))
    if not found:
        return {}
    options = {"api": api, "phone_id": found["WHATSAPP_PHONE_ID"], "token": found["WHATSAPP_TOKEN"]}
    return {"whatsapp": {"WAY": "outbox.channels.whatsapp.WhatsAppWay", "OPTIONS": options}}


def _sms() -> dict[str, dict[str, Any]]:
    found = env.together("SMS_GATEWAY_URL", "SMS_TOKEN", "SMS_ENTITY_ID", "SMS_HEADER", "SMS_WEBHOOK_SECRET")
    keeps_keys = env.flag("SMS_GATEWAY_KEEPS_KEYS", default=False)
    if not found:
        return {}
    options = {
        "address": _protected("SMS_GATEWAY_URL", env.web_address("SMS_GATEWAY_URL")),
        "token": found["SMS_TOKEN"],
        "entity_id": found["SMS_ENTITY_ID"],
        "header": found["SMS_HEADER"],
        "keeps_keys": keeps_keys,
    }
    return {"sms": {"WAY": "outbox.channels.sms.SmsWay", "OPTIONS": options}}


def _protected(name: str, address: str) -> str:
    """Refuse plain HTTP to another machine, and an address that holds a secret: errors and logs quote it."""
    parts = urlsplit(address)
    if parts.query or parts.username:
        env.stop(f"{name}: give no user and nothing after ?; addresses stand in logs.")
    if parts.scheme != "https" and parts.hostname not in _ON_THIS_MACHINE:
        env.stop(f"{name}={address}: use https.")
    return address
