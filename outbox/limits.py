"""How fast a channel may send, and when it is left alone; shared by all senders through ChannelState.

A provider that nobody can reach costs no message an attempt: its channel pauses, a little longer each time
in a row, never longer than `LONGEST_BREAK`, so that everything due has left within a minute of its coming
back.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from outbox.models import ChannelState

BREAK = timedelta(seconds=15)
LONGEST_BREAK = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)
"""What a provider may ask for; a pause that lies further ahead was made by a clock that has been set back."""


def rate_of(channel: str) -> int:
    """Return how many messages a second may leave; 0 for as many as go."""
    return int(settings.OUTBOX_RATES.get(channel, 0))


def is_paused(state: ChannelState, now: datetime) -> bool:
    """Whether the channel is left alone."""
    return state.closed_until is not None and now < state.closed_until <= now + LONGEST_PAUSE


def seconds_to_wait(state: ChannelState, now: datetime) -> float:
    """Return how long it takes until the rate allows another message; 0 when it does already."""
    rate = rate_of(state.channel)
    return max(0.0, (1 - _refilled(state, rate, now)) / rate) if rate else 0.0


def take(channel: str, wanted: int, *, now: datetime) -> int:
    """Take up to `wanted` messages out of what the rate allows, and return how many; inside a transaction.

    Costs nothing for a channel without a rate; otherwise holds the channel's row until the transaction ends.
    """
    rate = rate_of(channel)
    if not rate or not wanted:
        return wanted
    state = _locked(channel)
    allowed = _refilled(state, rate, now)
    taken = min(wanted, int(allowed))
    state.allowance, state.counted_at = allowed - taken, now
    state.save(update_fields=["allowance", "counted_at"])
    return taken


@transaction.atomic
def note_trouble(channel: str, *, now: datetime, patience: int = 0) -> bool:
    """Count a failure; return whether the channel pauses now: once more than `patience` came in a row."""
    state = _locked(channel)
    state.failures = min(state.failures + 1, 100)
    pauses = state.failures > patience
    if pauses:
        _close(state, min(BREAK * (state.failures - patience), LONGEST_BREAK), now=now)
    state.save(update_fields=["failures", "closed_until"])
    return pauses


def note_success(channel: str) -> None:
    """Forget the failures; a pause lasts all the same, since a provider may have asked for it."""
    ChannelState.objects.filter(channel=channel, failures__gt=0).update(failures=0)


@transaction.atomic
def pause(channel: str, *, seconds: float, now: datetime) -> None:
    """Leave the channel alone for as long as its provider asked."""
    state = _locked(channel)
    _close(state, min(timedelta(seconds=seconds), LONGEST_PAUSE), now=now)
    state.save(update_fields=["closed_until"])


def _close(state: ChannelState, pause: timedelta, *, now: datetime) -> None:
    """Leave the channel alone for so long, or for as long as it is left alone already."""
    until = now + pause
    closed = state.closed_until if is_paused(state, now) else None
    state.closed_until = max(until, closed or until)


def _locked(channel: str) -> ChannelState:
    return ChannelState.objects.select_for_update().get_or_create(channel=channel)[0]


def _refilled(state: ChannelState, rate: int, now: datetime) -> float:
    """Return what the bucket holds now: one second's worth at most."""
    if state.counted_at is None:
        return float(rate)
    passed = max(0.0, (now - state.counted_at).total_seconds())
    return min(float(rate), state.allowance + passed * rate)
