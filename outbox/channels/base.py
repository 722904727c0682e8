"""What every way out can do, and how it says what went wrong."""

from typing import Protocol

from outbox.models import Message


class Way(Protocol):
    """A connection to whoever carries messages of one channel; used by one sender at a time.

    `open` and `send` raise the errors of `outbox.errors`; anything else that `send` raises means that
    the message may have left.
    """

    keeps_keys: bool
    """Whether the provider takes a key and ignores a second request with it, so that repeating is safe."""

    def open(self) -> None:
        """Connect, unless connected. Raises Unreachable when nobody answers: no message was touched."""

    def send(self, message: Message) -> str:
        """Hand one message over and return the provider's id of it, or an empty string.

        Raises NotHandedOver (certainly not taken: try again), Throttled (not taken: later), Refused
        (never again), or UnsendableMessage (it can't be carried as it is).
        """

    def close(self) -> None:
        """Disconnect; never raises."""
