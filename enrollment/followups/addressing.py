"""Keeping waiting messages with the address that a person has now."""

from collections.abc import Iterable
from typing import cast

from enrollment.followups.facts import facts_of
from enrollment.followups.planning import RELATED
from enrollment.followups.stopping import Why, stop_run
from enrollment.models import Lead, Person, SequenceRun
from outbox.models import Message


def readdress(people: Iterable[Person | int]) -> None:
    """Send what waits for these people to their present addresses; the caller holds their locks.

    A run that has no address left on its message's channel stops. What is being sent stays as it is. One
    query where nothing waits.
    """
    leads = Lead.everything.filter(person__in=list(people)).order_by().values("pk")
    waiting = SequenceRun.objects.active().filter(lead__in=leads, message__isnull=False)
    runs = waiting.select_for_update(of=["self"], no_key=True).select_related(*RELATED, "message")
    for run in runs.order_by("pk"):
        message = cast(Message, run.message)
        to = facts_of(run).address(message.channel)
        if not to:
            stop_run(run, Why.UNREACHABLE)
        elif message.to != to:
            _send_to(message, to)


def _send_to(message: Message, to: str) -> None:
    """Give it the new address, and take it back from a sender that holds the old one."""
    waiting = Message.objects.filter(pk=message.pk, state__in=[Message.State.PENDING, Message.State.CLAIMED])
    waiting.update(to=to, state=Message.State.PENDING, lease_token=None, leased_until=None)
