"""Blocks of the public pages; lesson blocks build on the prose block here."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from courses import markdown


def one_newline_style(value: str) -> str:
    """Return text with Unix line ends and no blank edge lines, the form the course files use."""
    return value.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def validate_prose(text: str) -> None:
    """Refuse lines that the course files use to start another block, and code that never ends."""
    for line in markdown.lines_outside_code(one_newline_style(text)):
        if line.startswith(("# ", "## ", ":::", "<!--")):
            raise ValidationError(
                _("“%(line)s” can't start a line here. Use a Passage block for a heading."),
                params={"line": line[:40]},
            )
    if markdown.has_open_fence(one_newline_style(text)):
        raise ValidationError(_("A code fence is opened and not closed. End the code with ```."))


class ProseBlock(blocks.TextBlock):
    """Running text in Markdown: paragraphs, lists, tables, links, `code` and ==highlight==."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(rows=8, **kwargs)

    def clean(self, value: str) -> str:
        cleaned = one_newline_style(super().clean(value))
        validate_prose(cleaned)
        return cleaned

    class Meta:
        icon = "pilcrow"
        label = _("Prose")
        template = "blocks/prose.html"
        description = _("Text in Markdown")
        preview_value = "Django keeps every address **in one list**. Flask writes it *above each function*."

    def get_context(self, value: str, parent_context: dict | None = None) -> dict:
        return super().get_context(value, parent_context) | {"html": markdown.render(value)}


class TitledTextBlock(blocks.StructBlock):
    """A short title with one or two sentences: a project, a role, a question, a step."""

    title = blocks.CharBlock(max_length=120, label=_("Title"))
    text = blocks.TextBlock(required=False, rows=2, label=_("Text"))

    class Meta:
        icon = "list-ul"
        template = "blocks/titled_text.html"
        description = _("A title and a sentence or two")
        preview_value = {"title": "Job board API", "text": "The same API, built twice."}


class FacingBlock(blocks.StructBlock):
    """Two lists of equal weight side by side, such as what we do and what we don't promise."""

    left_title = blocks.CharBlock(max_length=80, label=_("Left title"))
    left = blocks.ListBlock(blocks.CharBlock(max_length=200), label=_("Left lines"))
    right_title = blocks.CharBlock(max_length=80, label=_("Right title"))
    right = blocks.ListBlock(blocks.CharBlock(max_length=200), label=_("Right lines"))

    class Meta:
        icon = "grip"
        label = _("Facing lists")
        template = "blocks/facing.html"
        description = _("Two lists side by side")
        preview_value = {
            "left_title": "What we do",
            "left": ["Read your code with you"],
            "right_title": "What we do not promise",
            "right": ["A job by a date"],
        }


class StepsBlock(blocks.StructBlock):
    """Numbered steps with who does what and when."""

    title = blocks.CharBlock(max_length=80, label=_("Title"))
    steps = blocks.ListBlock(TitledTextBlock(), label=_("Steps"))

    class Meta:
        icon = "list-ol"
        label = _("Steps")
        template = "blocks/steps.html"
        description = _("A numbered list of steps")
        preview_value = {"title": "From lesson to job", "steps": [{"title": "Learn", "text": "Ten modules."}]}


class ComparisonRowBlock(blocks.StructBlock):
    """One job done in both frameworks, one line of code each."""

    job = blocks.CharBlock(max_length=40, label=_("Job"))
    django = blocks.CharBlock(max_length=120, label=_("Django"))
    flask = blocks.CharBlock(max_length=120, label=_("Flask"))
    page = blocks.PageChooserBlock(required=False, label=_("Lesson"))

    class Meta:
        icon = "code"
        label = _("Comparison row")
        template = "blocks/comparison_row.html"
        description = _("The same job in Django and Flask")
        preview_value = {"job": "Route", "django": 'path("", home)', "flask": '@app.route("/")', "page": None}
