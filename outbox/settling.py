"""From claimed to sent, hand over hand: a commit records how one message ended and marks the next.

A sender that is killed therefore leaves one unclear message behind at most, the one it was sending. Every
step is a conditional update that names the lease, so a slow sender whose lease was taken away changes
nothing; only a late success still counts. Locks are taken in one order: a keeper's rows, then the
message's.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from outbox.clock import Clock
from outbox.keepers import GO, Keeper, Verdict, keeper_of
from outbox.models import DeliveryAttempt, Message, Suppression
from outbox.statements import OURS, OURS_OR_NOT_LEAVING, Statement, add_attempt, run, update_message
from outbox.suppression import suppress, why_forbidden
from outbox.verdict import Result, fields_after

log = structlog.get_logger(__name__)

SEND_LEASE = timedelta(seconds=45)
"""Longer than one hand-over can take; see `outbox.backends` for e-mail."""
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
    finished_at: datetime
    fields: dict[str, Any]
    """What the message's row is to say."""

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
    now = clock.now()
    return Done(message, result, started_at, now, fields_after(message, result, now=now))


def hinder(
    message: Message, outcome: str, reason: str, *, now: datetime, until: datetime | None = None
) -> str:
    """Record what keeps a claimed message from leaving, inside a transaction.

    Returns the outcome, or "" where the lease was lost. A wait for the same reason as before is no news and
    makes no attempt.
    """
    result = Result(outcome, reason)
    fields = fields_after(message, result, now=now)
    if until:
        fields["due_at"] = max(until, now + timedelta(seconds=1))
    done = Done(message, result, now, now, fields)
    if not _settle(done):
        log.info("message_lease_lost", message=message.pk)
        return ""
    if outcome != Outcome.POSTPONED or reason != message.last_error:
        run(_attempt(done))
    return outcome


def _hand_on(done: Done | None, waiting: Sequence[Message], *, clock: Clock) -> Step:
    with transaction.atomic(durable=True):
        outcomes = [done.outcome] if done else []
        writes = _record(done) if done else []
        for position, message in enumerate(waiting, start=1):
            verdict = _ask(message, now=clock.now())
            if verdict.stop or verdict.wait_until:
                outcomes.append(_obey(verdict, message, now=clock.now()))
                continue
            *_written, marked = run(*writes, _mark(message, verdict, now=clock.now()))
            writes = []
            if marked:
                return Step(message, waiting[position:], outcomes)
            outcomes.append(_say_why_not(message, now=clock.now()))
        run(*writes)
    return Step(None, [], outcomes)


def _mark(message: Message, verdict: Verdict, *, now: datetime) -> Statement:
    """Commit the intent to send: only with the lease in hand and nothing that suppresses the address.

    Doing it again does no harm: nobody knows whether the commit before a lost connection came through.
    """
    for name, value in verdict.changes.items():
        setattr(message, name, value)
    fields = {"state": State.SENDING, "leased_until": now + SEND_LEASE, "attempts": message.attempts + 1}
    return update_message(message, fields | dict(verdict.changes), where=OURS, unless_forbidden=True)


def _obey(verdict: Verdict, message: Message, *, now: datetime) -> str:
    if verdict.stop:
        return hinder(message, Outcome.STOPPED, verdict.stop, now=now)
    return hinder(message, Outcome.POSTPONED, verdict.reason, now=now, until=verdict.wait_until)


def _say_why_not(message: Message, *, now: datetime) -> str:
    """Record that something suppresses a message that couldn't be marked; if nothing does, its lease was
    lost."""
    if reason := why_forbidden(message):
        return hinder(message, Outcome.SUPPRESSED, reason, now=now)
    log.info("message_lease_lost", message=message.pk)
    return ""


def _record(done: Done) -> list[Statement]:
    """Tell everybody who must know how a message ended, and return what is still to be written."""
    if done.result.address_is_dead:
        _suppress(done.message)
    if _keeper_to_tell(done):
        _settle(done)
        return [_attempt(done)]
    return [_settlement(done), _attempt(done)]


def _settle(done: Done) -> bool:
    """Write how a message ended, telling its keeper first; return whether it was still ours."""
    keeper = _keeper_to_tell(done)
    if not keeper:
        return any(run(_settlement(done)))
    try:
        with transaction.atomic():
            keeper.ended(done.message, done.outcome)
            if not any(run(_settlement(done))):
                raise _NotOurs
    except _NotOurs:
        log.warning("message_settled_late", message=done.message.pk, outcome=done.outcome)
        return False
    except Exception:
        if connection.needs_rollback:
            raise
        log.exception("keeper_not_told", message=done.message.pk, outcome=done.outcome)
        return any(run(_settlement(done)))
    return True


class _NotOurs(Exception):
    """The message was settled by somebody else meanwhile."""


def _keeper_to_tell(done: Done) -> Keeper | None:
    return keeper_of(done.message) if done.outcome in FINAL else None


def _settlement(done: Done) -> Statement:
    """The message's next state, where it is still ours; one that left is sent, whatever was said since."""
    where = OURS_OR_NOT_LEAVING if done.outcome == Outcome.SENT else OURS
    return update_message(done.message, done.fields, where=where)


def _attempt(done: Done) -> Statement:
    return add_attempt(
        done.message,
        started_at=done.started_at,
        finished_at=done.finished_at,
        outcome=done.outcome,
        detail=done.result.detail,
    )


def _ask(message: Message, *, now: datetime) -> Verdict:
    if not message.keeper:
        return GO
    try:
        keeper = keeper_of(message)
        with transaction.atomic():
            return keeper.verdict(message) if keeper else GO
    except Exception:
        if connection.needs_rollback:
            raise
        log.exception("keeper_failed", message=message.pk, keeper=message.keeper)
        return Verdict(wait_until=now + KEEPER_PAUSE, reason="It couldn't be decided whether it may leave.")


def _suppress(message: Message) -> None:
    try:
        with transaction.atomic():
            suppress(message.to, reason=Suppression.Reason.BOUNCED, channel=message.channel)
    except Exception:
        if connection.needs_rollback:
            raise
        log.exception("dead_address_not_suppressed", message=message.pk)
