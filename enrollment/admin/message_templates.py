"""Setting up texts: what counsellors start a message from, and what sequences send."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Count, QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.log_actions import registry
from wagtail.snippets.views.snippets import CreateView, EditView

from enrollment.admin.forms.texts import MessageTemplateForm, TextPreviewForm
from enrollment.admin.pipeline import SetUpViewSet
from enrollment.admin.sequences import CountColumn
from enrollment.followups.texts import current_version
from enrollment.models import MessageTemplate, TextVersion
from enrollment.wording import OF_GROUPS, OF_LEARNERS, PLACES

MOST_VERSIONS = 20


class PlacesPanel(HelpPanel):
    """The places that a text may have, as chips with what fills them; scripts make buttons of the chips."""

    class BoundPanel(HelpPanel.BoundPanel):
        class Media:
            js: ClassVar = [Script("js/desk-texts.js", type="module")]

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.content = places_in_words()


def places_in_words() -> SafeString:
    """Return every place as a chip, those of sequences apart, and below them what comes there."""
    always = [name for name in PLACES if name not in (*OF_GROUPS, *OF_LEARNERS)]
    return format_html(
        '<p>{} <span data-place-hint hidden>{}</span></p>{}<p>{}</p>{}'
        '<details class="text-meanings"><summary>{}</summary><dl>{}</dl></details>',
        _("These places are filled for each person."),
        _("Press one to put it where you write."),
        _chips(always),
        _("These only where a sequence sends the text: the last three to learners, the others where there "
          "is a group."),
        _chips([*OF_GROUPS, *OF_LEARNERS]),
        _("What comes there"),
        _meanings([*always, *OF_GROUPS, *OF_LEARNERS]),
    )  # fmt: skip


def _chips(names: list[str]) -> SafeString:
    chips = format_html_join(
        "\n",
        '<li><code class="lead-chip" title="{}" data-place>{}</code></li>',
        ((PLACES[name], f"{{{name}}}") for name in names),
    )
    return format_html('<ul class="desk-plain desk-places text-places">{}</ul>', chips)


def _meanings(names: list[str]) -> SafeString:
    return format_html_join(
        "\n",
        "<div><dt><code>{}</code></dt><dd>{}</dd></div>",
        ((f"{{{name}}}", PLACES[name]) for name in names),
    )


@dataclass(frozen=True)
class SavedVersion:
    """A version of a text, and who saved it."""

    version: TextVersion
    who: str


def saved_versions(text: MessageTemplate) -> list[SavedVersion]:
    """Return the newest versions, the newest first, with who made each by the log; two queries."""
    versions = list(TextVersion.objects.filter(template=text)[:MOST_VERSIONS])
    saved = list(registry.get_logs_for_instance(text).select_related("user").order_by("-timestamp"))
    return [
        SavedVersion(
            version,
            who=next((_name(entry) for entry in saved if entry.timestamp <= version.created_at), ""),
        )
        for version in versions
    ]


def _name(entry: Any) -> str:
    return str(entry.user) if entry.user else ""


class WithPreview:
    """Shows beside the form how the text looks, and keeps a version of what is saved."""

    request: HttpRequest
    object: MessageTemplate

    def save_instance(self) -> MessageTemplate:
        text: MessageTemplate = super().save_instance()  # type: ignore[misc]
        current_version(text)
        return text

    def get_success_url(self) -> str:
        return reverse("message_templates:edit", args=[self.object.pk])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        saved = self.object.pk if self.object else None
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return context | {"preview": TextPreviewForm(initial={"saved": saved})}


class TextCreateView(WithPreview, CreateView):
    """Writing a new text."""


class TextEditView(WithPreview, EditView):
    """Changing a text, with its earlier versions."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"versions": saved_versions(self.object)}


class MessageTemplateViewSet(SetUpViewSet):
    """Texts for WhatsApp, e-mail and SMS."""

    model = MessageTemplate
    icon = "mail"
    admin_url_namespace = "message_templates"
    base_url_path = "leads/texts"
    add_view_class = TextCreateView
    edit_view_class = TextEditView
    create_template_name = "enrollment/admin/sequences/text_create.html"
    edit_template_name = "enrollment/admin/sequences/text_edit.html"
    index_template_name = "enrollment/admin/sequences/list.html"
    index_results_template_name = "enrollment/admin/sequences/list_results.html"
    empty_text = _(
        "Texts save counsellors typing: a press on the lead page starts a message from one. Sequences send "
        "them by themselves."
    )
    list_display: ClassVar = (
        "name",
        Column("channel", label=_("Channel"), accessor="get_channel_display"),
        BooleanColumn("is_offered", label=_("On the lead page"), classname="desk-col-roomy"),
        CountColumn("step_count", label=_("Steps that send it")),
        Column("position", label=_("Position"), classname="desk-col-roomy"),
    )
    list_per_page = 50
    ordering = ("channel", "position", "pk")
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            FieldPanel("channel"),
            PlacesPanel(heading=_("Places")),
            MultiFieldPanel([FieldPanel("subject"), FieldPanel("body")], heading=_("In English")),
            MultiFieldPanel([FieldPanel("subject_ta"), FieldPanel("body_ta")], heading=_("In Tamil")),
            MultiFieldPanel([FieldPanel("whatsapp_template")], heading=_("For WhatsApp")),
            MultiFieldPanel(
                [FieldPanel("dlt_template"), FieldPanel("dlt_header")],
                heading=_("For SMS"),
                help_text=_(
                    "Write the text exactly as it is registered: each place stands where the registered text "
                    "has {#var#}. The preview shows what to register and as how many SMS it goes."
                ),
            ),
            MultiFieldPanel(
                [
                    FieldPanel("is_offered"),
                    FieldPanel(
                        "position",
                        help_text=_(
                            "The first text of each channel is what one press on the lead page starts from."
                        ),
                    ),
                ],
                heading=_("On the lead page"),
                help_text=_(
                    "Counsellors write WhatsApp messages and mails there; SMS are for sequences only."
                ),
            ),
        ],
        base_form_class=MessageTemplateForm,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[MessageTemplate]:
        return MessageTemplate.objects.annotate(step_count=Count("steps"))
