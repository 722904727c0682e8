"""Handing over what is due, channel by channel.

Each message passes three commits: it is claimed with its batch (`outbox.claiming`), marked as being sent,
which is the last moment at which it can be stopped, and recorded with how it ended (`outbox.settling`,
where the record of one message and the mark of the next share a commit). A crash between any two leaves a
lease behind that `outbox.recovery.reap` settles. Channels take turns, the healthy ones first; a dead one
holds up no other.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

import structlog
from django.db import transaction

from outbox import limits
from outbox.channels import is_configured, make_way
from outbox.channels.base import Way
from outbox.claiming import CLAIM_LEASE, claim, release
from outbox.clock import Clock
from outbox.keepers import keeper_of
from outbox.models import ChannelState, DeliveryAttempt, Message
from outbox.settling import Done, hand_on, handed_over, hinder
from outbox.verdict import Result, judge

log = structlog.get_logger(__name__)

UNCLEAR_IN_A_ROW = 1
"""So many unclear messages are borne; one more in a row pauses the channel before more become unclear."""

Outcome = DeliveryAttempt.Outcome


@dataclass
class Tally:
    """What one drain did."""

    outcomes: Counter[str] = field(default_factory=Counter)
    served: set[str] = field(default_factory=set)
    """Channels that took a batch."""
    unreachable: set[str] = field(default_factory=set)
    """Channels for which nobody answered; their messages lost no attempt."""

    def add(self, outcomes: Iterable[str]) -> None:
        self.outcomes.update(outcome for outcome in outcomes if outcome)


def drain(*, seconds: float = 50) -> Tally:
    """Send what is due in batches, until nothing is left that can leave now or time is up.

    Must run outside a transaction. Costs two queries when nothing is due; then about eight a batch and
    three a message.
    """
    tally = Tally()
    deadline = time.monotonic() + seconds
    while (remaining := deadline - time.monotonic()) > 0:
        clock = Clock()
        ready = _ready(clock)
        waits = {state.channel: limits.seconds_to_wait(state, clock.now()) for state in ready}
        senders = [Sender(state, tally, clock, deadline) for state in ready if not waits[state.channel]]
        if sum(sender.send_batch() for sender in senders):
            continue
        ours = [wait for channel, wait in waits.items() if wait and channel in tally.served]
        if not ours:
            break
        time.sleep(min(*ours, remaining))
    if tally.outcomes:
        log.info("outbox_drained", **tally.outcomes)
    return tally


def _ready(clock: Clock) -> list[ChannelState]:
    """Return the channels that have something due and aren't paused, those with the fewest failures first."""
    due = Message.objects.due(clock.now()).order_by().values_list("channel", flat=True).distinct()
    channels = [channel for channel in due if is_configured(channel) or _say_not_configured(channel)]
    if not channels:
        return []
    known = ChannelState.objects.in_bulk(channels)
    states = [known.get(channel) or ChannelState(channel=channel) for channel in channels]
    return sorted(
        (state for state in states if not limits.is_paused(state, clock.now())),
        key=lambda state: state.failures,
    )


@cache
def _say_not_configured(channel: str) -> None:
    """Tell once a process that messages wait for a channel until something is configured to carry them."""
    log.warning("channel_not_configured", channel=channel)


@dataclass
class Sender:
    """Sends one batch of one channel over one connection."""

    state: ChannelState
    tally: Tally
    clock: Clock
    deadline: float

    def send_batch(self) -> bool:
        """Return whether another batch is worth trying now."""
        way = self._connected()
        if not way:
            return False
        try:
            batch = claim(self.state.channel, clock=self.clock)
            if batch:
                self.tally.served.add(self.state.channel)
            return bool(batch) and self._send_all(self._still_wanted(batch), way)
        finally:
            way.close()

    def _connected(self, way: Way | None = None) -> Way | None:
        """Return an open way; None when it can't be opened, which costs no message an attempt."""
        try:
            way = way or make_way(self.state.channel)
            way.open()
        except Exception as error:  # noqa: BLE001 - a broken channel must not hold up the others
            log.warning("channel_unreachable", channel=self.state.channel, error=_name_of(error))
            self._note_unreachable()
            return None
        return way

    def _still_wanted(self, batch: list[Message]) -> list[Message]:
        """Stop what its keeper wants no more, and return the others."""
        stopped: dict[int, str] = {}
        for name in {message.keeper for message in batch} - {""}:
            kept = [message for message in batch if message.keeper == name]
            try:
                stopped |= keeper_of(kept[0]).stopped(kept)  # type: ignore[union-attr]
            except Exception:  # each message is asked about once more before it leaves
                log.exception("keeper_failed", keeper=name)
        for message in batch:
            if message.pk in stopped:
                with transaction.atomic(durable=True):
                    self.tally.add(
                        [hinder(message, Outcome.STOPPED, stopped[message.pk], now=self.clock.now())]
                    )
        return [message for message in batch if message.pk not in stopped]

    def _send_all(self, batch: list[Message], way: Way) -> bool:
        lease_ends = time.monotonic() + CLAIM_LEASE.total_seconds()
        step = hand_on(None, batch, clock=self.clock)
        self.tally.add(step.outcomes)
        while step.message:
            done = self._hand_over(step.message, way)
            in_time = time.monotonic() < min(self.deadline, lease_ends)
            if done.outcome == Outcome.SENT and in_time:
                step = hand_on(done, step.waiting, clock=self.clock)
                self.tally.add(step.outcomes)
                continue
            self.tally.add(hand_on(done, [], clock=self.clock).outcomes)
            way.close()
            bears = self._bears(done)
            if not in_time or not bears or not self._connected(way):
                release(step.waiting)
                return in_time
            step = hand_on(None, step.waiting, clock=self.clock)
            self.tally.add(step.outcomes)
        return True

    def _hand_over(self, message: Message, way: Way) -> Done:
        started_at = self.clock.now()
        message.attempts += 1
        try:
            result = Result(Outcome.SENT, provider_id=way.send(message))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the message needs a state
            result = judge(error)
            log.warning(
                "message_not_sent",
                message=message.pk,
                purpose=message.purpose,
                outcome=result.outcome,
                error=_name_of(error),
            )
        else:
            log.debug("message_sent", message=message.pk, purpose=message.purpose, attempt=message.attempts)
            self._note_success()
        return handed_over(message, result, started_at=started_at, clock=self.clock)

    def _bears(self, done: Done) -> bool:
        """Take note of what a hand-over says about the channel; return whether to go on with the batch."""
        if done.result.pause:
            limits.pause(self.state.channel, seconds=done.result.pause, now=self.clock.now())
            return False
        if done.outcome == Outcome.POSTPONED:
            self._note_unreachable()
            return False
        if done.outcome == Outcome.UNKNOWN:
            self.state.failures += 1
            return not limits.note_trouble(
                self.state.channel, now=self.clock.now(), patience=UNCLEAR_IN_A_ROW
            )
        return True

    def _note_unreachable(self) -> None:
        self.tally.unreachable.add(self.state.channel)
        limits.note_trouble(self.state.channel, now=self.clock.now())

    def _note_success(self) -> None:
        if self.state.failures:
            limits.note_success(self.state.channel)
            self.state.failures = 0


def _name_of(error: Exception) -> str:
    """Return the kind of an error; its text may name a person."""
    return type(error).__name__
