"""Reactions to signals of django-anymail: its addresses have checked the password when it sends them."""

from typing import Any

from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, inbound, tracking
from django.dispatch import receiver

from outbox import replies, reports
from outbox.channels.mail_events import heard_in, told_by


@receiver(tracking, dispatch_uid="outbox.take_report")
def take_report(sender: Any, event: AnymailTrackingEvent, esp_name: str, **kwargs: Any) -> None:
    """A provider told what became of a mail."""
    if told := told_by(event, esp_name):
        reports.take(told)


@receiver(inbound, dispatch_uid="outbox.take_mail")
def take_mail(sender: Any, event: AnymailInboundEvent, esp_name: str, **kwargs: Any) -> None:
    """Somebody sent us a mail."""
    if heard := heard_in(event, esp_name):
        replies.take(heard)
