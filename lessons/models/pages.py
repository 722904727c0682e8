"""The lesson page."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Greatest, Length, Substr
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.fields import StreamField
from wagtail.models import Page, PageManager, PageViewRestriction
from wagtail.query import PageQuerySet

from courses.blocks import validate_prose
from courses.models.pages import lines
from lessons.blocks import LessonBody


class LessonQuerySet(PageQuerySet):
    """Reads of lessons."""

    def published(self) -> "LessonQuerySet":
        """Lessons that readers can come to: live, in a live module of a live course."""
        path = OuterRef("path")
        # PostgreSQL may ask this of pages higher in the tree too, before it joins the lessons.
        above = [Substr(path, 1, Greatest(Length(path) - levels * Page.steplen, 0)) for levels in (1, 2)]
        return self.live().exclude(Exists(Page.objects.filter(live=False, path__in=above).order_by()))


LessonManager = PageManager.from_queryset(LessonQuerySet)


class LessonPage(Page):
    """Six to twelve minutes of reading on one idea. Its body is for those who may open it only.

    The body is no search field: what a locked lesson says must not come back as a search excerpt.
    """

    intro = models.TextField(
        _("lead paragraph"),
        blank=True,
        validators=[validate_prose],
        help_text=_("Markdown; one idea in one or two sentences."),
    )
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=8, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    is_free = models.BooleanField(
        _("free preview"), default=False, help_text=_("Anybody may read this lesson.")
    )
    outcomes = models.TextField(
        _("outcomes"), blank=True, help_text=_("What the reader can do afterwards, one a line.")
    )
    sources = models.TextField(_("sources"), blank=True, help_text=_("Where facts were checked, one a line."))
    body = StreamField(LessonBody(), blank=True, verbose_name=_("body"))

    content_panels: ClassVar = [
        *Page.content_panels,
        FieldPanel("intro"),
        FieldRowPanel([FieldPanel("minutes"), FieldPanel("is_free")]),
        FieldPanel("outcomes"),
        FieldPanel("body"),
        FieldPanel("sources"),
    ]
    parent_page_types: ClassVar = ["courses.ModulePage"]
    subpage_types: ClassVar[list[str]] = []

    objects = LessonManager()

    @property
    def outcome_list(self) -> list[str]:
        """The outcomes, one string each."""
        return lines(self.outcomes)

    @property
    def source_list(self) -> list[str]:
        """The sources, one string each."""
        return lines(self.sources)

    def get_view_restrictions(self) -> models.QuerySet[PageViewRestriction]:
        """Return the privacy settings that hold for this page, with one query instead of Wagtail's two."""
        if self.alias_of_id:
            return super().get_view_restrictions()
        ends = range(self.steplen, len(self.path) + 1, self.steplen)
        return PageViewRestriction.objects.filter(page__path__in=[self.path[:end] for end in ends])

    def serve(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        from lessons.views import render_lesson

        request.is_preview = False  # type: ignore[attr-defined]
        return render_lesson(request, self)

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from lessons.views import render_preview

        request.is_preview = True  # type: ignore[attr-defined]
        return render_preview(request, self)
