"""Asking for a name. Apart from the other forms, because allauth imports it while its own load."""

from django import forms
from django.http import HttpRequest

from accounts.fields import NameField
from accounts.models import User


class NameForm(forms.Form):
    """The name as its owner writes it: one word or several."""

    name = NameField()

    def save_name(self, user: User) -> None:
        """Store the name, and nothing else, on the user."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["first_name", "last_name"])


class SignupFields(NameForm):
    """What sign-up asks besides email and password; allauth calls `signup` once the user is made."""

    field_order = ("name", "email", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        self.save_name(user)
