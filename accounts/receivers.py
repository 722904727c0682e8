"""Reactions to what happens in allauth and in Django's groups."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import password_reset
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.contrib.auth.models import Group
from django.db.models.signals import m2m_changed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.addresses import accept_address, has_proven_address
from accounts.models import User
from accounts.roles import refresh_staff_flag


@receiver(password_reset)
def accept_address_of_link(sender: type[User], user: User, **kwargs: Any) -> None:
    """A password set by a mailed link proves the address, so an invited person is signed in at once."""
    if not has_proven_address(user):
        accept_address(user)


@receiver(authenticator_added)
def record_new_factor(
    sender: type[Authenticator],
    request: HttpRequest,
    user: User,
    authenticator: Authenticator,
    **kwargs: Any,
) -> None:
    """Setting up a factor proves it too: nobody is asked for it again in the same session."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


@receiver(m2m_changed, sender=User.groups.through)
def refresh_staff_flags(
    sender: type, instance: User | Group, action: str, pk_set: set[int] | None, **kwargs: Any
) -> None:
    """Whoever enters or leaves a group shows as staff, or no longer does."""
    if action in {"post_add", "post_remove", "post_clear"}:
        pks = {instance.pk} if isinstance(instance, User) else pk_set or set()
        refresh_staff_flag(User.objects.filter(pk__in=pks))
