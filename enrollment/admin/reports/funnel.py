"""The funnel: by stage, and by what it is split by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from enrollment.admin.reports.names import part_names
from enrollment.admin.reports.plots import Bars, Lines, Value, bars, lines
from enrollment.admin.reports.query import SPLIT_NAMES, ReportQuery
from enrollment.admin.reports.sections import Section, headline, paired
from enrollment.admin.reports.tables import Column, Noted, Pair, Table
from enrollment.admin.reports.words import Kind, duration, percent
from enrollment.figures.funnel import Funnel, StageFigures, empty_funnel, funnel, split_by, split_funnel
from enrollment.figures.medians import share
from enrollment.figures.pipeline import Pipeline
from enrollment.models import PipelineStage

MOST_BARS = 12
MOST_ROWS = 50


def funnel_sections(query: ReportQuery) -> list[Section]:
    """Return how far the leads that asked have come, and why those that are closed are."""
    pipeline = Pipeline.load()
    now = funnel(query.scope.asked(query.period), pipeline)
    before = funnel(query.scope.asked(query.before), pipeline) if query.before else None
    return [_stages(now, before), _closed(now, before)]


def stage_bars(now: Funnel, before: Funnel | None) -> Bars:
    """Return one bar for each stage, what is compared outlined."""
    earlier = {stage.key: stage.reached for stage in before.stages} if before else {}
    return bars(
        Value(
            stage.name,
            _stage_text(stage, of=now.stages[0].name if place else ""),
            [(stage.reached, "main")],
            earlier.get(stage.key),
        )
        for place, stage in enumerate(now.stages)
    )


def _stage_text(stage: StageFigures, *, of: str) -> str:
    """Return a stage's numbers in one line: "84 (62 % of new) · median 5 h"."""
    text = f"{stage.reached:,}"
    if of and stage.of_first is not None:
        text = _("%(count)s (%(share)s of %(stage)s)") % {
            "count": text, "share": percent(stage.of_first), "stage": of.lower(),
        }  # fmt: skip
    if stage.time_to is not None:
        text = _("%(text)s · median %(time)s") % {"text": text, "time": duration(stage.time_to)}
    return text


def _stages(now: Funnel, before: Funnel | None) -> Section:
    earlier = {stage.key: stage for stage in before.stages} if before else {}
    compared = before is not None
    rows = []
    for stage in now.stages:
        old = earlier.get(stage.key)
        pairs = [
            paired(stage, old, name) for name in ("reached", "of_first", "of_before", "time_to", "time_in")
        ]
        rows.append([stage.name, *(pairs if compared else [pair.now for pair in pairs])])
    enrolled = next((stage for stage in now.stages if stage.key == PipelineStage.ENROLLED), None)
    return Section(
        heading=_("How far they have come"),
        about=_(
            "Leads that asked in the period, by the furthest stage they reached until now. Who skipped a "
            "stage passed it; who was moved back or closed since still reached it. Numbers of recent days "
            "still grow. Half of them reached the stage within the median time; nights and holidays count."
        ),
        headlines=(
            headline(_("Asked"), paired(now, before, "asked")),
            headline(_("Enrolled"), paired(enrolled, earlier.get(PipelineStage.ENROLLED), "reached")),
            headline(
                _("Enrolled of those who asked"),
                paired(enrolled, earlier.get(PipelineStage.ENROLLED), "of_first"),
                Kind.SHARE,
            ),
            headline(_("Closed"), paired(now, before, "closed")),
        ),
        plot=stage_bars(now, before),
        table=Table(
            name="stages",
            columns=[
                Column(_("Stage")),
                Column(_("Reached"), Kind.COUNT, compared),
                Column(_("Of all that asked"), Kind.SHARE, compared),
                Column(_("Of the stage before"), Kind.SHARE, compared),
                Column(_("Median time to reach it"), Kind.TIME, compared),
                Column(_("Median stay in it"), Kind.TIME, compared),
            ],
            rows=rows,
        ),
        empty="" if now.asked or (before and before.asked) else _("Nobody asked in this period."),
    )


def _closed(now: Funnel, before: Funnel | None) -> Section:
    earlier = {reason.name: reason for reason in before.reasons} if before else {}
    compared = before is not None
    return Section(
        heading=_("Of these, closed"),
        about=_(
            "Leads that asked in the period and are closed now, by reason. Who was opened again doesn't "
            "count. “Closing reasons” counts by the day of closing instead."
        ),
        plot=bars(
            Value(
                reason.name,
                _("%(count)s (%(share)s of the closed)")
                % {"count": f"{reason.count:,}", "share": percent(reason.of_closed or 0)},
                [(reason.count, "main")],
                _count_of(earlier.get(reason.name)) if compared else None,
            )
            for reason in now.reasons
        ),
        table=Table(
            name="closed",
            columns=[
                Column(_("Reason")),
                Column(_("Closed"), Kind.COUNT, compared),
                Column(_("Of the closed"), Kind.SHARE),
            ],
            rows=[
                [
                    reason.name,
                    Pair(reason.count, _count_of(earlier.get(reason.name))) if compared else reason.count,
                    reason.of_closed,
                ]
                for reason in now.reasons
            ],
        ),
        empty="" if now.reasons else _("None of the leads that asked in this period is closed."),
    )


def _count_of(reason: Any) -> int:
    return reason.count if reason else 0


@dataclass(frozen=True)
class Parts:
    """The funnels of a split with their names, in the order to show; `before` is held against them."""

    now: Mapping[Any, Funnel]
    before: Mapping[Any, Funnel]
    names: Mapping[Any, str]


def split_sections(query: ReportQuery) -> list[Section]:
    """Return the funnel for each source, course, owner, month or campaign."""
    pipeline = Pipeline.load()
    by = split_by(query.split)
    now = split_funnel(query.scope.asked(query.period), pipeline, by=by)
    before = split_funnel(query.scope.asked(query.before), pipeline, by=by) if query.before else {}
    if query.split == "month":
        parts = _months(query, now, before, pipeline)
        plot: Bars | Lines = _month_lines(parts)
    else:
        ordered = dict(sorted(now.items(), key=lambda item: -item[1].asked))
        parts = Parts(ordered, before, part_names(query.split, [*now, *before]))
        plot = _part_bars(parts, compared=query.before is not None)
    return [_split_section(query, plot, parts, pipeline)]


def _months(
    query: ReportQuery, now: Mapping[date, Funnel], before: Mapping[date, Funnel], pipeline: Pipeline
) -> Parts:
    """Return every month in order, the first held against the first of the other period, and so on."""
    if not now and not before:
        return Parts({}, {}, {})
    months = query.period.months_in()
    others = query.before.months_in() if query.before else []
    nobody = empty_funnel(pipeline)
    return Parts(
        {month: now.get(month, nobody) for month in months},
        {month: before.get(other, nobody) for month, other in zip(months, others, strict=False)},
        part_names("month", months),
    )


def _month_lines(parts: Parts) -> Lines:
    series = [
        (_("Asked"), "part", [found.asked for found in parts.now.values()]),
        (_("Enrolled"), "main", [enrolled(found) for found in parts.now.values()]),
    ]
    if parts.before:
        series.append(
            (_("Asked, period before"), "before", [_asked(parts.before.get(month)) for month in parts.now])
        )
    return lines([date_format(month, "M y") for month in parts.now], series)


def _part_bars(parts: Parts, *, compared: bool) -> Bars:
    return bars(
        (
            Value(
                parts.names[part],
                _("%(asked)s asked, %(enrolled)s enrolled (%(share)s)")
                % {
                    "asked": f"{found.asked:,}",
                    "enrolled": f"{enrolled(found):,}",
                    "share": percent(share(enrolled(found), found.asked) or 0),
                },
                [(enrolled(found), "main"), (found.asked - enrolled(found), "part")],
                _asked(parts.before.get(part)) if compared else None,
            )
            for part, found in list(parts.now.items())[:MOST_BARS]
        ),
        looks=[("main", _("Enrolled")), ("part", _("Asked, not enrolled"))],
    )


def _split_section(query: ReportQuery, plot: Bars | Lines, parts: Parts, pipeline: Pipeline) -> Section:
    notes = []
    if len(parts.now) > MOST_ROWS:
        notes.append(
            _("%(shown)s of %(all)s rows are shown, the largest; a download has all of them.")
            % {"shown": MOST_ROWS, "all": len(parts.now)}
        )
    if query.split == "month" and len(parts.now) == 1:
        notes.append(_("Choose a longer period, such as this year, to see months side by side."))
    return Section(
        heading=_("Funnel by %(split)s") % {"split": str(dict(SPLIT_NAMES)[query.split]).lower()},
        about=_(
            "The same numbers as the funnel, for each part. In a stage's column: how many reached it, their "
            "share of all that asked, and the median time from asking to reaching it. An owner is the "
            "lead's present one."
        ),
        plot=plot,
        notes=tuple(notes),
        table=_split_table(query, parts, pipeline),
        empty="" if parts.now else _("Nobody asked in this period."),
        outlined=query.split != "month",
        table_open=True,
    )


def _split_table(query: ReportQuery, parts: Parts, pipeline: Pipeline) -> Table:
    compared = query.before is not None
    asked = Column(_("Asked"), Kind.COUNT, compared)
    closed = Column(_("Closed"), Kind.COUNT, compared)
    name = Column(str(dict(SPLIT_NAMES)[query.split]))
    rows, full_rows = [], []
    for part, found in parts.now.items():
        pairs = [paired(found, parts.before.get(part), key) for key in ("asked", "closed")]
        asked_cell, closed_cell = pairs if compared else [pair.now for pair in pairs]
        stages = found.stages[1:]
        notes = [Noted(stage.reached, _cell_note(stage)) for stage in stages]
        numbers = [number for stage in stages for number in _stage_numbers(stage)]
        rows.append([parts.names[part], asked_cell, *notes, closed_cell])
        full_rows.append([parts.names[part], asked_cell, *numbers, closed_cell])
    stage_columns = [Column(stage.name, Kind.COUNT) for stage in pipeline.stages[1:]]
    full_columns = [column for stage in pipeline.stages[1:] for column in _stage_columns(stage.name)]
    return Table(
        name="parts",
        columns=[name, asked, *stage_columns, closed],
        rows=rows[:MOST_ROWS],
        full=Table(name="parts", columns=[name, asked, *full_columns, closed], rows=full_rows),
    )


def _stage_numbers(stage: StageFigures) -> list[Any]:
    return [stage.reached, stage.of_first, stage.of_before, stage.time_to, stage.time_in]


def _stage_columns(stage: str) -> list[Column]:
    return [
        Column(f"{stage}: {_('reached')}", Kind.COUNT),
        Column(f"{stage}: {_('of all that asked')}", Kind.SHARE),
        Column(f"{stage}: {_('of the stage before')}", Kind.SHARE),
        Column(f"{stage}: {_('median time to reach it')}", Kind.TIME),
        Column(f"{stage}: {_('median stay in it')}", Kind.TIME),
    ]


def _cell_note(stage: StageFigures) -> str:
    parts = [percent(stage.of_first or 0), duration(stage.time_to) if stage.time_to is not None else ""]
    return " · ".join(part for part in parts if part) if stage.reached else ""


def enrolled(found: Funnel) -> int:
    """Return how many of a funnel were enrolled."""
    return next((stage.reached for stage in found.stages if stage.key == PipelineStage.ENROLLED), 0)


def _asked(found: Funnel | None) -> int:
    return found.asked if found else 0
