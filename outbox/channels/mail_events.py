"""What a mail provider tells, as django-anymail reads it, and mails that people send us through it."""

import re
from typing import Any

from anymail.inbound import AnymailInboundMessage
from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, EventType, RejectReason
from django.utils.html import strip_tags

from outbox.models import Channel, Report
from outbox.replies import Heard
from outbox.reports import Told, event_id

_REPORTS = {
    EventType.SENT: "",
    EventType.DELIVERED: Report.DELIVERED,
    EventType.BOUNCED: Report.BOUNCED,
    EventType.REJECTED: Report.FAILED,
    EventType.FAILED: Report.FAILED,
    EventType.COMPLAINED: Report.COMPLAINED,
    EventType.UNSUBSCRIBED: "",
}
_REJECTED = {
    RejectReason.INVALID: Report.BOUNCED,
    RejectReason.BOUNCED: Report.BOUNCED,
    RejectReason.SPAM: Report.COMPLAINED,
}
"""Why a provider refuses an address that it knows from earlier mails."""
_MESSAGE_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")
_BULK = {"auto_reply", "bulk", "junk", "list"}


def told_by(event: AnymailTrackingEvent, provider: str) -> Told | None:
    """Return what an event means for a mail; None for what isn't followed, such as opening it."""
    if event.event_type not in _REPORTS:
        return None
    provider_id = str(event.message_id or "")
    return Told(
        event_id=event_id(
            provider, event.event_type, event.event_id or event.timestamp, provider_id, event.recipient
        ),
        channel=Channel.EMAIL,
        kind=event.event_type,
        report=_report(event),
        provider_id=provider_id,
        reference=str((event.metadata or {}).get("message") or provider_id),
        address=str(event.recipient or ""),
        detail=str(event.mta_response or event.description or ""),
        unsubscribes=event.event_type == EventType.UNSUBSCRIBED
        or event.reject_reason == RejectReason.UNSUBSCRIBED,
    )


def heard_in(event: AnymailInboundEvent, provider: str) -> Heard | None:
    """Return a mail that somebody sent us; None for one without a sender."""
    mail = event.message
    sender = _sender(mail)
    if not sender:
        return None
    return Heard(
        event_id=event_id(provider, "inbound", mail.get("Message-ID") or event.event_id, sender),
        channel=Channel.EMAIL,
        sender=sender,
        subject=str(mail.subject or ""),
        text=_text(mail),
        answers=_MESSAGE_ID.findall(f"{mail.get('In-Reply-To', '')} {mail.get('References', '')}"),
        is_automatic=_is_automatic(mail),
        at=event.timestamp,
    )


def _report(event: AnymailTrackingEvent) -> str:
    if event.event_type == EventType.BOUNCED:
        about_the_address = event.reject_reason in {RejectReason.BOUNCED, RejectReason.INVALID}
        return Report.BOUNCED if about_the_address and not _is_soft(event.esp_event) else Report.FAILED
    if event.event_type == EventType.REJECTED:
        return _REJECTED.get(event.reject_reason, Report.FAILED)
    return _REPORTS[event.event_type]


def _is_soft(raw: Any) -> bool:
    """Whether a bounce may be over tomorrow: a full mailbox, a server that was busy.

    Anymail tells soft and hard bounces alike; the providers' own words differ.
    """
    match raw:
        case {"Type": kind}:  # Postmark
            return bool(kind != "HardBounce")
        case {"event": "soft_bounce"}:  # Brevo
            return True
        case {"hard_bounce": is_hard}:  # Mailjet
            return not is_hard
        case {"msys": {"message_event": {"bounce_class": kind}}}:  # SparkPost
            return str(kind) not in {"10", "30"}
        case {"data": {"bounce": {"type": kind}}}:  # Resend
            return bool(kind != "Permanent")
    return False


def _sender(mail: AnymailInboundMessage) -> str:
    sender = mail.from_email
    first = sender[0] if isinstance(sender, list) else sender
    return str(first.addr_spec).lower() if first else ""


def _text(mail: AnymailInboundMessage) -> str:
    return str(mail.stripped_text or mail.text or strip_tags(mail.html or ""))


def _is_automatic(mail: AnymailInboundMessage) -> bool:
    """Whether a machine wrote it: an out-of-office note, a mailing list, a failed delivery."""
    submitted = str(mail.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    return (
        submitted != "no"
        or str(mail.get("Precedence", "")).strip().lower() in _BULK
        or any(name in mail for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder"))
        or mail.envelope_sender in {"", "<>"}
        or _sender(mail).partition("@")[0] in {"mailer-daemon", "postmaster"}
    )
