"""Links by which somebody without a password gets into their account."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from accounts.models import User


def set_password_url(user: User) -> str:
    """Return an absolute link that sets a password and signs in; good once, for PASSWORD_RESET_TIMEOUT.

    It is a secret: hand it to the outbox as a private value. Two queries.
    """
    return reset_url(user_pk_to_url_str(user), default_token_generator.make_token(user))


def reset_url(uid: str, token: str) -> str:
    """Return the absolute address of the page that takes a new password for this token."""
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
    return f"{settings.SITE_URL}{path}"
