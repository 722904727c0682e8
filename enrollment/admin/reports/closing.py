"""Why leads were closed."""

from django.utils.translation import gettext as _

from enrollment.admin.reports.plots import Value, bars
from enrollment.admin.reports.query import ReportQuery
from enrollment.admin.reports.sections import Section, headline
from enrollment.admin.reports.tables import Column, Pair, Table
from enrollment.admin.reports.words import Kind, percent
from enrollment.figures.closing import closings


def closing_sections(query: ReportQuery) -> list[Section]:
    """Return the reasons of the leads closed in the period."""
    found = closings(query.scope, query.period)
    compared = query.before is not None
    before = closings(query.scope, query.before) if query.before else []
    earlier = {closing.name: closing.count for closing in before}
    counts = {closing.name: closing.count for closing in found}
    names = [*counts, *(name for name in earlier if name not in counts)]
    shares = {closing.name: closing.of_all for closing in found}
    pairs = {name: Pair(counts.get(name, 0), earlier.get(name, 0)) for name in names}
    total = Pair(sum(counts.values()), sum(earlier.values()) if compared else None)
    section = Section(
        heading=_("Leads closed in the period"),
        about=_(
            "By the day of closing, whenever they asked; each lead once, with its present reason. Who was "
            "opened again since doesn't count."
        ),
        headlines=(headline(_("Closed"), total),),
        plot=bars(
            Value(
                name,
                f"{pair.now:,} ({percent(shares[name] or 0)})" if name in shares else "0",
                [(pair.now, "main")],
                pair.before if compared else None,
            )
            for name, pair in pairs.items()
        ),
        table=Table(
            name="reasons",
            columns=[
                Column(_("Reason")),
                Column(_("Closed"), Kind.COUNT, compared),
                Column(_("Of all closed"), Kind.SHARE),
            ],
            rows=[
                [name, pair if compared else pair.now, shares.get(name)]
                for name, pair in pairs.items()
            ],
        ),
        empty="" if names else _("No lead was closed in this period."),
    )  # fmt: skip
    return [section]
