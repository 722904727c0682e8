"""Unsubscribing by the link in a mail, without a login: whoever has the mail may decide about its address.

The link's token is signed and never ends. It names the address by its hash alone, so that it can be read
nowhere and goes on working when the person, and with them every address, was erased.
"""

from collections.abc import Collection
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from outbox import signals
from outbox.models import Message, OptOut, Suppression, address_hash
from outbox.suppression import opt_out, suppress

_SALT = "outbox.unsubscribe"
Reason = Suppression.Reason

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Receiver:
    """Who holds a link: an address, and what the message that brought it was about."""

    channel: str
    hashed: str
    topic: str
    """Empty for what can only be stopped with everything else."""
    message: int

    def address(self) -> str:
        """Return the address while the message still knows it, else an empty string; one query."""
        to = Message.objects.filter(pk=self.message).values_list("to", flat=True).first() or ""
        return to if to and address_hash(to) == self.hashed else ""


@dataclass(frozen=True)
class Standing:
    """What an address gets."""

    everything_stopped: bool
    """Nothing but what concerns an account or a place leaves any more."""
    dead: bool
    """Nothing leaves at all, or they called it spam; no link takes that back."""
    stopped: frozenset[str]
    """Topics that were stopped alone."""

    def gets(self, topic: str) -> bool:
        """Whether messages on this topic may leave."""
        return not self.everything_stopped and topic not in self.stopped


def unsubscribe_url(message: Message) -> str:
    """Return the address of the page for whoever gets this message; no query."""
    held = [message.channel, address_hash(message.to), message.topic, message.pk]
    path = reverse("outbox:unsubscribe", args=[_signer().sign_object(held)])
    return f"{settings.SITE_URL}{path}"


def read_token(token: str) -> Receiver | None:
    """Return who holds a link; None for one that we never wrote."""
    try:
        channel, hashed, topic, message = _signer().unsign_object(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return Receiver(channel=channel, hashed=hashed, topic=topic, message=message)


def standing_of(receiver: Receiver) -> Standing:
    """Return what the address gets now; two queries."""
    where = {"channel": receiver.channel, "address_hash": receiver.hashed}
    reason = Suppression.objects.filter(**where).values_list("reason", flat=True).first()
    return Standing(
        everything_stopped=reason is not None,
        dead=reason is not None and reason != Reason.UNSUBSCRIBED,
        stopped=frozenset(OptOut.objects.filter(**where).values_list("topic", flat=True)),
    )


@transaction.atomic
def stop_topic(receiver: Receiver, topic: str) -> None:
    """Stop what the address gets on a topic, or all that can be stopped where there is none. Repeatable."""
    if not topic:
        stop_everything(receiver)
        return
    if address := receiver.address():
        opt_out(address, topic=topic, channel=receiver.channel)
    else:
        OptOut.objects.get_or_create(channel=receiver.channel, address_hash=receiver.hashed, topic=topic)
    log.info("unsubscribed", message=receiver.message, topic=topic)


@transaction.atomic
def stop_everything(receiver: Receiver) -> None:
    """Stop all that doesn't concern an account or a place. Repeatable; a weightier reason stays."""
    if address := receiver.address():
        suppress(address, reason=Reason.UNSUBSCRIBED, channel=receiver.channel)
    else:
        Suppression.objects.get_or_create(
            channel=receiver.channel,
            address_hash=receiver.hashed,
            defaults={"reason": Reason.UNSUBSCRIBED},
        )
    log.info("unsubscribed", message=receiver.message, topic="")


@transaction.atomic
def take_back(receiver: Receiver, topics: Collection[str]) -> None:
    """Let messages on these topics leave again, and tell it by `signals.allowed`. Repeatable.

    What was stopped with everything else stays stopped for the other topics. An address that doesn't exist,
    was erased or called us spam stays as it is.
    """
    where = {"channel": receiver.channel, "address_hash": receiver.hashed}
    before = standing_of(receiver)
    if before.dead:
        return
    if Suppression.objects.filter(**where, reason=Reason.UNSUBSCRIBED).delete()[0]:
        others = [topic for topic in settings.MESSAGE_TOPICS if topic not in topics]
        OptOut.objects.bulk_create((OptOut(**where, topic=topic) for topic in others), ignore_conflicts=True)
    OptOut.objects.filter(**where, topic__in=topics).delete()
    address = receiver.address()
    for topic in topics:
        if address and not before.gets(topic):
            signals.allowed.send(sender=OptOut, address=address, channel=receiver.channel, topic=topic)
            log.info("subscribed_again", message=receiver.message, topic=topic)


@transaction.atomic
def choose(receiver: Receiver, wanted: Collection[str]) -> None:
    """Let the address get these topics and no others."""
    if not wanted:
        stop_everything(receiver)
        return
    before = standing_of(receiver)
    take_back(receiver, [topic for topic in wanted if not before.gets(topic)])
    for topic in settings.MESSAGE_TOPICS:
        if topic not in wanted and before.gets(topic):
            stop_topic(receiver, topic)


def masked(address: str) -> str:
    """Return an address so that its owner knows it and nobody else can read it off a screen."""
    name, at, domain = address.partition("@")
    if not at:
        return f"{address[:3]}…{address[-2:]}"
    return f"{name[0]}…{name[-1]}@{domain}" if len(name) > 2 else f"{name[:1]}…@{domain}"


def _signer() -> Signer:
    return Signer(salt=_SALT)
