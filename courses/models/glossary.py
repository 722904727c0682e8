"""The words of a course, explained."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

LESSON_PATH = RegexValidator(
    r"^[a-z0-9]+(?:-[a-z0-9]+)*/[a-z0-9]+(?:-[a-z0-9]+)*$",
    _("Write the end of the lesson's address, such as first-pages/urls-and-views."),
)


class TermValue(blocks.StructValue):
    """A term with what pages ask of it."""

    @property
    def anchor(self) -> str:
        """The name by which links find it on the page."""
        return slugify(self["term"]) or "term"

    @property
    def letter(self) -> str:
        """Under which letter it stands; everything else stands under #."""
        first = self["term"][:1].upper()
        return first if first.isalpha() else "#"


class TermBlock(blocks.StructBlock):
    """A term of the course and what it means."""

    term = blocks.CharBlock(max_length=60, label=_("Term"))
    text = blocks.TextBlock(rows=2, label=_("What it means"))
    lesson = blocks.CharBlock(
        required=False,
        max_length=200,
        validators=[LESSON_PATH],
        label=_("Explained in"),
        help_text=_("The end of the lesson's address, such as first-pages/urls-and-views."),
    )

    class Meta:
        icon = "openquote"
        label = _("Term")
        label_format = "{term}"
        value_class = TermValue


class GlossaryPage(Page):
    """The glossary of a course, open to everybody as soon as the course is."""

    intro = models.CharField(_("introduction"), max_length=300, blank=True)
    terms = StreamField([("term", TermBlock())], blank=True, collapsed=True, verbose_name=_("terms"))

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("intro"), FieldPanel("terms")]
    search_fields: ClassVar = [*Page.search_fields, index.SearchField("terms")]
    parent_page_types: ClassVar = ["courses.CoursePage"]
    subpage_types: ClassVar[list[str]] = []
    max_count_per_parent = 1

    @property
    def letters(self) -> list[tuple[str, list[TermValue]]]:
        """The terms in order of the alphabet, by their first letter; those without one come first."""
        return by_letter(child.value for child in self.terms)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.get_parent().live:
            raise Http404
        return super().serve(request, *args, **kwargs)


def by_letter(terms: Iterable[TermValue]) -> list[tuple[str, list[TermValue]]]:
    """Return terms by their letter, sorted without regard to case."""
    ordered = sorted(terms, key=lambda term: (term.letter, term["term"].casefold()))
    return [(letter, list(same)) for letter, same in groupby(ordered, key=lambda term: term.letter)]
