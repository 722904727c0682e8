"""How full cohorts are, and what was agreed to be paid."""

from django.utils.translation import gettext as _

from courses.rupees import rupees
from enrollment.admin.reports.cohorts import cohort_cells, cohort_columns, cohort_name
from enrollment.admin.reports.plots import Value, bars
from enrollment.admin.reports.query import ReportQuery
from enrollment.admin.reports.sections import Section
from enrollment.admin.reports.tables import Column, Pair, Table
from enrollment.admin.reports.words import Kind, percent
from enrollment.figures.fill import Fill, Revenue, fills, revenues
from enrollment.figures.medians import share


def fill_sections(query: ReportQuery) -> list[Section]:
    """Return how full cohorts are, and the revenue agreed where prices were noted."""
    found = fills(query.scope, since=query.period.first)
    agreed = revenues(query.scope, query.period)
    before = revenues(query.scope, query.before) if query.before else {}
    sections = [_fills(found)]
    if agreed or before:
        sections.append(_revenues(agreed, before, compared=query.before is not None))
    return sections


def _fills(found: list[Fill]) -> Section:
    return Section(
        heading=_("Cohorts that started in the period or start later"),
        about=_(
            "The length of a bar is the number of seats, the filled part those taken by enrolments and "
            "offers. Only the course narrows them: a seat has no source and no owner. Agreed is the sum of "
            "the agreed prices of learners who didn't withdraw."
        ),
        plot=bars(
            (Value(
                cohort_name(fill.cohort),
                _fill_text(fill),
                [(fill.cohort.seats_taken, "main"), (fill.cohort.seats_left, "free")],
            )
            for fill in found
            ),
            looks=[("main", _("Taken")), ("free", _("Free"))],
        ),
        table=Table(
            name="cohorts",
            columns=[
                *cohort_columns(),
                Column(_("Seats"), Kind.COUNT),
                Column(_("Taken"), Kind.COUNT),
                Column(_("Filled"), Kind.SHARE),
                Column(_("Waiting"), Kind.COUNT),
                Column(_("Enrolments"), Kind.COUNT),
                Column(_("With a price"), Kind.COUNT),
                Column(_("Agreed"), Kind.MONEY),
            ],
            rows=[
                [
                    *cohort_cells(fill.cohort), fill.cohort.seats, fill.cohort.seats_taken,
                    share(fill.cohort.seats_taken, fill.cohort.seats), fill.waiting, fill.enrolled,
                    fill.priced, fill.agreed if fill.priced else None,
                ]
                for fill in found
            ],
        ),
        empty="" if found else _("No cohort started in this period or starts later."),
        outlined=False,
    )  # fmt: skip


def _fill_text(fill: Fill) -> str:
    cohort = fill.cohort
    text = _("%(taken)s of %(seats)s seats (%(share)s)") % {
        "taken": cohort.seats_taken,
        "seats": cohort.seats,
        "share": percent(share(cohort.seats_taken, cohort.seats) or 0),
    }
    if fill.waiting:
        text = _("%(text)s, %(count)s waiting") % {"text": text, "count": fill.waiting}
    return f"{text} · {rupees(fill.agreed)}" if fill.priced else text


def _revenues(now: dict[int, Revenue], before: dict[int, Revenue], *, compared: bool) -> Section:
    found = sorted(now.values(), key=lambda revenue: (-revenue.agreed, revenue.course))
    earlier = {revenue.course: revenue.agreed for revenue in before.values()}
    return Section(
        heading=_("Revenue agreed by course"),
        about=_(
            "The agreed prices of enrolments made in the period, withdrawn ones left out. Enrolments without "
            "a price add nothing."
        ),
        plot=bars(
            Value(
                revenue.course,
                rupees(revenue.agreed),
                [(float(revenue.agreed), "main")],
                float(earlier.get(revenue.course, 0)) if compared else None,
            )
            for revenue in found
        ),
        table=Table(
            name="revenue",
            columns=[
                Column(_("Course")),
                Column(_("Enrolments"), Kind.COUNT),
                Column(_("With a price"), Kind.COUNT),
                Column(_("Agreed"), Kind.MONEY, compared),
            ],
            rows=[
                [
                    revenue.course, revenue.enrolled, revenue.priced,
                    Pair(revenue.agreed, earlier.get(revenue.course, 0)) if compared else revenue.agreed,
                ]
                for revenue in found
            ],
        ),
        empty="" if found else _("No price was agreed in this period."),
    )  # fmt: skip
