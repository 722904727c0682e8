"""Form fields for what people type about themselves; messages say what to do."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

EMAIL_FORMAT = _("Enter an email address in the correct format, like name@example.com")
_CONTROL_CHARACTERS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])


class CleanCharField(forms.CharField):
    """Text without control characters or halves of characters; everything else is kept."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.translate(_CONTROL_CHARACTERS).encode("utf-8", "replace").decode().strip()


class LineField(CleanCharField):
    """One line of text: line breaks and repeated blanks become one blank."""

    def to_python(self, value: Any) -> str:
        return " ".join(super().to_python(value).split())


class NameField(LineField):
    """The name as its owner writes it: one word or several, on one line because it ends up in mail."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("Your name"),
            max_length=120,
            widget=forms.TextInput(attrs={"autocomplete": "name"}),
            error_messages={
                "required": _("Enter your name"),
                "max_length": _("Enter your name with at most 120 characters"),
            },
            **kwargs,
        )
