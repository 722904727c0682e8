"""Presses of Call and WhatsApp on the site."""

from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from enrollment.admin.reports.plots import Value, bars, lines
from enrollment.admin.reports.query import ReportQuery
from enrollment.admin.reports.sections import Section, headline
from enrollment.admin.reports.tables import Column, Pair, Table
from enrollment.admin.reports.words import Kind
from enrollment.figures.clicks import Presses, days_of, presses_by_page, presses_over_time

MOST_PAGES = 20


def click_sections(query: ReportQuery) -> list[Section]:
    """Return how often Call and WhatsApp were pressed, over time and by page."""
    over_time = presses_over_time(query.period)
    pages = presses_by_page(query.period)
    before = presses_by_page(query.before) if query.before else None
    return [_over_time(query, over_time, pages, before), _by_page(pages, before)]


def _over_time(
    query: ReportQuery,
    found: dict[date, Presses],
    pages: dict[str, Presses],
    before: dict[str, Presses] | None,
) -> Section:
    step, days = days_of(query.period)
    presses = [found.get(day, Presses()) for day in days]
    return Section(
        heading=_("Presses by day") if step == timedelta(days=1) else _("Presses by week"),
        about=_(
            "How often the Call and WhatsApp buttons of the site were pressed. Nothing about who pressed is "
            "kept, so course, source and owner don't narrow these numbers."
        ),
        headlines=tuple(
            headline(
                label,
                Pair(
                    sum(getattr(page, name) for page in pages.values()),
                    None if before is None else sum(getattr(page, name) for page in before.values()),
                ),
            )
            for name, label in (("call", _("Call")), ("whatsapp", _("WhatsApp")))
        ),
        plot=lines(
            [date_format(day, "j M") for day in days],
            [
                (_("Call"), "main", [press.call for press in presses]),
                (_("WhatsApp"), "part", [press.whatsapp for press in presses]),
            ],
        ),
        table=Table(
            name="days",
            columns=[
                Column(_("Day") if step == timedelta(days=1) else _("Week from"), Kind.DAY),
                Column(_("Call"), Kind.COUNT),
                Column(_("WhatsApp"), Kind.COUNT),
            ],
            rows=[[day, press.call, press.whatsapp] for day, press in zip(days, presses, strict=True)],
        ),
        empty="" if found else _("Nobody pressed Call or WhatsApp in this period."),
        outlined=False,
    )


def _by_page(pages: dict[str, Presses], before: dict[str, Presses] | None) -> Section:
    compared = before is not None
    earlier = before or {}
    return Section(
        heading=_("Presses by page"),
        about=_("The pages on which they were pressed, the most pressed first."),
        plot=bars(
            (
                Value(
                    page,
                    _("%(call)s call, %(whatsapp)s WhatsApp")
                    % {"call": f"{found.call:,}", "whatsapp": f"{found.whatsapp:,}"},
                    [(found.call, "main"), (found.whatsapp, "part")],
                    earlier.get(page, Presses()).total if compared else None,
                )
                for page, found in list(pages.items())[:MOST_PAGES]
            ),
            looks=[("main", _("Call")), ("part", _("WhatsApp"))],
        ),
        table=Table(
            name="pages",
            columns=[
                Column(_("Page")),
                Column(_("Call"), Kind.COUNT, compared),
                Column(_("WhatsApp"), Kind.COUNT, compared),
            ],
            rows=[
                [
                    page,
                    Pair(found.call, earlier.get(page, Presses()).call) if compared else found.call,
                    Pair(found.whatsapp, earlier.get(page, Presses()).whatsapp)
                    if compared
                    else found.whatsapp,
                ]
                for page, found in pages.items()
            ],
        ),
        empty="" if pages else _("Nobody pressed Call or WhatsApp in this period."),
    )
