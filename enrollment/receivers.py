"""Reactions to signals."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts.models import User
from enrollment.enrolling import activate_invited
from enrollment.filing import forget_stored
from enrollment.models import LeadFile


@receiver(user_logged_in, dispatch_uid="enrollment.activate_on_login")
def activate_on_login(sender: type[User], user: User, **kwargs: Any) -> None:
    """An invited learner who signs in has accepted."""
    activate_invited(learner=user)


@receiver(post_delete, sender=LeadFile, dispatch_uid="enrollment.forget_stored_file")
def forget_stored_file(sender: type[LeadFile], instance: LeadFile, **kwargs: Any) -> None:
    """A file whose row is gone, alone or with its lead, leaves the disk."""
    forget_stored(instance)
