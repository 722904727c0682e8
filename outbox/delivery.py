"""Claiming what is due and handing it over.

Each message passes three commits: claimed (by this batch), sending (the last moment at which it can
be stopped), and its end with a DeliveryAttempt. A crash between any two leaves a lease behind that
`outbox.recovery.reap` settles. The lease token decides every step, so a slow sender whose lease was
taken away changes nothing.
"""

import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.core.mail import mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from outbox.errors import NotHandedOver
from outbox.mime import build_email
from outbox.models import DeliveryAttempt, Message
from outbox.suppression import forbids, why_forbidden
from outbox.verdict import judge

log = structlog.get_logger(__name__)

DELIVERY = "delivery"
"""Alias in MAILERS of the way out; "default" is the way into the outbox."""
BATCH = 50
CLAIM_LEASE = timedelta(seconds=30)
"""How long claimed messages wait for their turn; ending it early is harmless."""
SEND_LEASE = timedelta(seconds=60)
"""Longer than one hand-over can take: three SMTP commands of 10 s and 25 s for the body."""
BACK_OFF = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
]
"""Waits between the tries; a message that fails once more after the last one has failed."""

Outcome = DeliveryAttempt.Outcome
State = Message.State


@dataclass
class Tally:
    """What one drain did."""

    outcomes: Counter[str] = field(default_factory=Counter)
    unreachable: bool = False
    """Whether the mail server couldn't be reached; nothing was touched then."""


def drain(*, seconds: float = 50) -> Tally:
    """Send what is due in batches until nothing is left, the server is unreachable or time is up.

    Must run outside a transaction. Costs one query when nothing is due, then five a batch and five a
    message.
    """
    tally = Tally()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and Message.objects.due().exists():
        if not _send_batch(tally, deadline=deadline):
            break
    if tally.outcomes:
        log.info("outbox_drained", **tally.outcomes)
    return tally


def claim(limit: int = BATCH) -> list[Message]:
    """Lease up to `limit` due messages to the caller; no two callers get the same one.

    On PostgreSQL rows that another caller is claiming are skipped; elsewhere the condition on the
    state decides, and rows lost to another caller are missing from the result.
    """
    token = uuid.uuid4()
    with transaction.atomic(durable=True):
        chosen = list(
            Message.objects.due().select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit]
        )
        Message.objects.filter(pk__in=chosen, state=State.PENDING).update(
            state=State.CLAIMED, lease_token=token, leased_until=timezone.now() + CLAIM_LEASE
        )
    return list(Message.objects.filter(pk__in=chosen, lease_token=token).order_by("due_at", "pk"))


def _send_batch(tally: Tally, *, deadline: float) -> bool:
    """Send one batch over one connection; return whether another batch is worth trying."""
    mailer = mailers[DELIVERY]
    if not _opened(mailer):
        tally.unreachable = True
        return False
    try:
        batch = claim()
        for position, message in enumerate(batch):
            out_of_time = time.monotonic() >= deadline
            tally.unreachable = not out_of_time and not _opened(mailer)
            if out_of_time or tally.unreachable:
                _release(batch[position:])
                return False
            outcome = _deliver(message, mailer)
            if outcome:
                tally.outcomes[outcome] += 1
            if outcome not in {Outcome.SENT, Outcome.SUPPRESSED, None}:
                _close(mailer)
        return bool(batch)
    finally:
        _close(mailer)


def _opened(mailer: BaseEmailBackend) -> bool:
    """Open the connection unless it is open. A server that refuses costs no message an attempt."""
    try:
        mailer.open()
    except OSError as error:  # smtplib's own errors are OSErrors too
        _close(mailer)
        log.warning("mail_server_unreachable", error=type(error).__name__)
        return False
    return True


def _close(mailer: BaseEmailBackend) -> None:
    try:
        mailer.close()
    except OSError as error:  # smtplib's own errors are OSErrors too
        log.info("mail_connection_not_closed", error=type(error).__name__)


def _release(messages: list[Message]) -> None:
    """Give claimed messages back untried."""
    for message in messages:
        Message.objects.filter(pk=message.pk, lease_token=message.lease_token, state=State.CLAIMED).update(
            state=State.PENDING, lease_token=None, leased_until=None
        )


def _deliver(message: Message, mailer: BaseEmailBackend) -> str | None:
    """Send one claimed message; return the outcome, or None when it was no longer ours to send."""
    started_at = timezone.now()
    if not _mark_sending(message):
        return _settle_if_suppressed(message, started_at=started_at)
    message.attempts += 1
    try:
        _hand_over(message, mailer)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the message needs a state
        outcome, detail = judge(error)
        log.warning(
            "message_not_sent",
            message=message.pk,
            purpose=message.purpose,
            outcome=outcome,
            error=type(error).__name__,
            code=getattr(error, "smtp_code", None),
        )
    else:
        outcome, detail = Outcome.SENT, ""
        log.info("message_sent", message=message.pk, purpose=message.purpose, attempt=message.attempts)
    return _settle(message, outcome=outcome, detail=detail, started_at=started_at)


def _hand_over(message: Message, mailer: BaseEmailBackend) -> None:
    if not mailer.send_messages([build_email(message)]):
        raise NotHandedOver("The mail back end took nothing.")


def _mark_sending(message: Message) -> bool:
    """Commit the intent to send: only with the lease in hand and nothing that suppresses the address."""
    marked = Message.objects.filter(
        ~forbids(message),
        pk=message.pk,
        state=State.CLAIMED,
        lease_token=message.lease_token,
    ).update(
        state=State.SENDING,
        leased_until=timezone.now() + SEND_LEASE,
        attempts=F("attempts") + 1,
    )
    return bool(marked)


def _settle_if_suppressed(message: Message, *, started_at: datetime) -> str | None:
    reason = why_forbidden(message)
    if not reason:
        log.info("message_lease_lost", message=message.pk)
        return None
    return _settle(message, outcome=Outcome.SUPPRESSED, detail=reason, started_at=started_at)


def _settle(message: Message, *, outcome: str, detail: str, started_at: datetime) -> str:
    """Record how an attempt ended, patiently: a database that restarts now must not make it unclear."""
    for pause in (0.2, 1, 3, 5, 10):
        try:
            return _record(message, outcome=outcome, detail=detail, started_at=started_at)
        except (OperationalError, InterfaceError) as error:
            log.warning("outcome_not_recorded_yet", message=message.pk, error=type(error).__name__)
            connection.close()
            time.sleep(pause)
    return _record(message, outcome=outcome, detail=detail, started_at=started_at)


def _record(message: Message, *, outcome: str, detail: str, started_at: datetime) -> str:
    """Write the attempt and the message's next state in one transaction.

    A late success still counts: when the lease ran out meanwhile and nobody is sending again yet, the
    message is sent all the same.
    """
    if outcome == Outcome.RETRY and message.attempts > len(BACK_OFF):
        outcome = Outcome.FAILED
    ours = Q(state__in=[State.CLAIMED, State.SENDING], lease_token=message.lease_token)
    if outcome == Outcome.SENT:
        ours |= Q(state__in=[State.PENDING, State.CLAIMED, State.UNKNOWN])
    with transaction.atomic(durable=True):
        settled = Message.objects.filter(ours, pk=message.pk).update(
            last_error=detail[:300], lease_token=None, leased_until=None, **_next(message, outcome)
        )
        DeliveryAttempt.objects.create(
            message=message, started_at=started_at, outcome=outcome, detail=detail[:300]
        )
    if not settled:
        log.warning("message_settled_late", message=message.pk, outcome=outcome)
    return outcome


def _next(message: Message, outcome: str) -> dict[str, object]:
    """Return the fields that an outcome sets. Private values go as soon as nothing can need them."""
    now = timezone.now()
    if outcome == Outcome.SENT:
        return {"state": State.SENT, "sent_at": now, "private": {}}
    if outcome == Outcome.SUPPRESSED:
        return {"state": State.CANCELLED, "private": {}}
    if outcome == Outcome.FAILED:
        return {"state": State.FAILED, "private": {}}
    wait = BACK_OFF[min(message.attempts, len(BACK_OFF)) - 1] * random.uniform(1, 1.2)  # noqa: S311 - jitter
    return {"state": State.UNKNOWN if outcome == Outcome.UNKNOWN else State.PENDING, "due_at": now + wait}
