"""The lesson page."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Greatest, Length, Substr
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.blocks import StreamValue
from wagtail.fields import StreamField
from wagtail.models import Page, PageManager, PageViewRestriction
from wagtail.query import PageQuerySet

from courses.blocks import validate_prose
from courses.models.pages import lines
from lessons.blocks import LessonBody
from lessons.forms import LessonPageForm
from lessons.panels import CodePanel


class ChangeKind(models.TextChoices):
    """What an edit means to learners who have finished the lesson."""

    COSMETIC = "cosmetic", _("Cosmetic: nobody is told")
    REVIEW = "review", _("Review advised: finished learners are told what changed")
    REDO = "redo", _("Worth doing again: finished learners are asked to")


DEEPEST = 8
"""Levels of the tree at most above and with a lesson; it stands on the sixth."""


class LessonQuerySet(PageQuerySet):
    """Reads of lessons."""

    def published(self) -> "LessonQuerySet":
        """Lessons that readers can come to: live, in a live module of a live course."""
        path = OuterRef("path")
        # PostgreSQL may ask this of pages higher in the tree too, before it joins the lessons.
        above = [Substr(path, 1, Greatest(Length(path) - levels * Page.steplen, 0)) for levels in (1, 2)]
        return self.live().exclude(Exists(Page.objects.filter(live=False, path__in=above).order_by()))

    def noting_restrictions(self) -> "LessonQuerySet":
        """Find out in the same query whether a privacy setting holds, as `has_restrictions`."""
        path = OuterRef("path")
        to_here = [Substr(path, 1, depth * Page.steplen) for depth in range(1, DEEPEST + 1)]
        restrictions = PageViewRestriction.objects.filter(page__path__in=to_here).order_by()
        return self.annotate(has_restrictions=Exists(restrictions))


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
    needs_checks = models.BooleanField(
        _("its exercises must be passed"),
        default=False,
        db_default=False,
        help_text=_("The lesson is finished when the server has passed every exercise marked as needed."),
    )
    quiz_share = models.PositiveSmallIntegerField(
        _("its quizzes must reach"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(100)],
        help_text=_("Per cent in every quiz that counts. 0: the quizzes are not needed."),
    )
    change_kind = models.CharField(
        _("what this edit means to learners"),
        max_length=8,
        choices=ChangeKind,
        default=ChangeKind.COSMETIC,
        db_default="cosmetic",
    )
    change_note = models.CharField(
        _("what changed"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("One sentence, told to finished learners."),
    )

    content_panels: ClassVar = [
        *Page.content_panels,
        FieldPanel("intro"),
        FieldRowPanel([FieldPanel("minutes"), FieldPanel("is_free")]),
        FieldPanel("outcomes"),
        FieldPanel("body"),
        CodePanel(heading=_("Code and checks")),
        FieldPanel("sources"),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("needs_checks"), FieldPanel("quiz_share")])],
            heading=_("How the lesson is finished"),
            help_text=_("With neither, a learner finishes it by reading."),
        ),
        MultiFieldPanel(
            [FieldPanel("change_kind"), FieldPanel("change_note")], heading=_("When it is published")
        ),
    ]
    base_form_class = LessonPageForm
    parent_page_types: ClassVar = ["courses.ModulePage"]
    subpage_types: ClassVar[list[str]] = []

    has_restrictions: bool | None = None
    """Whether a privacy setting holds; None where the read did not ask."""

    objects = LessonManager()

    @property
    def completion_rule(self) -> str:
        """By what a learner finishes the lesson: read, checks, quiz or both."""
        if self.needs_checks:
            return "both" if self.quiz_share else "checks"
        return "quiz" if self.quiz_share else "read"

    def block(self, block_id: str, block_type: str) -> StreamValue.StreamChild | None:
        """Return the block with this id and type, or None."""
        return next((b for b in self.body if b.id == block_id and b.block_type == block_type), None)

    @property
    def outcome_list(self) -> list[str]:
        """The outcomes, one string each."""
        return lines(self.outcomes)

    @property
    def source_list(self) -> list[str]:
        """The sources, one string each."""
        return lines(self.sources)

    def get_view_restrictions(self) -> models.QuerySet[PageViewRestriction]:
        """Return the privacy settings that hold for this page; a query only where there may be some."""
        if self.has_restrictions is False:
            return PageViewRestriction.objects.none()
        if self.alias_of_id:
            return super().get_view_restrictions()
        ends = range(self.steplen, len(self.path) + 1, self.steplen)
        return PageViewRestriction.objects.filter(page__path__in=[self.path[:end] for end in ends])

    def serve(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        from lessons.views.reading import render_lesson

        request.is_preview = False  # type: ignore[attr-defined]
        return render_lesson(request, self)

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from lessons.views.reading import render_preview

        request.is_preview = True  # type: ignore[attr-defined]
        return render_preview(request, self)
