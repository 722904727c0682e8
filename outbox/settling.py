"""From claimed to sent, hand over hand: a commit records how one message ended and marks the next.

A sender that is killed therefore leaves one unclear message behind at most, the one it was sending. Every
step is a conditional update that names the lease, so a slow sender whose lease was taken away changes
nothing; only a late success still counts. Locks are taken in one order: a keeper's rows, then the
message's.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q

from outbox.clock import Clock
from outbox.keepers import GO, Keeper, Verdict, keeper_of
from outbox.models import DeliveryAttempt, Message, Suppression
from outbox.suppression import forbids, suppress, why_forbidden
from outbox.verdict import Result

log = structlog.get_logger(__name__)

SEND_LEASE = timedelta(seconds=45)
"""Longer than one hand-over can take; see `outbox.backends` for e-mail."""
BACK_OFF = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
]
"""Waits between the tries; a message that fails once more after the last one has failed."""
KEEPER_PAUSE = timedelta(minutes=5)
"""How long a message waits whose keeper couldn't say whether it may leave."""
_PATIENCE = (0.2, 1, 3, 5, 10)
"""Waits while the database is away: one that restarts now must not make a message unclear."""

Outcome = DeliveryAttempt.Outcome
State = Message.State
FINAL = {Outcome.SENT, Outcome.FAILED, Outcome.STOPPED, Outcome.SUPPRESSED}
"""Outcomes that a keeper is told."""


@dataclass(frozen=True)
class Done:
    """A message with what became of it, still to be recorded."""

    message: Message
    result: Result
    started_at: datetime
    fields: dict[str, Any]
    """What the message's row is to say."""
    was_handed_over: bool = True
    """False where something hindered it before."""

    @property
    def outcome(self) -> str:
        """As recorded: a message that has used up its tries has failed."""
        return Outcome.FAILED if self.fields["state"] == State.FAILED else self.result.outcome


@dataclass(frozen=True)
class Step:
    """What one commit did."""

    message: Message | None
    """The message that may leave now: that it is being sent is committed."""
    waiting: Sequence[Message]
    """Those after it."""
    outcomes: Sequence[str]
    """What was recorded."""


def hand_on(done: Done | None, waiting: Sequence[Message], *, clock: Clock) -> Step:
    """Record how one message ended and mark the next one that may leave, in one transaction.

    Costs three queries for an ordinary message, and what its keeper asks. Patient with a database that
    restarts.
    """
    for pause in _PATIENCE:
        try:
            return _hand_on(done, waiting, clock=clock)
        except (OperationalError, InterfaceError) as error:
            log.warning("outcome_not_recorded_yet", error=type(error).__name__)
            connection.close()
            time.sleep(pause)
    return _hand_on(done, waiting, clock=clock)


def handed_over(message: Message, result: Result, *, started_at: datetime, clock: Clock) -> Done:
    """Return what is to be recorded about a message that was handed over, or tried to."""
    return Done(message, result, started_at, _fields(message, result, now=clock.now()))


def hinder(
    message: Message, outcome: str, reason: str, *, now: datetime, until: datetime | None = None
) -> str:
    """Record what keeps a claimed message from leaving, inside a transaction; returns the outcome."""
    result = Result(outcome, reason)
    fields = _fields(message, result, now=now)
    if until:
        fields["due_at"] = max(until, now + timedelta(seconds=1))
    _record(Done(message, result, now, fields, was_handed_over=False))
    return outcome


def _hand_on(done: Done | None, waiting: Sequence[Message], *, clock: Clock) -> Step:
    outcomes = []
    with transaction.atomic(durable=True):
        if done:
            _record(done)
            outcomes.append(done.outcome)
        for position, message in enumerate(waiting, start=1):
            hindrance = _start(message, now=clock.now())
            if hindrance is None:
                return Step(message, waiting[position:], outcomes)
            outcomes.append(hindrance)
    return Step(None, [], outcomes)


def _start(message: Message, *, now: datetime) -> str | None:
    """Mark a claimed message as being sent, or return the outcome that hinders it; "" for a lost lease."""
    verdict = _ask(message, now=now)
    if verdict.stop:
        return hinder(message, Outcome.STOPPED, verdict.stop, now=now)
    if verdict.wait_until:
        return hinder(message, Outcome.POSTPONED, verdict.reason, now=now, until=verdict.wait_until)
    if _mark(message, verdict, now=now):
        return None
    if reason := why_forbidden(message):
        return hinder(message, Outcome.SUPPRESSED, reason, now=now)
    log.info("message_lease_lost", message=message.pk)
    return ""


def _ask(message: Message, *, now: datetime) -> Verdict:
    keeper = keeper_of(message)
    if not keeper:
        return GO
    try:
        with transaction.atomic():
            return keeper.verdict(message)
    except Exception:
        if connection.needs_rollback:
            raise
        log.exception("keeper_failed", message=message.pk, keeper=message.keeper)
        return Verdict(wait_until=now + KEEPER_PAUSE, reason="It couldn't be decided whether it may leave.")


def _mark(message: Message, verdict: Verdict, *, now: datetime) -> bool:
    """Commit the intent to send: only with the lease in hand and nothing that suppresses the address.

    Doing it again does no harm: nobody knows whether the commit before a lost connection came through.
    """
    marked = Message.objects.filter(
        ~forbids(message),
        pk=message.pk,
        state__in=[State.CLAIMED, State.SENDING],
        lease_token=message.lease_token,
    ).update(
        state=State.SENDING,
        leased_until=now + SEND_LEASE,
        attempts=message.attempts + 1,
        **verdict.changes,
    )
    for name, value in verdict.changes.items():
        setattr(message, name, value)
    return bool(marked)


def _record(done: Done) -> None:
    """Write the message's next state and the attempt, and tell the keeper of an end."""
    message = done.message
    if done.result.address_is_dead:
        _suppress(message)
    keeper = keeper_of(message) if done.outcome in FINAL else None
    settled = _settle_and_tell(done, keeper) if keeper else _settle(done)
    if not settled:
        log.warning("message_settled_late", message=message.pk, outcome=done.outcome)
    if _is_news(done, settled=settled):
        DeliveryAttempt.objects.create(
            message=message, started_at=done.started_at, outcome=done.outcome, detail=done.result.detail[:300]
        )


def _settle(done: Done) -> bool:
    """Write the message's next state where it is still ours.

    When the lease ran out meanwhile and nobody is sending again yet, a message that left is sent all the
    same.
    """
    ours = Q(state__in=[State.CLAIMED, State.SENDING], lease_token=done.message.lease_token)
    if done.outcome == Outcome.SENT:
        ours |= Q(state__in=[State.PENDING, State.CLAIMED, State.UNKNOWN])
    return bool(Message.objects.filter(ours, pk=done.message.pk).update(**done.fields))


class _NotOurs(Exception):
    """The message was settled by somebody else meanwhile."""


def _settle_and_tell(done: Done, keeper: Keeper) -> bool:
    """Settle a message whose keeper is told first: its rows are locked before the message's."""
    message = done.message
    try:
        with transaction.atomic():
            keeper.ended(message, done.outcome)
            if not _settle(done):
                raise _NotOurs
    except _NotOurs:
        return False
    except Exception:
        if connection.needs_rollback:
            raise
        log.exception("keeper_not_told", message=message.pk, keeper=message.keeper, outcome=done.outcome)
        return _settle(done)
    return True


def _is_news(done: Done, *, settled: bool) -> bool:
    """Whether an attempt is worth a row: not a wait for the same reason again, nor one that is noted
    already."""
    if done.outcome == Outcome.POSTPONED and done.result.detail == done.message.last_error:
        return False
    if settled:
        return True
    noted = DeliveryAttempt.objects.filter(message=done.message, started_at=done.started_at)
    return done.was_handed_over and not noted.exists()


def _suppress(message: Message) -> None:
    try:
        with transaction.atomic():
            suppress(message.to, reason=Suppression.Reason.BOUNCED, channel=message.channel)
    except Exception:
        if connection.needs_rollback:
            raise
        log.exception("dead_address_not_suppressed", message=message.pk)


def _fields(message: Message, result: Result, *, now: datetime) -> dict[str, Any]:
    """Return the fields that a result sets. Private values go as soon as nothing can need them."""
    fields: dict[str, Any] = {
        "last_error": result.detail[:300],
        "lease_token": None,
        "leased_until": None,
    }
    if not result.costs_attempt:
        fields["attempts"] = message.attempts - 1
    match result.outcome:
        case Outcome.SENT:
            return fields | {
                "state": State.SENT,
                "sent_at": now,
                "provider_id": result.provider_id[:200],
                "private": {},
            }
        case Outcome.STOPPED | Outcome.SUPPRESSED:
            return fields | {"state": State.CANCELLED, "private": {}}
        case Outcome.POSTPONED:
            return fields | {"state": State.PENDING, "due_at": now + timedelta(seconds=result.pause)}
        case Outcome.UNKNOWN:
            return fields | {"state": State.UNKNOWN, "due_at": now + _back_off(message)}
        case Outcome.RETRY if message.attempts <= len(BACK_OFF):
            return fields | {"state": State.PENDING, "due_at": now + _back_off(message)}
    return fields | {"state": State.FAILED, "private": {}}


def _back_off(message: Message) -> timedelta:
    return BACK_OFF[min(message.attempts, len(BACK_OFF)) - 1] * random.uniform(1, 1.2)  # noqa: S311 - jitter
