"""The forecast of seats."""

from math import ceil, floor

from django.utils import timezone
from django.utils.translation import gettext as _

from courses.wall_clock import today
from enrollment.admin.reports.cohorts import cohort_cells, cohort_columns, cohort_name
from enrollment.admin.reports.plots import Value, bars
from enrollment.admin.reports.query import ReportQuery
from enrollment.admin.reports.sections import Section
from enrollment.admin.reports.tables import Column, Table
from enrollment.admin.reports.words import Kind
from enrollment.figures.forecast import (
    FEWEST_ENDED,
    HISTORY,
    CohortOutlook,
    CourseOutlook,
    outlook,
)
from enrollment.figures.pipeline import Pipeline


def forecast_sections(query: ReportQuery) -> list[Section]:
    """Return how many of the free seats open leads will probably take, and what that comes from."""
    pipeline = Pipeline.load()
    found = outlook(query.scope, pipeline, day=today(), since=timezone.now() - HISTORY)
    return [_cohorts(found), _rates(found)]


def _cohorts(found: list[CourseOutlook]) -> Section:
    cohorts = [cohort for course in found for cohort in course.cohorts]
    cohorts.sort(key=lambda outlook: (outlook.cohort.starts_on, outlook.cohort.pk))
    return Section(
        heading=_("Seats of cohorts that have yet to start"),
        about=_(
            "Expected: for each stage, the open leads of the course times the share that enrolled among the "
            "leads of the course which had reached that stage and ended (enrolled or closed) in the last "
            "%(days)s days; summed over the stages. The share is a range that holds in nine cases of ten "
            "(the 90 %% Wilson interval): few ended leads give a wide one, and below %(fewest)s nothing is "
            "forecast. The earliest cohort of a course is filled first. Leads on a waiting list or without a "
            "course are left out."
        )
        % {"days": HISTORY.days, "fewest": FEWEST_ENDED},
        plot=bars(
            (_outlook_value(cohort) for cohort in cohorts),
            looks=[
                ("main", _("Taken")),
                ("part", _("Expected, at least")),
                ("maybe", _("Expected, at most")),
                ("free", _("Free")),
            ],
        ),
        notes=tuple(_beyond(course) for course in found if course.beyond and course.beyond[1]),
        table=Table(
            name="forecast",
            columns=[
                *cohort_columns(),
                Column(_("Seats"), Kind.COUNT),
                Column(_("Taken"), Kind.COUNT),
                Column(_("Waiting"), Kind.COUNT),
                Column(_("Expected, at least"), Kind.COUNT),
                Column(_("Expected, at most"), Kind.COUNT),
                Column(_("Note")),
            ],
            rows=[
                [
                    *cohort_cells(found.cohort), found.cohort.seats, found.taken, found.waiting,
                    *(found.expected or (None, None)), "" if found.expected else _("Too few leads to tell"),
                ]
                for found in cohorts
            ],
        ),
        empty="" if cohorts else _("No cohort is planned. Add one under Cohorts to see its forecast."),
        outlined=False,
    )  # fmt: skip


def _outlook_value(found: CohortOutlook) -> Value:
    cohort = found.cohort
    low, high = found.expected or (0, 0)
    text = _("%(taken)s of %(seats)s taken") % {"taken": found.taken, "seats": cohort.seats}
    if found.waiting:
        text = _("%(text)s, %(count)s waiting") % {"text": text, "count": found.waiting}
    expected = _expected(found)
    free = max(cohort.seats - found.taken - high, 0)
    return Value(
        cohort_name(cohort),
        f"{text} · {expected}",
        [(found.taken, "main"), (low, "part"), (high - low, "maybe"), (free, "free")],
    )


def _expected(found: CohortOutlook) -> str:
    if not found.cohort.seats_left:
        return _("full")
    if found.expected is None:
        return _("too few leads to tell")
    low, high = found.expected
    if low == high:
        return _("%(count)s more expected") % {"count": high}
    return _("%(low)s to %(high)s more expected") % {"low": low, "high": high}


def _beyond(course: CourseOutlook) -> str:
    low, high = course.beyond or (0, 0)
    return _("%(course)s: %(low)s to %(high)s more may enrol than its planned cohorts have seats.") % {
        "course": course.course, "low": low, "high": high,
    }  # fmt: skip


def _rates(found: list[CourseOutlook]) -> Section:
    return Section(
        heading=_("What the forecast comes from"),
        about=_("Open leads by present stage; ended leads by the furthest stage they had reached."),
        table=Table(
            name="rates",
            columns=[
                Column(_("Course")),
                Column(_("Stage")),
                Column(_("Open leads"), Kind.COUNT),
                Column(_("Ended"), Kind.COUNT),
                Column(_("Enrolled"), Kind.COUNT),
                Column(_("Share, at least"), Kind.SHARE),
                Column(_("Share, at most"), Kind.SHARE),
                Column(_("Enrolments, at least"), Kind.COUNT),
                Column(_("Enrolments, at most"), Kind.COUNT),
            ],
            rows=[
                [
                    course.course, stage.stage, stage.open, stage.ended, stage.enrolled,
                    stage.low if stage.ended else None, stage.high if stage.ended else None,
                    floor(stage.open * stage.low), ceil(stage.open * stage.high),
                ]
                for course in found
                for stage in course.stages
            ],
        ),
        empty="" if found else _("No cohort is planned."),
        outlined=False,
    )  # fmt: skip
