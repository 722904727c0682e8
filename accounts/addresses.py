"""E-mail addresses whose owner is known without sending a code."""

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import User


@transaction.atomic
def accept_address(user: User) -> None:
    """Make the user's e-mail address their only one, verified and primary.

    For people who opened a link that was sent to it, and for staff whose address an admin vouches for.
    Leaves everything as it is when another account has proven the same address first.
    """
    email = user.email.lower()
    address, _created = EmailAddress.objects.get_or_create(user=user, email=email)
    if not address.can_set_verified():
        return
    EmailAddress.objects.filter(user=user).exclude(pk=address.pk).delete()
    EmailAddress.objects.filter(pk=address.pk).update(verified=True, primary=True)


def has_proven_address(user: User) -> bool:
    """Whether any address of this user is verified; one query."""
    return EmailAddress.objects.filter(user=user, verified=True).exists()


def has_unproven_password(user: User) -> bool:
    """Whether the account has a password that somebody else than the owner of its address may have set."""
    return user.has_usable_password() and not has_proven_address(user)
