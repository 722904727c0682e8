"""The pages of the public site and the course tree."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from courses.blocks import (
    ComparisonRowBlock,
    FacingBlock,
    ProseBlock,
    StepsBlock,
    TitledTextBlock,
)

CATALOGUE_SLUG = "courses"
"""The addresses of the catalogue and of every lesson begin with it."""
PLACEMENT_SLUG = "placement"
"""The page with this slug is shown at /placement/, together with its form."""
MODULE_SLUGS_TAKEN = {"join"}
"""Addresses below a course that aren't modules."""


class HomePage(Page):
    """The front page: the promise, the same jobs in both frameworks, the way to a job."""

    headline = models.CharField(_("headline"), max_length=60)
    headline_mark = models.CharField(_("highlighted end of the headline"), max_length=40, blank=True)
    lead = models.CharField(_("lead sentence"), max_length=240)
    course = models.ForeignKey(
        "courses.CoursePage",
        verbose_name=_("featured course"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    jobs = StreamField([("job", ComparisonRowBlock())], blank=True, verbose_name=_("same jobs"))
    steps = StreamField([("step", TitledTextBlock())], blank=True, verbose_name=_("steps"))

    content_panels: ClassVar = [
        *Page.content_panels,
        FieldRowPanel([FieldPanel("headline"), FieldPanel("headline_mark")]),
        FieldPanel("lead"),
        FieldPanel("course"),
        FieldPanel("jobs"),
        FieldPanel("steps"),
    ]
    parent_page_types: ClassVar = ["wagtailcore.Page"]
    subpage_types: ClassVar = ["courses.CataloguePage", "courses.StandardPage"]
    max_count = 1


class StandardPage(Page):
    """A page of text: placement assistance, policies, about."""

    intro = models.CharField(_("introduction"), max_length=300, blank=True)
    body = StreamField(
        [("prose", ProseBlock()), ("facing", FacingBlock()), ("steps", StepsBlock())],
        blank=True,
        verbose_name=_("body"),
    )

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("intro"), FieldPanel("body")]
    search_fields: ClassVar = [
        *Page.search_fields,
        index.SearchField("intro"),
        index.SearchField("body"),
    ]
    parent_page_types: ClassVar = ["courses.HomePage"]
    subpage_types: ClassVar[list[str]] = []

    def clean(self) -> None:
        super().clean()
        if self.pk and self.slug != PLACEMENT_SLUG:
            before = Page.objects.filter(pk=self.pk).values_list("slug", flat=True).first()
            if before == PLACEMENT_SLUG:
                message = _("This page is shown at /placement/, with its form. Keep “placement” as its slug.")
                raise ValidationError({"slug": message})


class CataloguePage(Page):
    """The list of courses at /courses/."""

    intro = models.CharField(_("introduction"), max_length=300, blank=True)

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("intro")]
    parent_page_types: ClassVar = ["courses.HomePage"]
    subpage_types: ClassVar = ["courses.CoursePage"]
    max_count = 1

    def get_context(self, request: HttpRequest, *args: object, **kwargs: object) -> dict:
        from courses.catalogue import CatalogueFilter, listed_courses

        filters = CatalogueFilter(request.GET)
        return super().get_context(request, *args, **kwargs) | {
            "filters": filters,
            "courses": listed_courses(self, filters),
        }

    def clean(self) -> None:
        super().clean()
        if self.slug != CATALOGUE_SLUG:
            message = _("The addresses of all lessons begin with /courses/. Keep “courses” as the slug.")
            raise ValidationError({"slug": message})

    def serve(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = super().serve(request, *args, **kwargs)
        patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
        return response

    def get_template(self, request: HttpRequest, *args: object, **kwargs: object) -> str:
        htmx = getattr(request, "htmx", None)
        if htmx and not htmx.history_restore_request:
            return "courses/catalogue_page.html#results"
        return super().get_template(request, *args, **kwargs)


class CoursePage(Page):
    """A course: what one learns, what it costs, where it leads; modules and lessons lie below it."""

    class Level(models.TextChoices):
        BEGINNER = "beginner", _("Beginner")
        INTERMEDIATE = "intermediate", _("Intermediate")
        ADVANCED = "advanced", _("Advanced")

    class Framework(models.TextChoices):
        BOTH = "both", _("Django + Flask")
        DJANGO = "django", _("Django")
        FLASK = "flask", _("Flask")
        NONE = "none", _("No framework")

    summary = models.CharField(_("outcome in one sentence"), max_length=240)
    body = StreamField([("prose", ProseBlock())], blank=True, verbose_name=_("description"))
    level = models.CharField(_("level"), max_length=12, choices=Level, default=Level.BEGINNER)
    framework = models.CharField(_("framework"), max_length=8, choices=Framework, default=Framework.BOTH)
    hours = models.PositiveSmallIntegerField(_("hours of study"), validators=[MinValueValidator(1)])
    price = models.DecimalField(
        _("price (₹)"),
        max_digits=9,
        decimal_places=2,
        validators=[MinValueValidator(0)],
        help_text=_("0 makes the course free: anybody signed in may join."),
    )
    outcomes = models.TextField(_("outcomes"), blank=True, help_text=_("One a line."))
    needs = models.TextField(_("what you need"), blank=True, help_text=_("One a line."))
    projects = StreamField([("project", TitledTextBlock())], blank=True, verbose_name=_("projects"))
    roles = StreamField([("role", TitledTextBlock())], blank=True, verbose_name=_("roles it leads to"))
    questions = StreamField([("question", TitledTextBlock())], blank=True, verbose_name=_("questions"))

    content_panels: ClassVar = [
        *Page.content_panels,
        FieldPanel("summary"),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("level"), FieldPanel("framework")]),
                FieldRowPanel([FieldPanel("hours"), FieldPanel("price")]),
            ],
            heading=_("Facts"),
        ),
        FieldPanel("outcomes"),
        FieldPanel("needs"),
        FieldPanel("body"),
        FieldPanel("projects"),
        FieldPanel("roles"),
        FieldPanel("questions"),
    ]
    search_fields: ClassVar = [
        *Page.search_fields,
        index.SearchField("summary"),
        index.SearchField("outcomes"),
    ]
    parent_page_types: ClassVar = ["courses.CataloguePage"]
    subpage_types: ClassVar = ["courses.ModulePage", "courses.GlossaryPage"]

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(price__gte=0), name="course_price_not_negative")
        ]

    @property
    def is_free(self) -> bool:
        """Whether anybody signed in may join without admissions."""
        return self.price == 0

    @property
    def outcome_list(self) -> list[str]:
        """The outcomes, one string each."""
        return lines(self.outcomes)

    @property
    def need_list(self) -> list[str]:
        """What a learner needs, one string each."""
        return lines(self.needs)


class ModulePage(Page):
    """A chapter of a course."""

    summary = models.CharField(_("what it is about"), max_length=240, blank=True)

    content_panels: ClassVar = [*Page.content_panels, FieldPanel("summary")]
    parent_page_types: ClassVar = ["courses.CoursePage"]
    subpage_types: ClassVar = ["lessons.LessonPage"]

    def clean(self) -> None:
        super().clean()
        if self.slug in MODULE_SLUGS_TAKEN:
            message = _("The address “%(slug)s” below a course is taken. Use another slug.")
            raise ValidationError({"slug": message % {"slug": self.slug}})

    def serve(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not self.get_parent().live:
            raise Http404
        return super().serve(request, *args, **kwargs)


def lines(text: str) -> list[str]:
    """Return the lines of a text that aren't blank, without blanks at the edges."""
    return [line.strip() for line in text.splitlines() if line.strip()]
