"""What can go wrong between a caller, the queue and the wire."""


class UnsendableMessage(ValueError):
    """The message can't be queued or carried as it is: a newline in a header, a malformed address, a NUL."""


class Unreachable(Exception):
    """Nobody answers for a channel; no message was touched, so none loses an attempt."""


class NotHandedOver(Exception):
    """The message has certainly not left; trying again can't double it."""


class Throttled(NotHandedOver):
    """The provider wants fewer messages; nothing left, and the whole channel pauses."""

    def __init__(self, text: str, *, retry_after: float = 30) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        """Seconds after which it may be tried again."""


class Refused(Exception):
    """The provider said no for good, in an answer of its own."""

    def __init__(self, text: str, *, address_is_dead: bool = False) -> None:
        super().__init__(text)
        self.address_is_dead = address_is_dead
        """Whether the address doesn't exist, so that nothing should ever be sent there again."""


class AlreadySettled(Exception):
    """Somebody, or a sender, has settled the message meanwhile."""
