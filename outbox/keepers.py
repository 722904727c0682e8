"""Who is asked before a message leaves, and told when it has ended.

The outbox knows no other app: a message names its keeper, the setting MESSAGE_KEEPERS the module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings

from outbox.models import Message


@dataclass(frozen=True)
class Verdict:
    """What a keeper says about a message that is about to leave."""

    stop: str = ""
    """Why it must not leave any more; the message is cancelled."""
    wait_until: datetime | None = None
    """When to ask again; the message waits until then and loses no attempt."""
    reason: str = ""
    """Why it waits, in words for the ledger."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Fields as they are to leave (subject, text, html, content), where facts changed since it was queued."""


GO = Verdict()


class Keeper(Protocol):
    """A module with these three functions; a message names it by its key in MESSAGE_KEEPERS."""

    def stopped(self, messages: Sequence[Message]) -> Mapping[int, str]:
        """Return, by key, why claimed messages are wanted no more. Asked once a batch; one or two queries."""

    def verdict(self, message: Message) -> Verdict:
        """Say whether it may leave now, inside the transaction that marks it as being sent.

        What decides must be locked until that transaction ends, without waiting for a lock: what is
        held by somebody else is a reason to wait a few seconds. The keeper's rows are locked before
        the message's, here and wherever a keeper's rows and messages are changed together.
        """

    def ended(self, message: Message, outcome: str) -> None:
        """Take note inside the transaction that records that it was sent, failed, stopped or suppressed.

        Called before the message's row is changed, so that the keeper's rows are locked first. If the message
        turns out to be somebody else's by now, all of it is taken back.
        """


def keeper_of(message: Message) -> Keeper | None:
    """Return who keeps a message; None for one that nobody keeps."""
    return _load(settings.MESSAGE_KEEPERS[message.keeper]) if message.keeper else None


@cache
def _load(module: str) -> Keeper:
    return cast(Keeper, import_module(module))
