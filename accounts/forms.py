"""The forms of the account pages: allauth's, with labels and errors that say what to do."""

from typing import Any, ClassVar

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp.forms import ActivateTOTPForm as BaseActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.access import has_cms_access
from accounts.addresses import has_unproven_password
from accounts.fields import EMAIL_FORMAT
from accounts.models import User

PASSWORD_HINT = _("At least 12 characters. Three or four words that you can remember are good.")


class PlainWording:
    """Gives the fields of an allauth form our labels, hints and errors, and takes placeholders away."""

    labels: ClassVar[dict[str, Any]] = {}
    hints: ClassVar[dict[str, Any]] = {}
    missing: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")
            if name in self.missing:
                field.error_messages["required"] = self.missing[name]
            if isinstance(field, forms.EmailField):
                field.error_messages["invalid"] = EMAIL_FORMAT


class EmailWording(PlainWording):
    labels: ClassVar = {"email": _("Email address"), "login": _("Email address")}
    missing: ClassVar = {name: _("Enter your email address") for name in ("email", "login")} | {
        "password": _("Enter your password")
    }


class CodeWording(PlainWording):
    labels: ClassVar = {"code": _("Code")}
    missing: ClassVar = {"code": _("Enter the code")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {  # type: ignore[attr-defined]
            "autocapitalize": "characters",
            "spellcheck": "false",
            "class": "short",
        }


class AppCodeWording(CodeWording):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"  # type: ignore[attr-defined]


class NewPasswordWording(PlainWording):
    labels: ClassVar = {"password1": _("New password"), "oldpassword": _("Password that you use now")}
    hints: ClassVar = {"password1": PASSWORD_HINT}
    missing: ClassVar = {
        "password1": _("Enter a new password"),
        "oldpassword": _("Enter the password that you use now"),
    }


class SignupForm(EmailWording, account_forms.SignupForm):
    labels: ClassVar = EmailWording.labels | {"password1": _("Password")}
    hints: ClassVar = {"password1": PASSWORD_HINT}
    missing: ClassVar = EmailWording.missing | {
        "name": _("Enter your name"),
        "password1": _("Enter a password"),
    }


class LoginForm(EmailWording, account_forms.LoginForm):
    pass


class RequestLoginCodeForm(EmailWording, account_forms.RequestLoginCodeForm):
    """Codes by e-mail are for learners: staff always need their password and second factor.

    An account with a password but no proven address gets none either: whoever typed the address first
    set that password, and a code would prove the address for them too. A reset replaces the password.
    """

    _user: User | None

    def clean_email(self) -> str:
        email = super().clean_email()
        if self._user and (has_cms_access(self._user) or has_unproven_password(self._user)):
            self._user = None
        return email


class ConfirmLoginCodeForm(CodeWording, account_forms.ConfirmLoginCodeForm):
    pass


class ConfirmEmailForm(CodeWording, account_forms.ConfirmEmailVerificationCodeForm):
    pass


class ChangeEmailForm(EmailWording, account_forms.AddEmailForm):
    labels: ClassVar = {"email": _("New email address")}
    missing: ClassVar = {"email": _("Enter your new email address")}


class ResetPasswordForm(EmailWording, account_forms.ResetPasswordForm):
    pass


class ChangePasswordForm(NewPasswordWording, account_forms.ChangePasswordForm):
    password2 = None


class SetPasswordForm(NewPasswordWording, account_forms.SetPasswordForm):
    password2 = None


class ResetPasswordKeyForm(NewPasswordWording, account_forms.ResetPasswordKeyForm):
    password2 = None


class ReauthenticateForm(EmailWording, account_forms.ReauthenticateForm):
    pass


class AuthenticateForm(AppCodeWording, mfa_forms.AuthenticateForm):
    hints: ClassVar = {"code": _("Six digits from your app, or one of your recovery codes.")}


class ReauthenticateWithCodeForm(AppCodeWording, mfa_forms.ReauthenticateForm):
    hints: ClassVar = AuthenticateForm.hints


class ActivateTOTPForm(AppCodeWording, BaseActivateTOTPForm):
    labels: ClassVar = {"code": _("Code from the app")}


class AddKeyForm(PlainWording, webauthn_forms.AddWebAuthnForm):
    labels: ClassVar = {
        "name": _("Name of this key"),
        "passwordless": _("Log in with this key alone, without a password (passkey)"),
    }
    hints: ClassVar = {
        "name": _("So that you recognise it later, such as Phone or Blue key."),
        "passwordless": _("The device asks for your fingerprint, face or PIN."),
    }


class RenameKeyForm(PlainWording, webauthn_forms.EditWebAuthnForm):
    labels: ClassVar = {"name": _("Name of this key")}
    missing: ClassVar = {"name": _("Enter a name for this key")}
