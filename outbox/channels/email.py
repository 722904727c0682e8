"""E-mail, by SMTP, into files, or through any provider that django-anymail speaks to."""

import re
import smtplib

import structlog
from anymail.exceptions import (
    AnymailAPIError,
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.core.mail.backends.base import BaseEmailBackend
from requests import ConnectionError as RequestsConnectionError
from requests import ConnectTimeout
from urllib3.exceptions import MaxRetryError, NewConnectionError

from outbox.errors import NotHandedOver, Refused, Throttled, Unreachable, UnsendableMessage
from outbox.mime import build_email
from outbox.models import Message

log = structlog.get_logger(__name__)

DELIVERY = "delivery"
"""Alias in MAILERS of the way out; "default" is the way into the outbox."""
_ENHANCED_CODE = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
_DEAD_CODES = {"5.1.1", "5.1.10"}
"""No such mailbox; no mail for this domain at all (RFC 3463, RFC 7505)."""
_DEAD_WORDS = re.compile(
    r"no such (user|mailbox|recipient|address)|(user|recipient|mailbox|address) (is )?unknown"
    r"|unknown (user|recipient|mailbox)|(user|recipient|mailbox|address)( was)? not found"
    r"|(user|recipient|mailbox|address|account) (does not|doesn't) exist",
    re.IGNORECASE,
)
_CANT_BE_CARRIED = (AnymailInvalidAddress, AnymailUnsupportedFeature, AnymailSerializationError)
_NEVER_TAKEN = {401, 403, 404, 408, 421, 425, 501, 503}
"""HTTP answers that are our fault or the moment's, and certainly came before the mail was taken."""


class EmailWay:
    """Hands mails to MAILERS["delivery"], over one connection until it is closed."""

    keeps_keys = False

    def __init__(self) -> None:
        self.mailer: BaseEmailBackend = mailers[DELIVERY]

    def open(self) -> None:
        try:
            self.mailer.open()
        except OSError as error:  # smtplib's own errors are OSErrors too
            self.close()
            raise Unreachable(type(error).__name__) from error

    def send(self, message: Message) -> str:
        email = _built(message)
        try:
            taken = self.mailer.send_messages([email])
        except AnymailError as error:
            raise _said_by_provider(error, email) from error
        except smtplib.SMTPException as error:
            raise _said_by_server(error) from error
        except ValueError as error:
            raise UnsendableMessage(str(error)) from error
        if not taken:
            raise NotHandedOver("The mail back end took nothing.")
        status = getattr(email, "anymail_status", None)
        return str(status.message_id or "") if status else ""

    def close(self) -> None:
        try:
            self.mailer.close()
        except OSError as error:  # smtplib's own errors are OSErrors too
            log.info("mail_connection_not_closed", error=type(error).__name__)


def _built(message: Message) -> EmailMultiAlternatives:
    """Return the mail; what a provider reports about it, and answers to it, name our Message-ID."""
    try:
        email = build_email(message)
    except ValueError as error:
        raise UnsendableMessage(str(error)) from error
    except Exception as error:
        log.exception("mail_not_built", message=message.pk)
        raise NotHandedOver("The mail couldn't be built.") from error
    if settings.EMAIL_PROVIDER:
        email.metadata = {"message": message.message_id}  # type: ignore[attr-defined]
    if settings.EMAIL_PROVIDER == "postmark":
        email.extra_headers["X-PM-KeepID"] = "true"
    return email


def _said_by_server(error: smtplib.SMTPException) -> Exception:
    """Return what an answer of an SMTP server means; itself for one that leaves it unclear."""
    answer: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, answer = error.smtp_code, error.smtp_error
    else:
        return error
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
    text = f"{code} {words}"
    if 400 <= code < 500 or (500 <= code < 600 and isinstance(error, smtplib.SMTPSenderRefused)):
        return NotHandedOver(text)  # a refused sender is our fault, not the receiver's
    if 500 <= code < 600:
        return Refused(text, address_is_dead=_is_dead(code, words))
    return error


def _is_dead(code: int, words: str) -> bool:
    """Whether an answer says that the address doesn't exist; its enhanced code counts more than its words."""
    if found := _ENHANCED_CODE.search(words):
        return found[0] in _DEAD_CODES
    return code in {550, 551, 553} and bool(_DEAD_WORDS.search(words))


def _said_by_provider(error: AnymailError, email: EmailMultiAlternatives) -> Exception:
    """Return what an error of a provider's API means; itself for one that leaves it unclear."""
    if isinstance(error, _CANT_BE_CARRIED):
        return UnsendableMessage(type(error).__name__)
    if isinstance(error, AnymailRecipientsRefused):
        statuses = {each.status for each in email.anymail_status.recipients.values()}  # type: ignore[attr-defined]
        return Refused("The provider refuses the address.", address_is_dead="invalid" in statuses)
    code = error.status_code if isinstance(error, AnymailAPIError) else None
    if code is None:
        return Unreachable(type(error).__name__) if _never_connected(error) else error
    text = f"The provider answered {code}."
    if code == 429:
        return Throttled(text, retry_after=_retry_after(error))
    if code in _NEVER_TAKEN:
        return NotHandedOver(text)
    return Refused(text) if 400 <= code < 500 else error


def _never_connected(error: Exception) -> bool:
    """Whether a request failed before there was a connection to send it over."""
    if isinstance(error, ConnectTimeout):
        return True
    cause = error.__cause__
    if not isinstance(cause, RequestsConnectionError) or not cause.args:
        return False
    reason = cause.args[0]
    return isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError)


def _retry_after(error: AnymailError) -> float:
    """Return the seconds that the provider asked for, or 30; a date counts as that too."""
    asked = error.response.headers.get("Retry-After", "") if error.response is not None else ""
    return float(asked) if asked.isdigit() else 30
