"""Setting up the texts that counsellors start a message from."""

from typing import Any, ClassVar

from django import forms
from django.forms.widgets import Script
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, HelpPanel, ObjectList
from wagtail.admin.ui.tables import Column

from enrollment.admin.pipeline import SetUpViewSet
from enrollment.models import MessageTemplate
from enrollment.wording import PLACES, unknown_places


class MessageTemplateForm(WagtailAdminModelForm):
    """A text whose places are all known; a mail has a subject, on one line."""

    def clean_subject(self) -> str:
        subject = " ".join(self.cleaned_data["subject"].split())
        _refuse_unknown(subject)
        return subject

    def clean_body(self) -> str:
        _refuse_unknown(self.cleaned_data["body"])
        return self.cleaned_data["body"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_mail = cleaned.get("channel") == MessageTemplate.Channel.EMAIL
        if is_mail and "subject" in cleaned and not cleaned["subject"]:
            self.add_error("subject", _("Enter a subject for the mail"))
        if not is_mail and "subject" in cleaned:
            cleaned["subject"] = ""
        return cleaned


def _refuse_unknown(text: str) -> None:
    if unknown := unknown_places(text):
        raise forms.ValidationError(
            _("Nothing can fill %(place)s. Use %(known)s.")
            % {"place": f"{{{unknown[0]}}}", "known": ", ".join(f"{{{name}}}" for name in PLACES)}
        )


class PlacesPanel(HelpPanel):
    """The places that a text may have, as chips with what fills them; scripts make buttons of the chips."""

    class BoundPanel(HelpPanel.BoundPanel):
        class Media:
            js: ClassVar = [Script("js/desk-texts.js", type="module")]

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.content = places_in_words()


def places_in_words() -> SafeString:
    """Return every place with what comes there."""
    chips = format_html_join(
        "\n",
        '<li><code class="lead-chip" data-place>{}</code> {}</li>',
        ((f"{{{name}}}", meaning) for name, meaning in PLACES.items()),
    )
    return format_html(
        '<p>{} <span data-place-hint hidden>{}</span></p><ul class="desk-plain desk-places">{}</ul>',
        _("These places are filled when a counsellor chooses the text."),
        _("Press one to put it where you write."),
        chips,
    )


class MessageTemplateViewSet(SetUpViewSet):
    """Texts for WhatsApp and e-mail."""

    model = MessageTemplate
    icon = "mail"
    admin_url_namespace = "message_templates"
    base_url_path = "leads/texts"
    empty_text = _("Texts save counsellors typing: a press on the lead page starts a message from one.")
    list_display: ClassVar = (
        "name",
        Column("channel", label=_("Channel"), accessor="get_channel_display"),
        Column("position", label=_("Position")),
    )
    ordering = ("channel", "position", "pk")
    edit_handler = ObjectList(
        [
            PlacesPanel(heading=_("Places")),
            FieldPanel("name"),
            FieldPanel("channel"),
            FieldPanel("subject"),
            FieldPanel("body"),
            FieldPanel(
                "position",
                help_text=_("The first text of each channel is what one press on the lead page starts from."),
            ),
        ],
        base_form_class=MessageTemplateForm,
    )
