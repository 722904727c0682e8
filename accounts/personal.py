"""An account's own data: for its owner to take away, and to be forgotten."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from wagtail.models import ModelLogEntry

from accounts.models import User

FORGOTTEN_HOST = "forgotten.invalid"


def account_data(user: User) -> dict[str, Any]:
    """Return what the account knows about its owner; two queries."""
    return {
        "email": user.email,
        "name": user.name,
        "joined": user.date_joined,
        "last_login": user.last_login,
        "addresses": list(EmailAddress.objects.filter(user=user).values_list("email", flat=True)),
        "sessions": list(UserSession.objects.filter(user=user).values("ip", "user_agent", "last_seen_at")),
    }


def addresses_of(user: User) -> set[str]:
    """Return every address that the account is or was asked to be reached by, in lower case; one query."""
    known = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    return {user.email.lower(), *(address.lower() for address in known)}


@transaction.atomic
def forget_account(user: User) -> None:
    """Make the account nobody's: no name, no address, no way in; rows that refer to it stay valid."""
    sessions = UserSession.objects.filter(user=user)
    Session.objects.filter(session_key__in=sessions.values("session_key")).delete()
    sessions.delete()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    user.groups.clear()
    user.email = f"account-{user.pk}@{FORGOTTEN_HOST}"
    user.first_name = user.last_name = ""
    user.is_active = user.is_staff = False
    user.set_unusable_password()
    entries = ModelLogEntry.objects.for_instance(user)
    entries.update(label=user.email, data={})
    user.save(update_fields=["email", "first_name", "last_name", "is_active", "is_staff", "password"])
