"""The timeline of a lead: all that happened, from several tables, newest first and a page at a time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment.admin.deliveries import text_names
from enrollment.admin.lessons import LessonDay, lesson_days
from enrollment.admin.posts import TypedField, typed_fields
from enrollment.models import Consent, Lead, LeadEvent
from outbox.ledger import Line, happenings, history, in_words, readable_text
from outbox.models import Message

PAGE = 30
FOLDED_WITHIN = timedelta(minutes=5)
"""A form post and the line that it wrote on the timeline are told as one when they are this close."""

Kind = LeadEvent.Kind
FORM_KINDS = {Kind.ENQUIRY, Kind.REPEATED, Kind.ANOTHER}
SHOWS: dict[str, tuple[object, frozenset[str]]] = {
    "all": (gettext_lazy("All"), frozenset(Kind.values) - {Kind.CONSENT}),
    "messages": (gettext_lazy("Messages"), frozenset({Kind.MESSAGE, Kind.CHAT, Kind.REPLY, *FORM_KINDS})),
    "calls": (gettext_lazy("Calls"), frozenset({Kind.CALL})),
    "notes": (gettext_lazy("Notes"), frozenset({Kind.NOTE, Kind.FILE})),
    "changes": (
        gettext_lazy("Changes"),
        frozenset(Kind.values)
        - {Kind.MESSAGE, Kind.CHAT, Kind.REPLY, Kind.CALL, Kind.NOTE, Kind.FILE, Kind.CONSENT, *FORM_KINDS},
    ),
    "lessons": (gettext_lazy("Lessons"), frozenset()),
}
"""What the chips above the timeline show: their words, and the kinds of events. Consent has its own rows."""

_CURSOR = re.compile(r"(\d{1,17})-([0-3])-(\d{1,18})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LESSONS, CONSENTS, POSTS, EVENTS = range(4)
"""The sources, in the order in which they stand when they have the same moment."""

type Place = tuple[datetime, int, int]
"""Where an entry stands: its moment, its source and its key there."""


@dataclass(frozen=True)
class Entry:
    """One line of the timeline."""

    place: Place
    kind: str
    label: str
    text: str = ""
    actor: str = ""
    outcome: str = ""
    message: Message | None = None
    message_state: str = ""
    """How the message stands, in words."""
    message_lines: list[Line] = field(default_factory=list)
    """Its tries and what the provider told."""
    text_name: str = ""
    """Which text in which version the message was written from."""
    fields: list[TypedField] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.place[0]

    @property
    def message_text(self) -> str:
        """The mail as it was sent, with codes and links for the receiver alone masked."""
        return readable_text(self.message) if self.message else ""


@dataclass(frozen=True)
class Timeline:
    """One page of the timeline, and what leads to the next."""

    entries: list[Entry]
    older: str
    """Cursor of the next page; empty on the last one."""
    show: str


def read_timeline(lead: Lead, *, show: str, older: str = "") -> Timeline:
    """Return a page of the timeline; at most ten queries however long it is.

    `show` is a key of SHOWS (any other shows all), `older` the cursor of the page before (any other
    text shows the newest).
    """
    show = show if show in SHOWS else "all"
    before = _read_cursor(older)
    found: list[Entry] = []
    if kinds := SHOWS[show][1]:
        found += _events(lead, kinds, before)
    if show in {"all", "messages"}:
        found += _posts(lead, before)
    if show in {"all", "changes"}:
        found += _consents(lead, before)
    if show in {"all", "lessons"} and (learner := lead.person.user_id):
        found += _lessons(learner, before)
    found.sort(key=lambda entry: entry.place, reverse=True)
    page = found[:PAGE]
    cursor = _write_cursor(page[-1].place) if len(found) > PAGE else ""
    return Timeline(_fold_posts(page), cursor, show)


def _events(lead: Lead, kinds: Iterable[str], before: Place | None) -> list[Entry]:
    events = lead.events.filter(kind__in=kinds).select_related("actor", "message")
    rows = _page_of(events.prefetch_related(*history("message__")), "created_at", EVENTS, before)
    names = text_names(event.message.wording for event in rows if event.message)
    return [
        Entry(
            place=(event.created_at, EVENTS, event.pk),
            kind=event.kind,
            label=event.get_kind_display(),
            text=event.text,
            actor=str(event.actor or ""),
            outcome=event.get_outcome_display() if event.outcome else "",
            message=event.message,
            message_state=in_words(event.message) if event.message else "",
            message_lines=happenings(event.message) if event.message else [],
            text_name=names.get(event.message.wording, "") if event.message else "",
        )
        for event in rows
    ]


def _posts(lead: Lead, before: Place | None) -> list[Entry]:
    posts = list(_page_of(lead.submissions.all(), "received_at", POSTS, before))
    fields = typed_fields(posts)
    return [
        Entry(
            place=(post.received_at, POSTS, post.pk),
            kind="post",
            label=post.get_form_display(),
            text=_("Reference %(reference)s") % {"reference": post.reference},
            fields=fields[post.pk],
        )
        for post in posts
    ]


def _consents(lead: Lead, before: Place | None) -> list[Entry]:
    consents = lead.person.consents.select_related("actor")
    return [
        Entry(
            place=(consent.created_at, CONSENTS, consent.pk),
            kind=Kind.CONSENT,
            label=_("Consent"),
            text=consent_in_words(consent),
            actor=str(consent.actor or ""),
        )
        for consent in _page_of(consents, "created_at", CONSENTS, before)
    ]


def consent_in_words(consent: Consent) -> str:
    """Return what was allowed or taken back, and by which wording."""
    said = _("%(purpose)s: given") if consent.granted else _("%(purpose)s: not given")
    wording = _("notice %(version)s") % {"version": consent.notice_version}
    return f"{said % {'purpose': consent.get_purpose_display()}} ({wording})"


def _lessons(learner: int, before: Place | None) -> list[Entry]:
    days = lesson_days(learner, until=before[0] if before else None)
    entries = [_lesson_entry(day) for day in days]
    return [entry for entry in entries if before is None or entry.place < before]


def _lesson_entry(day: LessonDay) -> Entry:
    place = (day.at, LESSONS, day.lesson)
    return Entry(place=place, kind="lesson", label=_("Lesson"), text=f"{day.title}: {day.in_words()}")


def _page_of(rows: QuerySet, moment: str, source: int, before: Place | None) -> QuerySet:
    """Return one more row than a page holds, of those that stand below `before`."""
    if before:
        at, at_source, key = before
        older = Q(**{f"{moment}__lt": at})
        if source < at_source:
            older = Q(**{f"{moment}__lte": at})
        elif source == at_source:
            older |= Q(**{moment: at, "pk__lt": key})
        rows = rows.filter(older)
    return rows.order_by(f"-{moment}", "-pk")[: PAGE + 1]


def _fold_posts(entries: list[Entry]) -> list[Entry]:
    """Tell a form post and the line that it wrote as one."""
    posts = [entry for entry in entries if entry.kind == "post"]
    folded: list[Entry] = []
    for entry in entries:
        near = [post for post in posts if abs(post.at - entry.at) < FOLDED_WITHIN]
        if entry.kind in FORM_KINDS and near:
            post = min(near, key=lambda post: abs(post.at - entry.at))
            posts.remove(post)
            entry = replace(entry, fields=post.fields)
        folded.append(entry)
    return [entry for entry in folded if entry.kind != "post" or entry in posts]


def _write_cursor(place: Place) -> str:
    at, source, key = place
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}-{source}-{key}"


def _read_cursor(text: str) -> Place | None:
    if not (parts := _CURSOR.fullmatch(text)):
        return None
    try:
        return _EPOCH + timedelta(microseconds=int(parts[1])), int(parts[2]), int(parts[3])
    except OverflowError:
        return None
