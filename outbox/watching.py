"""The alarm: messages that are late are told once, and once that it is over.

What goes on stands in the database, so that two beats, a restart or an emptied Redis tell nothing twice. A
message is late by the time that whoever queued it, a rule or a back-off gave it: what was postponed isn't.
"""

import structlog
from django.db import IntegrityError, transaction

from outbox import signals
from outbox.health import Lateness, lateness
from outbox.models import Incident

log = structlog.get_logger(__name__)


def watch() -> Incident | None:
    """Look once; return the incident that goes on, if any.

    Logs `outbox_late` at error level when one begins and `outbox_on_time` when it is over; then
    `signals.on_time` is sent. Six queries at most.
    """
    now = lateness()
    incident = Incident.objects.filter(ended_at__isnull=True).first()
    if not now.is_late:
        if incident:
            _end(incident, now)
        return None
    if incident is None:
        return _begin(now)
    Incident.objects.filter(pk=incident.pk, most_due__lt=now.due).update(most_due=now.due)
    return incident


def _begin(now: Lateness) -> Incident | None:
    """Write down that it has begun; whoever is second to notice finds it there and says nothing."""
    try:
        with transaction.atomic():
            incident = Incident.objects.create(began_at=now.oldest_due_at or now.at, most_due=now.due)
    except IntegrityError:
        return Incident.objects.filter(ended_at__isnull=True).first()
    log.error(
        "outbox_late",
        seconds=round(now.waited.total_seconds()),
        due=now.due,
        standstill=now.is_standstill,
    )
    return incident


def _end(incident: Incident, now: Lateness) -> None:
    with transaction.atomic():
        ended = Incident.objects.filter(pk=incident.pk, ended_at__isnull=True).update(ended_at=now.at)
        if not ended:
            return
        incident.ended_at = now.at
        signals.on_time.send(sender=Incident, incident=incident)
    lasted = now.at - incident.began_at
    log.info("outbox_on_time", seconds=round(lasted.total_seconds()), most_due=incident.most_due)
