"""Where allauth meets this project: mail through the queue, the sender's name, plain wording."""

from email.utils import parseaddr
from typing import Any, ClassVar
from uuid import uuid4

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.mail import EmailMessage
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage

from accounts.invitations import reset_url
from accounts.models import User

PRIVATE_VALUES = ("code", "key", "password_reset_url", "activate_url")
"""Names in a mail's context that open an account; the queue keeps them apart from the text."""


def sender_name() -> str:
    """Return the display name of DEFAULT_FROM_EMAIL, or the bare address when it has none."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return name or address


class AccountAdapter(DefaultAccountAdapter):
    """Accounts by email address, for learners and staff alike."""

    error_messages: ClassVar = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("This account is switched off. Write to us to have it opened again."),
        "duplicate_email": _("Your account has this address already. Enter a different one"),
        "email_password_mismatch": _("The email address or the password is not right. Check both"),
        "enter_current_password": _("Enter the password that you use now"),
        "incorrect_code": _("This is not the code that we sent last. Check it and enter it again"),
        "incorrect_password": _("This is not your password. Enter it again"),
        "rate_limited": _("Too many tries. Wait a minute, then try again."),
        "same_as_current": _("This is the address that you use now. Enter a different one"),
        "too_many_login_attempts": _("Too many tries. Wait five minutes, then try again."),
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Render the mail with its secrets left out and queue it; nothing leaves during a request."""
        private = {name: str(context[name]) for name in PRIVATE_VALUES if context.get(name)}
        placeholders = {name: f"[[{name}]]" for name in private}
        shared = {"email": email, "sender_name": sender_name(), "site_url": settings.SITE_URL}
        message = self.render_mail(template_prefix, email, shared | context | placeholders)
        enqueue = import_string(settings.ACCOUNT_MAIL_QUEUE)
        enqueue(
            key=f"account:{uuid4()}",
            to=email,
            subject=message.subject,
            text=message.body,
            html=_html_part(message),
            purpose="account",
            private=private,
        )

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Build the secret link on SITE_URL: the request's host and port are the sender's choice."""
        uid, _dash, token = key.partition("-")
        return reset_url(uid, token)

    def send_account_already_exists_mail(self, email: str) -> None:
        """Answer a sign-up with a known address, in the time that a real one takes."""
        make_password("as long as hashing the password of a new account takes")
        super().send_account_already_exists_mail(email)

    def send_invitation_mail(self, email: str, password_reset_url: str) -> None:
        """Ask somebody for whom an account was made to choose a password."""
        self.send_mail("account/email/invitation", email, {"password_reset_url": password_reset_url})


class MFAAdapter(DefaultMFAAdapter):
    """Second factors, shown in authenticator apps under the sender's name."""

    error_messages: ClassVar = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right. Enter the one that your app shows now"),
        "unverified_email": _("Confirm your email address before you set up two-step sign-in"),
    }

    def build_totp_svg(self, url: str) -> str:
        """Draw the QR code on white: cameras need that in dark mode too."""
        image = qrcode.make(url, image_factory=SvgPathFillImage)
        return image.to_string(encoding="unicode")

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002
        """Suggest a name for a new key."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return gettext("Key %(number)s") % {"number": number}

    def get_totp_issuer(self) -> str:
        return sender_name()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        host = allauth_context.request.get_host().partition(":")[0]
        return {"id": host, "name": sender_name()}


def _html_part(message: EmailMessage) -> str:
    alternatives = getattr(message, "alternatives", [])
    return next((part.content for part in alternatives if part.mimetype == "text/html"), "")
