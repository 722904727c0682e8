"""The ways out. Each is a small class behind one interface; settings say which one serves a channel."""

from django.conf import settings
from django.utils.module_loading import import_string

from outbox.channels.base import Way


def is_configured(channel: str) -> bool:
    """Whether anything carries messages of this channel; one that isn't configured sends nothing."""
    return channel in settings.OUTBOX_WAYS


def make_way(channel: str) -> Way:
    """Return a new, closed way out of a configured channel."""
    configured = settings.OUTBOX_WAYS[channel]
    way: Way = import_string(configured["WAY"])(**configured["OPTIONS"])
    return way
