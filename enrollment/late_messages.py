"""Telling admissions leads that messages were late: afterwards, when mail leaves again."""

from datetime import timedelta

import structlog
from django.utils import timezone

from courses.models import InstituteSettings
from enrollment.access import admissions_leads
from enrollment.mails import render_mail
from outbox.errors import UnsendableMessage
from outbox.models import Incident, Message
from outbox.queue import enqueue

TOLD_AFTER = timedelta(minutes=5)
"""What was over sooner is for the log and the monitor alone."""

log = structlog.get_logger(__name__)


def tell_that_messages_were_late(incident: Incident) -> None:
    """Queue one notice to each admissions lead about an incident that is over, inside its transaction."""
    lasted = (incident.ended_at or timezone.now()) - incident.began_at
    if lasted < TOLD_AFTER:
        return
    institute = InstituteSettings.current()
    minutes = lasted // timedelta(minutes=1)
    mail = render_mail("messages_late", {"incident": incident, "minutes": minutes, "institute": institute})
    for recipient in admissions_leads():
        try:
            enqueue(
                key=f"messages-late:{incident.pk}:{recipient.pk}",
                to=recipient.email,
                subject=mail.subject,
                text=mail.text,
                html=mail.html,
                purpose=Message.Purpose.NOTICE,
            )
        except UnsendableMessage as error:
            log.warning("notice_not_sent", user=recipient.pk, reason=str(error))
