"""How tables name a cohort."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses.models import Cohort
from enrollment.admin.reports.tables import Column
from enrollment.admin.reports.words import Kind


def cohort_name(cohort: Cohort) -> str:
    """Return a cohort's name with its mode, since two may start on one day."""
    day = date_format(cohort.starts_on, "j M Y")
    return f"{cohort.course.title}, {day}, {cohort.get_mode_display().lower()}"


def cohort_columns() -> list[Column]:
    """Return the columns that say which cohort a row is about."""
    return [Column(_("Course")), Column(_("Starts"), Kind.DAY), Column(_("Mode"))]


def cohort_cells(cohort: Cohort) -> list[object]:
    """Return the cells below them; no query when the course is loaded."""
    return [cohort.course.title, cohort.starts_on, str(cohort.get_mode_display())]
