"""Reactions to signals."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts.models import User
from enrollment.enrolling import activate_invited
from enrollment.filing import forget_stored
from enrollment.followups.hearing import take_reply, take_subscription, take_suppression
from enrollment.late_messages import tell_that_messages_were_late
from enrollment.models import LeadFile
from outbox import signals
from outbox.models import Incident, Reply


@receiver(user_logged_in, dispatch_uid="enrollment.activate_on_login")
def activate_on_login(sender: type[User], user: User, **kwargs: Any) -> None:
    """An invited learner who signs in has accepted."""
    activate_invited(learner=user)


@receiver(post_delete, sender=LeadFile, dispatch_uid="enrollment.forget_stored_file")
def forget_stored_file(sender: type[LeadFile], instance: LeadFile, **kwargs: Any) -> None:
    """A file whose row is gone, alone or with its lead, leaves the disk."""
    forget_stored(instance)


@receiver(signals.replied, dispatch_uid="enrollment.take_reply")
def take_answer(sender: type[Reply], reply: Reply, **kwargs: Any) -> None:
    """Somebody wrote to us: the timeline tells it, and follow-ups stop."""
    take_reply(reply)


@receiver(signals.suppressed, dispatch_uid="enrollment.take_suppression")
def stop_writing_to(sender: Any, address: str, channel: str, reason: str, topic: str, **kwargs: Any) -> None:
    """An address gets nothing more: follow-ups to whoever has it stop."""
    take_suppression(address=address, channel=channel, reason=reason, topic=topic)


@receiver(signals.allowed, dispatch_uid="enrollment.take_subscription")
def write_again_to(sender: Any, address: str, channel: str, topic: str, **kwargs: Any) -> None:
    """Somebody took back that they had unsubscribed: their word on course news stands again."""
    take_subscription(address=address, channel=channel, topic=topic)


@receiver(signals.on_time, dispatch_uid="enrollment.messages_were_late")
def tell_of_incident(sender: type[Incident], incident: Incident, **kwargs: Any) -> None:
    """Messages leave in time again: admissions leads are told how long they didn't."""
    tell_that_messages_were_late(incident)
