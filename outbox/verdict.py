"""What the end of a hand-over means for the message."""

from dataclasses import dataclass

from outbox.errors import NotHandedOver, Refused, Throttled, Unreachable, UnsendableMessage
from outbox.models import DeliveryAttempt

Outcome = DeliveryAttempt.Outcome


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
    match error:
        case Unreachable():
            return Result(Outcome.POSTPONED, str(error) or "Nobody answered.", costs_attempt=False)
        case Throttled():
            return Result(Outcome.POSTPONED, str(error), costs_attempt=False, pause=error.retry_after)
        case NotHandedOver():
            return Result(Outcome.RETRY, str(error))
        case Refused():
            return Result(Outcome.FAILED, str(error), address_is_dead=error.address_is_dead)
        case UnsendableMessage():
            return Result(Outcome.FAILED, str(error))
    return Result(Outcome.UNKNOWN, f"{type(error).__name__}: {error}")
