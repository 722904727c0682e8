"""The outbox in the text format of Prometheus."""

from django.db.models import Count, Q
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from outbox import health
from outbox.models import Channel, Message

State = Message.State

STANDING = (State.PENDING, State.CLAIMED, State.SENDING, State.UNKNOWN, State.FAILED)
"""States that a message leaves again, or that wait for somebody: always so few that they can be counted.

What was sent or cancelled only grows; how fast is told by `outbox_sent_last_hour`.
"""


def exposition() -> bytes:
    """Return all figures; ten queries at most, each along an index of the messages in question."""
    registry = CollectorRegistry()
    _standing(registry)
    _lateness(registry)
    _channels(registry)
    return generate_latest(registry)


def _standing(registry: CollectorRegistry) -> None:
    messages = Gauge(
        "outbox_messages",
        "Messages by channel and state: those that haven't ended, and failures nobody has dealt with.",
        ["channel", "state"],
        registry=registry,
    )
    counts = _counted()
    for channel in Channel.values:
        for state in STANDING:
            messages.labels(channel=channel, state=state.value).set(counts.get((channel, state.value), 0))
    waiting = sum(count for (_channel, state), count in counts.items() if state == State.PENDING)
    _gauge(registry, "outbox_waiting", "Messages that wait, whether due or planned for later.", waiting)
    unclear = Message.objects.filter(health.waits_for_decision()).count()
    _gauge(registry, "outbox_unclear", "Messages that may have arrived and wait for a decision.", unclear)
    failed = sum(count for (_channel, state), count in counts.items() if state == State.FAILED)
    _gauge(registry, "outbox_failed", "Messages refused for good that nobody has dealt with.", failed)


def _lateness(registry: CollectorRegistry) -> None:
    late = health.lateness()
    _gauge(
        registry,
        "outbox_oldest_due_seconds",
        "How long the longest waiting message could have left; 0 while nothing is due.",
        late.waited.total_seconds(),
    )
    _gauge(registry, "outbox_due", "Messages that could have left by now.", late.due)
    _gauge(
        registry,
        "outbox_standstill",
        "1 while several messages were tried in the last ten minutes and none left.",
        int(late.is_standstill),
    )


def _channels(registry: CollectorRegistry) -> None:
    sent = Gauge(
        "outbox_sent_last_hour", "Messages that left in the last hour.", ["channel"], registry=registry
    )
    closed = Gauge(
        "outbox_channel_closed",
        "1 while a channel is left alone because its provider couldn't be reached or wants fewer messages.",
        ["channel"],
        registry=registry,
    )
    counts = health.sent_since(hours=1)
    left_alone = {row.channel for row in health.channels_left_alone()}
    for channel in Channel.values:
        sent.labels(channel=channel).set(counts.get(channel, 0))
        closed.labels(channel=channel).set(int(channel in left_alone))


def _gauge(registry: CollectorRegistry, name: str, said: str, value: float) -> None:
    Gauge(name, said, registry=registry).set(value)


def _counted() -> dict[tuple[str, str], int]:
    """Count by channel and state; one query for each index, because one for all would read the table."""
    parts = (
        Q(state=State.PENDING),
        Q(state__in=[State.CLAIMED, State.SENDING]),
        Q(state=State.UNKNOWN),
        health.failed(),
    )
    return {
        (channel, state): count
        for part in parts
        for channel, state, count in Message.objects.filter(part)
        .order_by()
        .values_list("channel", "state")
        .annotate(count=Count("pk"))
    }
