"""The list of courses: what can be filtered and sorted, and how it is read."""

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from courses.models import CataloguePage, Cohort, CoursePage

MODULE_LEVELS_BELOW_CATALOGUE = 2


class CatalogueFilter(forms.Form):
    """A plain GET form; a value that isn't offered is ignored, so that shared links never break."""

    level = forms.ChoiceField(
        label=_("Level"), required=False, choices=[("", _("Any level")), *CoursePage.Level.choices]
    )
    framework = forms.ChoiceField(
        label=_("Framework"),
        required=False,
        choices=[("", _("Any framework")), *CoursePage.Framework.choices],
    )
    format = forms.ChoiceField(
        label=_("Format"), required=False, choices=[("", _("Any format")), *Cohort.Mode.choices]
    )
    free = forms.BooleanField(label=_("Free courses only"), required=False)
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[
            ("", _("Recommended")),
            ("soon", _("Starting soon")),
            ("short", _("Shortest first")),
        ],
    )

    def value(self, name: str) -> str | bool:
        """Return the chosen value of a field, or an empty one."""
        self.is_valid()
        return self.cleaned_data.get(name, "")


def listed_courses(catalogue: CataloguePage, filters: CatalogueFilter) -> list[CoursePage]:
    """Return the live courses that match, each with `lesson_count` and `next_cohort`; three queries."""
    courses = CoursePage.objects.live().child_of(catalogue).order_by("path")
    if level := filters.value("level"):
        courses = courses.filter(level=level)
    if framework := filters.value("framework"):
        courses = courses.filter(framework=framework)
    if filters.value("free"):
        courses = courses.filter(price=0)
    if mode := filters.value("format"):
        courses = courses.filter(pk__in=Cohort.objects.upcoming().filter(mode=mode).values("course"))
    found = list(courses)
    _add_lesson_counts(found, catalogue)
    _add_next_cohorts(found)
    if filters.value("sort") == "soon":
        found.sort(key=lambda course: course.next_cohort.starts_on if course.next_cohort else date.max)
    elif filters.value("sort") == "short":
        found.sort(key=lambda course: course.hours)
    return found


def _add_lesson_counts(courses: list[CoursePage], catalogue: CataloguePage) -> None:
    """Count the live lessons that lie in live modules."""
    depth = catalogue.depth + MODULE_LEVELS_BELOW_CATALOGUE
    live = Page.objects.live().filter(path__startswith=catalogue.path, depth__in=(depth, depth + 1))
    paths = set(live.values_list("path", flat=True))
    lessons = [path for path in paths if path[: -Page.steplen] in paths]
    for course in courses:
        course.lesson_count = sum(path.startswith(course.path) for path in lessons)


def _add_next_cohorts(courses: list[CoursePage]) -> None:
    next_cohorts: dict[int, Cohort] = {}
    for cohort in Cohort.objects.upcoming().filter(course__in=courses):
        next_cohorts.setdefault(cohort.course_id, cohort)
    for course in courses:
        course.next_cohort = next_cohorts.get(course.pk)
