"""The forms of a text: as it is saved, and as it is looked at before."""

import re
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from enrollment.followups.texts import APPROVAL
from enrollment.models import MessageTemplate, Person, Sequence, Step
from enrollment.wording import PLACES, unknown_places

Channel = MessageTemplate.Channel

ASKED_BY = {"whatsapp_template": Channel.WHATSAPP, "dlt_template": Channel.SMS, "dlt_header": Channel.SMS}
"""What only one channel asks for; emptied for the others."""
WRITTEN_AS = {
    "whatsapp_template": (
        r"[a-z0-9_]+",
        _("Small letters, digits and _ only, as the name stands at WhatsApp."),
    ),
    "dlt_template": (r"\d+", _("A DLT template id has digits only.")),
    "dlt_header": (r"[A-Za-z0-9]{3,11}", _("A header has 3 to 11 letters and digits.")),
}


class MessageTemplateForm(WagtailAdminModelForm):
    """A text whose places are all known; a mail has a subject, on one line, in each language that it has.

    What a sequence sends stays what the sequence can send.
    """

    def clean_subject(self) -> str:
        return _one_line(self.cleaned_data["subject"])

    def clean_subject_ta(self) -> str:
        return _one_line(self.cleaned_data["subject_ta"])

    def clean_body(self) -> str:
        return _known(self.cleaned_data["body"])

    def clean_body_ta(self) -> str:
        return _known(self.cleaned_data["body_ta"])

    def clean_channel(self) -> str:
        channel = self.cleaned_data["channel"]
        steps = Step.objects.filter(text=self.instance.pk).exclude(channel=channel)
        if self.instance.pk and (step := steps.select_related("sequence").first()):
            raise forms.ValidationError(
                _("The sequence “%(sequence)s” sends this text by %(channel)s. Make another text, or take it "
                  "out of the sequence first.")
                % {"sequence": step.sequence, "channel": step.get_channel_display()}
            )  # fmt: skip
        return channel

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        channel = cleaned.get("channel")
        self._check_subjects(cleaned, is_mail=channel == Channel.EMAIL)
        for name in APPROVAL:
            if name in cleaned:
                cleaned[name] = cleaned[name].strip() if ASKED_BY[name] == channel else ""
                pattern, said = WRITTEN_AS[name]
                if cleaned[name] and not re.fullmatch(pattern, cleaned[name]):
                    self.add_error(name, said)
        if channel == Channel.SMS and not cleaned.get("dlt_template") and "dlt_template" not in self.errors:
            self._keep_registered()
        return cleaned

    def _check_subjects(self, cleaned: dict[str, Any], *, is_mail: bool) -> None:
        if not is_mail:
            cleaned["subject"] = cleaned["subject_ta"] = ""
            return
        if "subject" in cleaned and not cleaned["subject"]:
            self.add_error("subject", _("Enter a subject for the mail"))
        if cleaned.get("body_ta") and "subject_ta" in cleaned and not cleaned["subject_ta"]:
            self.add_error("subject_ta", _("Enter a subject in Tamil for the mail"))

    def _keep_registered(self) -> None:
        running = Sequence.objects.running().filter(steps__text=self.instance.pk)
        if self.instance.pk and (sequence := running.first()):
            self.add_error(
                "dlt_template",
                _("The sequence “%(sequence)s” is on and sends this SMS, so it needs its id.")
                % {"sequence": sequence},
            )


def _one_line(subject: str) -> str:
    return _known(" ".join(subject.split()))


def _known(text: str) -> str:
    if unknown := unknown_places(text):
        raise forms.ValidationError(
            _("Nothing can fill %(place)s. Use %(known)s.")
            % {"place": f"{{{unknown[0]}}}", "known": ", ".join(f"{{{name}}}" for name in PLACES)}
        )
    return text


class TextPreviewForm(forms.ModelForm):
    """A text as it is typed, for whom to show it and in which language."""

    lead = forms.CharField(
        label=_("Shown for"),
        required=False,
        max_length=120,
        help_text=_("A name, an address or a reference; empty for the newest lead."),
    )
    chosen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)
    """The reference of a lead that was picked among several."""
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("The one they read")), *Person.Language.choices],
    )
    key = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)
    """Of one press of “Send a test”, however often it arrives."""
    saved = forms.ModelChoiceField(
        required=False, queryset=MessageTemplate.objects.all(), widget=forms.HiddenInput
    )
    """The text as it is saved, which knows what sends it."""

    class Meta:
        model = MessageTemplate
        fields = ("channel", "subject", "body", "subject_ta", "body_ta", *APPROVAL)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, auto_id="preview-%s")
        for name in ("lead", "language", "key", "saved"):
            self.fields[name].widget.attrs["form"] = "w-editor-form"

    def _post_clean(self) -> None:
        """Take over what was typed; whether the name is free and such are for saving."""
        for name in self._meta.fields or ():
            setattr(self.instance, name, self.cleaned_data.get(name, ""))

    def clean_body(self) -> str:
        return _known(self.cleaned_data["body"])

    def clean_body_ta(self) -> str:
        return _known(self.cleaned_data["body_ta"])

    def clean_subject(self) -> str:
        return _one_line(self.cleaned_data["subject"])

    def clean_subject_ta(self) -> str:
        return _one_line(self.cleaned_data["subject_ta"])
