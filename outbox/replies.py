"""What people write to us: each kept once, and told to whoever follows up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from outbox import signals
from outbox.models import Channel, Message, OptOut, Reply, Suppression, address_hash
from outbox.storable import storable
from outbox.suppression import suppress

LONGEST_TEXT = 20_000
WINDOW = timedelta(hours=24) - timedelta(minutes=5)
"""How long WhatsApp lets us write freely to somebody who wrote, less what a message may wait for its turn."""
STOP_WORDS = {"stop", "stop promotions", "stopall", "unsubscribe", "நிறுத்து", "நிறுத்தவும்"}
START_WORDS = {"start", "subscribe", "unstop", "தொடங்கு", "தொடங்கவும்"}
"""A whole answer on WhatsApp or by SMS that says that nothing more is wanted, and that it is wanted again."""
_NOT_WORDS = re.compile(r"[\s.!\"'*]+")


@dataclass(frozen=True)
class Heard:
    """Something that somebody wrote to us."""

    event_id: str
    """What it is known by: the same again changes nothing."""
    channel: str
    sender: str
    """An e-mail address, or a number as E.164."""
    text: str
    subject: str = ""
    answers: Sequence[str] = ()
    """Ids of the message that it answers: the provider's, or Message-IDs."""
    is_automatic: bool = False
    at: datetime | None = None


def take(heard: Heard) -> bool:
    """Keep what a person wrote and tell it by `signals.replied`, in one transaction; False if it is known.

    STOP and its like, on WhatsApp and by SMS, end what nobody asked for there; START takes that back.
    """
    heard, now = _storable(heard), timezone.now()
    with transaction.atomic():
        reply, is_new = Reply.objects.get_or_create(
            event_id=heard.event_id,
            defaults={
                "channel": heard.channel,
                "sender": heard.sender.lower()[:320],
                "subject": heard.subject[:200],
                "text": heard.text[:LONGEST_TEXT],
                "message": _answered(heard),
                "is_automatic": heard.is_automatic,
                "received_at": min(heard.at or now, now),
            },
        )
        if is_new:
            _heed(reply)
            signals.replied.send(sender=Reply, reply=reply)
    return is_new


def window_open(number: str) -> bool:
    """Whether we may write freely to this number on WhatsApp, since its owner wrote to us; one query."""
    return Reply.objects.filter(
        channel=Channel.WHATSAPP, sender=number, received_at__gt=timezone.now() - WINDOW
    ).exists()


def _answered(heard: Heard) -> Message | None:
    """Return the message that is answered, where the provider or the headers tell; one query."""
    if not heard.answers:
        return None
    known = Q(provider_id__in=heard.answers) | Q(message_id__in=heard.answers)
    return Message.objects.filter(known, channel=heard.channel).order_by("-pk").first()


def _heed(reply: Reply) -> None:
    """Do what a STOP or a START says, unless the person said the opposite later."""
    if reply.channel == Channel.EMAIL or reply.is_automatic or not reply.sender:
        return
    said = _said(reply.text)
    if said in STOP_WORDS and not _said_later(reply, START_WORDS):
        suppress(reply.sender, reason=Suppression.Reason.UNSUBSCRIBED, channel=reply.channel)
    elif said in START_WORDS:
        _take_stop_back(reply)


def _take_stop_back(reply: Reply) -> None:
    """Let leave again what a STOP has stopped, and tell it by `signals.allowed`.

    The stop is locked first, so that a STOP which comes at this very moment is seen, or finds nothing.
    """
    where = {"channel": reply.channel, "address_hash": address_hash(reply.sender)}
    stops = Suppression.objects.select_for_update().filter(**where, reason=Suppression.Reason.UNSUBSCRIBED)
    stop = stops.first()
    if stop is None or _said_later(reply, STOP_WORDS):
        return
    stop.delete()
    stopped_alone = set(OptOut.objects.filter(**where).values_list("topic", flat=True))
    for topic in settings.MESSAGE_TOPICS:
        if topic not in stopped_alone:
            signals.allowed.send(sender=Reply, address=reply.sender, channel=reply.channel, topic=topic)


def _said(text: str) -> str:
    return _NOT_WORDS.sub(" ", text).strip().casefold()


def _said_later(reply: Reply, words: set[str]) -> bool:
    """Whether the sender wrote one of these words after this answer: providers repeat, in any order."""
    later = Reply.objects.filter(
        channel=reply.channel, sender=reply.sender, received_at__gt=reply.received_at
    )
    return any(_said(text) in words for text in later.values_list("text", flat=True))


def _storable(heard: Heard) -> Heard:
    return replace(
        heard,
        sender=storable(heard.sender),
        subject=storable(heard.subject),
        text=storable(heard.text),
        answers=[storable(answer) for answer in heard.answers],
    )
