"""What providers tell about messages that left: each told once, in whatever order it comes.

A delivery is proven by the receiver's side, so it outweighs "failed", whichever comes first; that an
address doesn't exist or that somebody complained outweighs everything.
"""

import hashlib
from dataclasses import dataclass, replace

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from outbox import signals
from outbox.keepers import keeper_of
from outbox.models import DeliveryAttempt, Message, ProviderEvent, Report, Suppression
from outbox.storable import storable
from outbox.suppression import suppress

log = structlog.get_logger(__name__)

_BY_WEIGHT = ["", Report.FAILED, Report.DELIVERED, Report.READ, Report.BOUNCED, Report.COMPLAINED]
_SUPPRESSES: dict[str, Suppression.Reason] = {
    Report.BOUNCED: Suppression.Reason.BOUNCED,
    Report.COMPLAINED: Suppression.Reason.COMPLAINED,
}
_NOT_ENDED = [
    Message.State.PENDING,
    Message.State.CLAIMED,
    Message.State.SENDING,
    Message.State.UNKNOWN,
]


@dataclass(frozen=True)
class Told:
    """One thing that a provider told."""

    event_id: str
    """What the provider, or what is told, is known by: the same again changes nothing."""
    channel: str
    kind: str
    """The provider's word for it."""
    report: str = ""
    """What it means for the message; empty for no more than that it left."""
    provider_id: str = ""
    reference: str = ""
    """What of ours the provider gave back: the message's key or its Message-ID."""
    address: str = ""
    """Whom it is about, for reports about messages that aren't known."""
    detail: str = ""
    unsubscribes: bool = False
    """Whether the person told the provider that they want nothing more of this."""


def take(told: Told) -> bool:
    """Take note of a report; returns whether it is new. A message that isn't known is no error.

    A message of which nobody knew whether it left is settled as sent: the provider had it. A dead address
    and a complaint end what is sent there. Costs up to eight queries, and what the receivers of signals ask.
    """
    told = _storable(told)
    message = _message_of(told)
    if message and message.state != Message.State.SENT:
        _settle(message, told)
    return _take_note(message, told)


def event_id(source: str, *parts: object) -> str:
    """Return what tells an event from all others, also where the provider numbers none.

    Hashed, since providers put numbers and addresses into their ids.
    """
    name = ":".join(map(str, parts)).encode(errors="surrogatepass")
    return f"{source}:{hashlib.sha256(name).hexdigest()}"


def _storable(told: Told) -> Told:
    return replace(
        told,
        provider_id=storable(told.provider_id),
        reference=storable(told.reference),
        address=storable(told.address),
        detail=storable(told.detail),
    )


def _message_of(told: Told) -> Message | None:
    """Return the message by the provider's id, else by what we gave along; at most three queries."""
    for name, value in (
        ("provider_id", told.provider_id),
        ("message_id", told.reference),
        ("key", told.reference),
    ):
        if value and (found := Message.objects.filter(**{"channel": told.channel, name: value}).first()):
            return found
    return None


class _EndedMeanwhile(Exception):
    pass


def _settle(message: Message, told: Told) -> None:
    """Write down that a message left, in a transaction of its own.

    Its keeper is told first, unless it was told an end before: a message that was given up, and arrived
    all the same, is sent, but what was done about it stays.
    """
    if message.state not in _NOT_ENDED:
        if told.report in {Report.DELIVERED, Report.READ}:
            _mark_sent(message, told, states=[Message.State.FAILED, Message.State.CANCELLED])
        return
    try:
        with transaction.atomic():
            if keeper := keeper_of(message):
                keeper.ended(message, DeliveryAttempt.Outcome.SENT)
            if not _mark_sent(message, told, states=_NOT_ENDED):
                raise _EndedMeanwhile
    except _EndedMeanwhile:
        log.info("message_settled_late", message=message.pk)


@transaction.atomic
def _mark_sent(message: Message, told: Told, *, states: list[Message.State]) -> bool:
    now = timezone.now()
    settled = Message.objects.filter(pk=message.pk, state__in=states).update(
        state=Message.State.SENT,
        sent_at=now,
        provider_id=told.provider_id[:200] or message.provider_id,
        last_error="",
        lease_token=None,
        leased_until=None,
        private={},
    )
    if settled:
        DeliveryAttempt.objects.create(
            message=message,
            started_at=now,
            outcome=DeliveryAttempt.Outcome.SENT,
            detail=_("The provider reported it."),
        )
        log.info("message_settled_by_report", message=message.pk, kind=told.kind)
    return bool(settled)


@transaction.atomic
def _take_note(message: Message | None, told: Told) -> bool:
    """Keep the event and what follows from it. Rows of others are locked before the message's."""
    event, is_new = ProviderEvent.objects.get_or_create(
        event_id=told.event_id,
        defaults={"message": message, "kind": told.kind[:32], "payload": _kept(message, told)},
    )
    if not is_new:
        return False
    _suppress(message, told)
    if message and told.report and _weighs_more(told.report, message.report):
        message.report, message.reported_at = told.report, timezone.now()
        signals.reported.send(sender=Message, message=message, report=told.report)
        lighter = _BY_WEIGHT[: _BY_WEIGHT.index(told.report)]
        Message.objects.filter(pk=message.pk, report__in=lighter).update(
            report=message.report, reported_at=message.reported_at
        )
    if message is None:
        log.info("report_of_unknown_message", report=event.pk, channel=told.channel, kind=told.kind)
    return True


def _suppress(message: Message | None, told: Told) -> None:
    address = message.to if message else told.address
    reason = Suppression.Reason.UNSUBSCRIBED if told.unsubscribes else _SUPPRESSES.get(told.report)
    if address and reason:
        suppress(address, reason=reason, channel=told.channel)


def _weighs_more(report: str, than: str) -> bool:
    return _BY_WEIGHT.index(report) > _BY_WEIGHT.index(than)


def _kept(message: Message | None, told: Told) -> dict[str, str]:
    """Return what is kept of the report; what could name a person only with the message it goes with."""
    kept: dict[str, str] = {"channel": told.channel, "report": told.report}
    return kept | {"provider_id": told.provider_id, "detail": told.detail[:300]} if message else kept
