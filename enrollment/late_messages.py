"""Telling admissions leads that messages were late: afterwards, when mail leaves again."""

from datetime import timedelta

from django.utils import timezone

from courses.models import InstituteSettings
from enrollment.access import admissions_leads
from enrollment.mails import queue_notice, render_mail
from outbox.models import Incident

TOLD_AFTER = timedelta(minutes=5)
"""What was over sooner is for the log and the monitor alone."""


def tell_that_messages_were_late(incident: Incident) -> None:
    """Queue one notice to each admissions lead about an incident that is over, inside its transaction."""
    lasted = (incident.ended_at or timezone.now()) - incident.began_at
    if lasted < TOLD_AFTER:
        return
    institute = InstituteSettings.current()
    minutes = lasted // timedelta(minutes=1)
    mail = render_mail("messages_late", {"incident": incident, "minutes": minutes, "institute": institute})
    for recipient in admissions_leads():
        queue_notice(mail, recipient=recipient, key=f"messages-late:{incident.pk}:{recipient.pk}")
