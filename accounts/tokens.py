"""How long links that set a password stay good."""

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from django.contrib.auth.models import AbstractBaseUser
from django.utils.http import base36_to_int

FORGOTTEN_PASSWORD_SECONDS = 3600
"""An invitation, to an account without a password, is good for PASSWORD_RESET_TIMEOUT instead."""


class PasswordLinks(EmailAwarePasswordResetTokenGenerator):
    """Tokens of mailed password links: days for an invitation, an hour where there is a password."""

    def check_token(self, user: AbstractBaseUser | None, token: str | None) -> bool:
        if user is None or token is None or not super().check_token(user, token):
            return False
        if not user.has_usable_password():
            return True
        made_at = base36_to_int(token.partition("-")[0])
        return self._num_seconds(self._now()) - made_at <= FORGOTTEN_PASSWORD_SECONDS
