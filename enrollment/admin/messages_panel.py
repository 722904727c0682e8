"""How messages leave, on the home page of the CMS: an alarm while they don't, and the figures of a day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.admin.ui.components import Component

from enrollment.admin.deliveries import queue_counts
from enrollment.admin.filters import end_of_today
from outbox import health
from outbox.ledger import moment_in_words
from outbox.models import Channel

FRESH = 15
"""Seconds for which the figures of the last day are taken from the cache."""
WEEK_FRESH = 300
PLOT_HEIGHT = 40


@dataclass(frozen=True)
class Bar:
    """One hour of the plot; places and sizes are those of its view box."""

    x: int
    y: float
    height: float
    count: int
    hour: datetime


@dataclass(frozen=True)
class ChannelRow:
    """What left on one channel."""

    name: str
    last_hour: int
    last_day: int


def home_panels(request: HttpRequest) -> list[Component]:
    """Return the alarm, while there is one, and the panel."""
    late = health.lateness()
    panel = MessagesPanel(late)
    return [MessagesAlarm(late), panel] if late.is_late else [panel]


class MessagesAlarm(Component):
    """Messages are late, or nothing leaves."""

    name = "messages_alarm"
    order = 5
    template_name = "enrollment/admin/deliveries/alarm.html"

    def __init__(self, late: health.Lateness) -> None:
        self.late = late

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "late": self.late,
            "since": moment_in_words(self.late.oldest_due_at) if self.late.oldest_due_at else "",
            "left_alone": [in_words(row) for row in health.channels_left_alone()],
        }


class MessagesPanel(Component):
    """What is due, what left and what providers say of it; what the last day's figures cost is cached."""

    name = "messages"
    order = 15
    template_name = "enrollment/admin/deliveries/panel.html"

    class Media:
        css: ClassVar = {"all": ["css/deliveries.css"]}

    def __init__(self, late: health.Lateness) -> None:
        self.late = late

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        sent: health.Throughput = _cached("throughput", health.throughput, FRESH)
        week: health.Reported = _cached("reported", health.reported_lately, WEEK_FRESH)
        bars = plot(sent)
        return {
            "late": self.late,
            "oldest": duration(self.late.waited) if self.late.due else "",
            "planned_today": health.planned_until(end_of_today()),
            "queues": queue_counts(parent_context["request"].user),
            "channels": _channel_rows(sent),
            "left_alone": [in_words(row) for row in health.channels_left_alone()],
            "last_sent": moment_in_words(sent.last_sent_at) if sent.last_sent_at else "",
            "week": week,
            "arrived_share": _share(week.arrived, week.sent),
            "refused_share": _share(week.refused, week.sent),
            "bars": bars,
            "most": max((bar.count for bar in bars), default=0),
            "day": sum(bar.count for bar in bars),
            "height": PLOT_HEIGHT,
        }


def in_words(row: health.LeftAlone) -> str:
    """Say that a channel is left alone, and until when."""
    return _("%(channel)s: nobody answers there; tried again at %(when)s") % {
        "channel": row.name,
        "when": timezone.localtime(row.until).strftime("%H:%M:%S"),
    }


def duration(waited: timedelta) -> str:
    """Return how long something is due, in one unit: "40 s", "12 min", "3 h"."""
    seconds = max(0, round(waited.total_seconds()))
    if seconds < 120:
        return _("%(count)d s") % {"count": seconds}
    if seconds < 7200:
        return _("%(count)d min") % {"count": seconds // 60}
    return _("%(count)d h") % {"count": seconds // 3600}


def plot(sent: health.Throughput) -> list[Bar]:
    """Return a bar for each hour; the tallest is as high as the plot."""
    most = max((count for _hour, count in sent.hours), default=0) or 1
    return [
        Bar(x=10 * position, y=PLOT_HEIGHT - height, height=height, count=count, hour=hour)
        for position, (hour, count) in enumerate(sent.hours)
        for height in [round(PLOT_HEIGHT * count / most, 1)]
    ]


def _channel_rows(sent: health.Throughput) -> list[ChannelRow]:
    return [
        ChannelRow(str(label), sent.last_hour.get(channel, 0), sent.last_day.get(channel, 0))
        for channel, label in Channel.choices
        if sent.last_day.get(channel) or channel == Channel.EMAIL
    ]


def _share(part: int, whole: int) -> str:
    return _("%(share)s %%") % {"share": f"{100 * part / whole:.1f}"} if whole else ""


def _cached(name: str, ask: Callable[[], Any], seconds: int) -> Any:
    return cache.get_or_set(f"outbox:{name}", ask, seconds)
