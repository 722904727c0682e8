"""What the end of a hand-over means for the message."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from outbox.errors import NotHandedOver, Refused, Throttled, Unreachable, UnsendableMessage
from outbox.models import DeliveryAttempt, Message
from outbox.storable import storable

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


@dataclass(frozen=True)
class Result:
    """How a hand-over ended."""

    outcome: str
    detail: str = ""
    provider_id: str = ""
    address_is_dead: bool = False
    costs_attempt: bool = True
    pause: float = 0
    """Seconds for which the provider wants to be left alone."""


def judge(error: Exception) -> Result:
    """Return what an error while sending means.

    Certain that nothing left: try again, without losing an attempt where the channel was the reason. Refused
    for good, or impossible to carry: failed. Everything else may have left.
    """
    said = storable(str(error))
    match error:
        case Unreachable():
            return Result(Outcome.POSTPONED, said or "Nobody answered.", costs_attempt=False)
        case Throttled():
            return Result(Outcome.POSTPONED, said, costs_attempt=False, pause=error.retry_after)
        case NotHandedOver():
            return Result(Outcome.RETRY, said)
        case Refused():
            return Result(Outcome.FAILED, said, address_is_dead=error.address_is_dead)
        case UnsendableMessage():
            return Result(Outcome.FAILED, said)
    return Result(Outcome.UNKNOWN, f"{type(error).__name__}: {said}")


def fields_after(message: Message, result: Result, *, now: datetime) -> dict[str, Any]:
    """Return the fields that a result changes. Private values go as soon as nothing can need them."""
    fields = _next_state(message, result, now=now)
    fields |= {"lease_token": None, "leased_until": None, "last_error": result.detail[:300]}
    if message.private and fields["state"] in {State.SENT, State.FAILED, State.CANCELLED}:
        fields["private"] = {}
    if not result.costs_attempt:
        fields["attempts"] = message.attempts - 1
    return fields


def _next_state(message: Message, result: Result, *, now: datetime) -> dict[str, Any]:
    match result.outcome:
        case Outcome.SENT:
            told = {"provider_id": result.provider_id[:200]} if result.provider_id else {}
            return {"state": State.SENT, "sent_at": now, **told}
        case Outcome.STOPPED | Outcome.SUPPRESSED:
            return {"state": State.CANCELLED}
        case Outcome.POSTPONED:
            return {"state": State.PENDING, "due_at": now + timedelta(seconds=result.pause)}
        case Outcome.UNKNOWN:
            return {"state": State.UNKNOWN, "due_at": now + _back_off(message)}
        case Outcome.RETRY if message.attempts <= len(BACK_OFF):
            return {"state": State.PENDING, "due_at": now + _back_off(message)}
    return {"state": State.FAILED}


def _back_off(message: Message) -> timedelta:
    return BACK_OFF[min(message.attempts, len(BACK_OFF)) - 1] * random.uniform(1, 1.2)  # noqa: S311 - jitter
