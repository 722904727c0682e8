"""What an error while sending means."""

import smtplib

from outbox.errors import NotHandedOver
from outbox.models import DeliveryAttempt

Outcome = DeliveryAttempt.Outcome


def judge(error: Exception) -> tuple[str, str]:
    """Return what an error while sending means for the message, and its text.

    Certain that nothing left: try again. Refused for good by an answer of the server: failed.
    Everything else may have left.
    """
    code, answer = _smtp_answer(error)
    if code is None:
        if isinstance(error, NotHandedOver):
            return Outcome.RETRY, str(error)
        if isinstance(error, ValueError):
            return Outcome.FAILED, str(error)
        return Outcome.UNKNOWN, f"{type(error).__name__}: {error}"
    detail = f"{code} {answer}"
    if 500 <= code < 600:
        our_fault = isinstance(error, smtplib.SMTPSenderRefused)
        return (Outcome.RETRY if our_fault else Outcome.FAILED), detail
    return (Outcome.RETRY if 400 <= code < 500 else Outcome.UNKNOWN), detail


def _smtp_answer(error: Exception) -> tuple[int | None, str]:
    answer: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, answer = error.smtp_code, error.smtp_error
    else:
        return None, ""
    return code, answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
