"""Reactions to other apps' signals."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from accounts.models import User
from enrollment.enrolling import activate_invited


@receiver(user_logged_in, dispatch_uid="enrollment.activate_on_login")
def activate_on_login(sender: type[User], user: User, **kwargs: Any) -> None:
    """An invited learner who signs in has accepted."""
    activate_invited(learner=user)
