"""Asking for a name. Apart from the other forms, because allauth imports it while its own load."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User

CONTROL_CHARACTERS = dict.fromkeys([*range(32), 127])


class NameForm(forms.Form):
    """The name as its owner writes it: one word or several."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": _("Enter your name"),
            "max_length": _("Enter your name with at most 120 characters"),
            "null_characters_not_allowed": _("Enter your name without control characters"),
        },
    )

    def clean_name(self) -> str:
        """One line without control characters: it ends up in mail."""
        name = " ".join(self.cleaned_data["name"].split()).translate(CONTROL_CHARACTERS)
        if not name:
            raise forms.ValidationError(self.fields["name"].error_messages["required"])
        return name

    def save_name(self, user: User) -> None:
        """Store the name, and nothing else, on the user."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["first_name", "last_name"])


class SignupFields(NameForm):
    """What sign-up asks besides email and password; allauth calls `signup` once the user is made."""

    field_order = ("name", "email", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        self.save_name(user)
