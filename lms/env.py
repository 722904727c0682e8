"""Typed access to the environment, the only source of configuration.

Every reader stops the process with one line that names the variable when its value is malformed.
"""

from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

_env = environ.Env()

DATABASE_SCHEMES = {"sqlite": "django.db.backends.sqlite3"} | dict.fromkeys(
    ("postgres", "postgresql"), "django.db.backends.postgresql"
)


def stop(message: str) -> NoReturn:
    """End the process with one line on standard error and exit status 1."""
    raise SystemExit(f"Configuration error: {message}")


def text(name: str, default: str | None = None) -> str:
    """Return NAME, or the content of the file that NAME_FILE points to, or the default."""
    if path := _env.str(f"{name}_FILE", default=""):
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            stop(f"{name}_FILE={path}: {error.strerror}.")
    value = _env.str(name, default=default or "")
    if not value and default is None:
        stop(f"{name} is not set (or give a file in {name}_FILE).")
    return value


def together(*names: str) -> dict[str, str]:
    """Return settings that only make sense together; none of them set gives an empty dict."""
    values = {name: text(name, "") for name in names}
    missing = [name for name, value in values.items() if not value]
    if missing and len(missing) < len(names):
        given = next(name for name, value in values.items() if value)
        stop(f"{given} is set, but not {', '.join(missing)}: they belong together.")
    return {} if missing else values


def flag(name: str, default: bool) -> bool:
    """Return a boolean; only true/false, yes/no, on/off and 1/0 are accepted."""
    value = _env.str(name, default="").lower()
    if value in {"true", "yes", "on", "1"}:
        return True
    if value in {"false", "no", "off", "0"}:
        return False
    if value:
        stop(f"{name}={value}: use true or false.")
    return default


def number(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number of at least `least`."""
    value = _env.str(name, default="")
    if not value:
        return default
    if not value.isdigit() or int(value) < least:
        stop(f"{name}={value}: use a whole number of at least {least}.")
    return int(value)


def words(name: str, default: list[str] | None = None) -> list[str]:
    """Return a comma-separated list without blanks."""
    return [word.strip() for word in _env.list(name, default=default or []) if word.strip()]


def one_of(name: str, allowed: set[str], default: str) -> str:
    """Return a value out of a fixed set."""
    value = _env.str(name, default=default)
    if value not in allowed:
        stop(f"{name}={value}: use one of {', '.join(sorted(allowed))}.")
    return value


def time_zone(name: str, default: str) -> str:
    """Return the name of a time zone."""
    value = text(name, default)
    if value not in available_timezones():
        stop(f"{name}={value}: use a name such as Asia/Kolkata.")
    return value


def web_address(name: str, default: str | None = None) -> str:
    """Return an http(s) address without a trailing slash."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        stop(f"{name}={value}: use an address such as https://learn.example.com.")
    return value


def database(name: str = "DATABASE_URL", default: str | None = None) -> dict:
    """Return a DATABASES entry for a postgres:// or sqlite:/// address."""
    value = text(name, default)
    scheme = value.split(":", 1)[0]
    if scheme not in DATABASE_SCHEMES:
        stop(f"{name} starts with {scheme}:, use postgres://user:password@host:5432/name or sqlite:///path.")
    try:
        parsed = environ.Env.db_url_config(value)
    except (ValueError, ImproperlyConfigured) as error:
        stop(f"{name} is malformed: {error}")
    if not parsed.get("NAME"):
        stop(f"{name} names no database.")
    return parsed | {"ENGINE": DATABASE_SCHEMES[scheme]}


MAIL_PROVIDERS = {
    "brevo": ("api_key",),
    "mailgun": ("api_key",),
    "mailjet": ("api_key", "secret_key"),
    "postmark": ("server_token",),
    "resend": ("api_key",),
    "sparkpost": ("api_key",),
}
"""Providers that django-anymail reaches by HTTP, and what stands for user and password in EMAIL_URL."""


def mailer(name: str = "EMAIL_URL", default: str | None = None) -> dict:
    """Return a MAILERS entry for smtp://, smtps:// (TLS from the start), smtp+tls://, file:///folder
    or a provider, as in postmark://TOKEN@.
    """
    value = text(name, default)
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        stop(f"{name} is malformed: {error}.")
    if parts.scheme == "file":
        return {
            "BACKEND": "outbox.backends.EmlFileBackend",
            "OPTIONS": {"file_path": unquote(parts.path)},
        }
    if parts.scheme in MAIL_PROVIDERS:
        return _provider(name, parts)
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"} or not parts.hostname:
        known = ", ".join(f"{provider}://" for provider in MAIL_PROVIDERS)
        stop(f"{name}: use smtp+tls://user:password@host:port, smtp://, smtps://, {known} or file:///folder.")
    return {
        "BACKEND": "outbox.backends.SmtpBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_ssl": parts.scheme == "smtps",
            "use_tls": parts.scheme == "smtp+tls",
            "timeout": 10,
        },
    }


def mail_provider(name: str = "EMAIL_URL") -> str:
    """Return the name of the provider that carries mail, or an empty string for SMTP and files."""
    scheme = urlsplit(text(name, "")).scheme
    return scheme if scheme in MAIL_PROVIDERS else ""


def _provider(name: str, parts: SplitResult) -> dict:
    """Return a MAILERS entry for a provider; `?api_url=` names another region of it."""
    wanted = MAIL_PROVIDERS[parts.scheme]
    given = [unquote(value) for value in (parts.username, parts.password) if value]
    extra = dict(parse_qsl(parts.query))
    if len(given) != len(wanted) or not set(extra) <= {"api_url"}:
        stop(
            f"{name}: use {parts.scheme}://{':'.join(wanted).upper()}@, and no more than ?api_url= after it."
        )
    if parts.scheme == "mailgun":
        if not parts.hostname:
            stop(f"{name}: use mailgun://API_KEY@domain.")
        extra["sender_domain"] = parts.hostname
    return {
        "BACKEND": f"anymail.backends.{parts.scheme}.EmailBackend",
        "OPTIONS": dict(zip(wanted, given, strict=True)) | extra,
    }


def redis(name: str = "REDIS_URL") -> str:
    """Return a redis:// or rediss:// address, or an empty string when there is no Redis."""
    value = text(name, "")
    if value and urlsplit(value).scheme not in {"redis", "rediss"}:
        stop(f"{name}={value}: use redis://host:6379/0.")
    return value


def grader(name: str = "GRADER", default: str = "auto") -> str:
    """Return auto, bubblewrap, off or unix:///path of the grader service's socket."""
    value = text(name, default)
    if value in {"auto", "bubblewrap", "off"} or value.startswith("unix:///"):
        return value
    stop(f"{name}={value}: use auto, bubblewrap, off or unix:///run/grader/grader.sock.")
