"""First-response times."""

from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import InstituteSettings
from enrollment.admin.reports.names import owner_names
from enrollment.admin.reports.plots import Value, bars, histogram
from enrollment.admin.reports.query import ReportQuery
from enrollment.admin.reports.sections import Section, headline, paired
from enrollment.admin.reports.tables import Column, Pair, Table
from enrollment.admin.reports.words import Kind, hours, percent
from enrollment.figures.medians import share
from enrollment.figures.responses import AllResponses, Bucket, Responses, responses


def response_sections(query: ReportQuery) -> list[Section]:
    """Return how fast leads got their first answer, all together and by owner."""
    institute = InstituteSettings.current()
    calendar, now = institute.calendar(), timezone.now()
    found = responses(query.scope.asked(query.period), calendar, now=now)
    before = responses(query.scope.asked(query.before), calendar, now=now) if query.before else None
    return [_times(found.total, before.total if before else None, institute), _owners(found, before)]


def _times(now: Responses, before: Responses | None, institute: InstituteSettings) -> Section:
    compared = before is not None
    earlier = before.histogram if before else [None] * len(now.histogram)
    rows = [
        [
            _bucket(bucket),
            Pair(bucket.count, old.count if old else None) if compared else bucket.count,
            share(bucket.count, now.timed),
        ]
        for bucket, old in zip(now.histogram, earlier, strict=True)
    ]
    return Section(
        heading=_("Working hours until the first answer"),
        about=_(
            "Leads that asked in the period. Time counts only while the institute is open (%(hours)s, not on "
            "holidays). Who was talked to as they asked counts as answered, without a time. Within the "
            "promise: answered by the promised time, of all whose promise is due; the promise is "
            "%(promise)s working hours now."
        )
        % {"hours": institute.hours_text, "promise": institute.answer_within_hours},
        headlines=(
            headline(_("Median"), paired(now, before, "median"), Kind.HOURS),
            headline(_("90 % answered within"), paired(now, before, "percentile_90"), Kind.HOURS),
            headline(_("Within the promise"), paired(now, before, "kept_share"), Kind.SHARE),
            headline(_("Answered"), paired(now, before, "answered")),
            headline(_("Not answered yet"), paired(now, before, "waiting")),
        ),
        plot=histogram(
            (
                Value(
                    _bucket(bucket), f"{bucket.count:,}", [(bucket.count, "main")], old.count if old else None
                )
                for bucket, old in zip(now.histogram, earlier, strict=True)
            ),
            axis=_("Working hours"),
        ),
        table=Table(
            name="times",
            columns=[
                Column(_("Working hours")),
                Column(_("Leads"), Kind.COUNT, compared),
                Column(_("Of these times"), Kind.SHARE),
            ],
            rows=rows,
        ),
        empty="" if now.answered or (before and before.answered) else _(
            "Nobody who asked in this period has an answer noted. Logging a call, writing from the lead's "
            "page or moving the lead on from New counts as the answer."
        ),
    )  # fmt: skip


def _bucket(bucket: Bucket) -> str:
    return f"{bucket.start}+" if bucket.end is None else f"{bucket.start}\N{EN DASH}{bucket.end}"


def _owners(found: AllResponses, before: AllResponses | None) -> Section:
    names = owner_names(found.owners)
    ordered = sorted(found.owners.items(), key=lambda item: -item[1].asked)
    measures = ["asked", "answered", "median", "percentile_90", "kept_share"]
    earlier = before.owners if before else {}
    compared = before is not None
    rows = []
    for owner, figures in ordered:
        pairs = [paired(figures, earlier.get(owner), name) for name in measures]
        rows.append([names[owner], *(pairs if compared else [pair.now for pair in pairs])])
    return Section(
        heading=_("By owner"),
        about=_("The same, by the lead's present owner. Bars show the median."),
        plot=bars(
            Value(
                names[owner],
                _owner_text(figures),
                [(figures.median, "main")],
                earlier[owner].median if owner in earlier else None,
            )
            for owner, figures in ordered
            if figures.median is not None
        ),
        table=Table(
            name="owners",
            columns=[
                Column(_("Owner")),
                Column(_("Asked"), Kind.COUNT, compared),
                Column(_("Answered"), Kind.COUNT, compared),
                Column(_("Median"), Kind.HOURS, compared),
                Column(_("90 % within"), Kind.HOURS, compared),
                Column(_("Within the promise"), Kind.SHARE, compared),
            ],
            rows=rows,
        ),
        empty="" if rows else _("Nobody asked in this period."),
    )


def _owner_text(figures: Responses) -> str:
    text = _("median %(time)s") % {"time": hours(figures.median or 0)}
    if figures.kept_share is None:
        return text
    return _("%(text)s · %(share)s within the promise") % {"text": text, "share": percent(figures.kept_share)}
