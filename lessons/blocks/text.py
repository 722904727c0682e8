"""Headings, notes and pictures."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from courses.blocks import ProseBlock


class PassageBlock(blocks.CharBlock):
    """The heading of a numbered passage (§1, §2 …); what follows belongs to it."""

    class Meta:
        icon = "title"
        label = _("Passage")
        template = "blocks/passage.html"
        description = _("A numbered heading that can be linked to")
        preview_value = "Match a path"


class CalloutBlock(blocks.StructBlock):
    """A short text set apart: a note, something to do now, or a warning."""

    kind = blocks.ChoiceBlock(
        choices=[("note", _("Note")), ("do", _("Do this now")), ("warning", _("Warning"))],
        default="note",
        label=_("Kind"),
    )
    text = ProseBlock(label=_("Text"))

    class Meta:
        icon = "info-circle"
        label = _("Callout")
        template = "blocks/callout.html"
        description = _("A note, a task or a warning")
        preview_value = {"kind": "note", "text": "Both run the same Python."}


class FigureBlock(blocks.StructBlock):
    """A picture with a text alternative and a caption."""

    image = ImageChooserBlock(label=_("Image"))
    alt = blocks.CharBlock(
        max_length=300,
        label=_("Text alternative"),
        help_text=_("What the picture says, for a reader who can't see it."),
    )
    caption = blocks.CharBlock(required=False, max_length=300, label=_("Caption"))

    class Meta:
        icon = "image"
        label = _("Figure")
        template = "blocks/figure.html"
        description = _("A picture with caption")
        preview_value = {"image": None, "alt": "A request and its response", "caption": "One round trip"}
