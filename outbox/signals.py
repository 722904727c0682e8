"""What the outbox tells others, always inside the transaction that wrote it.

A receiver that raises takes the whole transaction back, so that a provider reports again.
"""

from django.dispatch import Signal

suppressed = Signal()
"""An address gets nothing more: `address`, `channel`, `reason`, `topic` (empty for everything)."""
allowed = Signal()
"""Somebody took back that they had unsubscribed from a topic: `address`, `channel`, `topic`."""
reported = Signal()
"""A provider told something new about a message that left: `message`, `report`."""
replied = Signal()
"""A person wrote to us: `reply`."""
on_time = Signal()
"""Messages were late and leave in time again: `incident`."""
