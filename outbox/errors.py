"""What can go wrong between a caller, the queue and the wire."""


class UnsendableMessage(ValueError):
    """The message can't be queued as it is: a newline in a header, a malformed address, a NUL."""


class NotHandedOver(Exception):
    """The message has certainly not left; trying again can't double it."""
