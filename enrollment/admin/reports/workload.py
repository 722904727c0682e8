"""Workload by counsellor."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.wall_clock import today
from enrollment.admin.reports.names import owner_names
from enrollment.admin.reports.plots import Value, bars
from enrollment.admin.reports.query import ReportQuery
from enrollment.admin.reports.sections import Section, headline
from enrollment.admin.reports.tables import Column, Pair, Table
from enrollment.admin.reports.words import Kind
from enrollment.figures.periods import Period
from enrollment.figures.workload import Workload, done_in, workloads

DONE = ("new", "answered", "enrolled", "calls")


def workload_sections(query: ReportQuery) -> list[Section]:
    """Return what everybody has to do now, and what was done in the period."""
    day = today()
    tomorrow = Period(day, day).ends_at
    rows = workloads(query.scope, query.period, now=timezone.now(), day_ends_at=tomorrow)
    before = done_in(query.scope, query.before) if query.before else None
    names = owner_names([row.owner for row in rows])
    rows.sort(key=lambda row: (row.owner is not None, -row.open, names[row.owner]))
    return [_open(rows, names), _done(rows, names, before)]


def _open(rows: list[Workload], names: dict[int | None, str]) -> Section:
    total = {name: sum(getattr(row, name) for row in rows) for name in ("open", "late", "due")}
    waiting = [row for row in rows if row.open]
    return Section(
        heading=_("To do now"),
        about=_(
            "Leads that are neither enrolled nor closed, whenever they asked. Late: the promised answer is "
            "overdue. Due: the next action is due today or was before."
        ),
        headlines=tuple(
            headline(label, Pair(total[name], None))
            for name, label in (("open", _("Open")), ("late", _("Late")), ("due", _("Due today")))
        ),
        plot=bars(
            (Value(
                names[row.owner],
                ngettext("%(open)s open lead, %(late)s late, %(due)s due today",
                         "%(open)s open leads, %(late)s late, %(due)s due today", row.open)
                % {"open": f"{row.open:,}", "late": f"{row.late:,}", "due": f"{row.due:,}"},
                [(row.late, "late"), (row.open - row.late, "main")],
            )
            for row in waiting
            ),
            looks=[("late", _("Late")), ("main", _("Not late"))],
        ),
        table=Table(
            name="open",
            columns=[
                Column(_("Owner")),
                Column(_("Open"), Kind.COUNT),
                Column(_("Late"), Kind.COUNT),
                Column(_("Due today"), Kind.COUNT),
            ],
            rows=[[names[row.owner], row.open, row.late, row.due] for row in waiting],
        ),
        empty="" if waiting else _("No lead is open."),
        outlined=False,
    )  # fmt: skip


def _done(
    rows: list[Workload],
    names: dict[int | None, str],
    before: dict[int | None, dict[str, int]] | None,
) -> Section:
    busy = [row for row in rows if any(getattr(row, name) for name in DONE)]
    table_rows = []
    for row in busy:
        old = (before or {}).get(row.owner, {})
        numbers = [getattr(row, name) for name in DONE]
        pairs = [Pair(number, old.get(name, 0)) for name, number in zip(DONE, numbers, strict=True)]
        table_rows.append([names[row.owner], *(numbers if before is None else pairs)])
    compared = before is not None
    return Section(
        heading=_("Done in the period"),
        about=_(
            "New leads, first answers and enrolments count for the lead's present owner; calls for whoever "
            "logged them. Bars show the first answers."
        ),
        plot=bars(
            Value(
                names[row.owner],
                _("%(answered)s answered, %(new)s new, %(enrolled)s enrolled, %(calls)s calls")
                % {name: f"{getattr(row, name):,}" for name in DONE},
                [(row.answered, "main")],
                before.get(row.owner, {}).get("answered", 0) if before is not None else None,
            )
            for row in busy
        ),
        table=Table(
            name="done",
            columns=[
                Column(_("Owner")),
                Column(_("New"), Kind.COUNT, compared),
                Column(_("First answers"), Kind.COUNT, compared),
                Column(_("Enrolled"), Kind.COUNT, compared),
                Column(_("Calls logged"), Kind.COUNT, compared),
            ],
            rows=table_rows,
        ),
        empty="" if busy else _("Nothing was noted in this period."),
    )
