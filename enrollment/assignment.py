"""Who gets the leads that nobody owns: in turn, by course, working hours, leave and room.

A lead waits until somebody fits; `why_waiting` says for what. A lead that a person has given away once
(an owner line with an actor on its timeline) is theirs to give: nothing here touches it again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

import structlog
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from courses.models import InstituteSettings
from enrollment.access import admissions_workers
from enrollment.models import Counsellor, Lead, LeadEvent, Leave
from enrollment.models.leads import LeadQuerySet
from outbox.wake import nudge

ASKED_WITHIN = timedelta(days=30)
"""Older leads are assigned by a person: nobody expects a call today about a question of last winter."""
BATCH = 100
"""Leads given in one transaction, which holds up every other worker that assigns."""
LONGEST_RUN = 20
"""Batches of one run; the next one goes on."""

log = structlog.get_logger(__name__)


@dataclass
class Seat:
    """One counsellor as the round-robin sees them at one moment."""

    counsellor: Counsellor
    courses: frozenset[int]
    is_active: bool
    is_at_work: bool
    on_leave_until: date | None
    open_leads: int

    @property
    def takes_part(self) -> bool:
        """Whether they get leads at all."""
        return self.is_active and self.counsellor.takes_leads

    @property
    def is_present(self) -> bool:
        """Whether they are at work now and not on leave."""
        return self.is_at_work and self.on_leave_until is None

    @property
    def is_away(self) -> bool:
        """Whether others should take their open leads: they left, were taken out, or are on leave."""
        return not self.takes_part or self.on_leave_until is not None

    @property
    def has_room(self) -> bool:
        """Whether one more lead is within their capacity."""
        return self.counsellor.capacity is None or self.open_leads < self.counsellor.capacity

    def takes(self, course: int | None) -> bool:
        """Whether they work on the course with this key; a lead that names none suits everybody."""
        return course is None or not self.courses or course in self.courses

    @property
    def turn(self) -> tuple[float, int]:
        """Whose turn it is: longest without a new lead first."""
        last = self.counsellor.last_assigned_at
        return (last.timestamp() if last else 0.0, self.counsellor.pk)

    @property
    def state(self) -> str:
        """Whether they can get leads now, in words."""
        if not self.is_active:
            return _("Account switched off, or no longer in admissions")
        if not self.counsellor.takes_leads:
            return _("Takes no new leads")
        if self.on_leave_until:
            return _("On leave until %(day)s") % {"day": date_format(self.on_leave_until, "j M")}
        if not self.is_at_work:
            return _("Not at work now")
        return _("At work") if self.has_room else _("At work, no room")


@dataclass
class Roster:
    """All counsellors at one moment."""

    now: datetime
    seats: list[Seat] = field(default_factory=list)

    def next_for(self, course: int | None, *, among: Iterable[Seat]) -> Seat | None:
        """Return whose turn it is for a lead about this course, or None."""
        fitting = [seat for seat in among if seat.takes(course) and seat.has_room]
        return min(fitting, key=lambda seat: seat.turn, default=None)

    def obstacle(self, course: int | None) -> str:
        """Return why nobody gets leads about this course now, in words, or ""."""
        conditions: list[tuple[Callable[[Seat], bool], str]] = [
            (lambda seat: seat.takes_part, _("No counsellor takes new leads")),
            (lambda seat: seat.takes(course), _("Nobody takes this course")),
            (lambda seat: seat.on_leave_until is None, _("Who takes this course is on leave")),
            (lambda seat: seat.is_at_work, _("Waits for working hours")),
            (lambda seat: seat.has_room, _("Nobody at work has room")),
        ]
        left = self.seats
        for holds, words in conditions:
            left = [seat for seat in left if holds(seat)]
            if not left:
                return words
        return ""


@dataclass(frozen=True)
class Handed:
    """What became of a counsellor's leads: how many were given, and how many stayed."""

    given: int
    left: int


def assign_waiting() -> int:
    """Give waiting leads to the counsellors who can take them now; return how many were given.

    Running it twice, or in two workers at once, gives no lead twice and nobody more than they have room
    for: the counsellors' rows are locked while a batch is given. No lead waiting costs one query.
    """
    given = 0
    for _batch in range(LONGEST_RUN):
        count = _assign_batch() if waiting_leads().exists() else 0
        if not count:
            break
        given += count
    if given:
        log.info("leads_assigned", count=given)
    return given


def assign_soon() -> None:
    """Ask a worker to assign once the current transaction commits; losing the call costs half a minute."""
    transaction.on_commit(partial(nudge, "enrollment.assign"), robust=True)


@transaction.atomic
def hand_over(*, owner: User, to: User | None, actor: User) -> Handed:
    """Give the open leads of somebody who is away to one person, or in turn to the other counsellors.

    In turn, courses, leave and room count and working hours don't; what nobody can take stays. The
    person asked for takes all. Every lead gets a line with the actor; at most a hundred queries for a
    thousand leads.
    """
    roster = read_roster(lock=True)
    others = [
        seat
        for seat in roster.seats
        if seat.takes_part and seat.on_leave_until is None and seat.counsellor.user_id != owner.pk
    ]
    leads = _locked(Lead.objects.open().filter(owner=owner).order_by("created_at", "pk"))
    given = 0
    if to is None:
        given = _give_in_turn(leads, roster, among=others, before=owner, actor=actor)
    elif to != owner:
        _give(leads, to=to, before=owner, actor=actor, reason=_("Handed over"))
        given = len(leads)
    log.info("leads_handed_over", owner=owner.pk, count=given)
    return Handed(given=given, left=len(leads) - given)


def waiting_leads() -> LeadQuerySet:
    """Return the open leads that the round-robin looks after, the longest waiting first."""
    return (
        Lead.objects.open()
        .filter(~given_by_hand(), owner=None, created_at__gte=timezone.now() - ASKED_WITHIN)
        .order_by("created_at", "pk")
    )


def given_by_hand() -> Exists:
    """Whether a person gave the lead to somebody or to nobody before."""
    return Exists(
        LeadEvent.objects.filter(lead=OuterRef("pk"), kind=LeadEvent.Kind.OWNER, actor__isnull=False)
    )


def why_waiting(lead: Lead, roster: Roster, *, by_hand: bool) -> str:
    """Say in one line why nobody owns an open lead, or return "" when somebody does; no query."""
    if lead.owner_id:
        return ""
    if by_hand:
        return _("Given back by hand: choose an owner")
    if lead.created_at < roster.now - ASKED_WITHIN:
        return _("Older than %(days)d days: choose an owner") % {"days": ASKED_WITHIN.days}
    return roster.obstacle(lead.course_id) or _("Gets an owner within a minute")


def read_roster(*, lock: bool = False) -> Roster:
    """Return all counsellors as they are now; seven queries. `lock` needs a transaction."""
    now = timezone.now()
    counsellors = Counsellor.objects.select_related("user").order_by("pk")
    if lock:
        counsellors = counsellors.select_for_update(of=["self"])
    return Roster(now=now, seats=_seats(list(counsellors), now))


def _seats(counsellors: Sequence[Counsellor], now: datetime) -> list[Seat]:
    institute = InstituteSettings.current()
    calendar = institute.calendar()
    today = now.astimezone(calendar.zone).date()
    users = [counsellor.user_id for counsellor in counsellors]
    active = set(admissions_workers().filter(pk__in=users).values_list("pk", flat=True))
    away = dict(
        Leave.objects.filter(first_day__lte=today, last_day__gte=today)
        .order_by("last_day")
        .values_list("counsellor", "last_day")
    )
    courses: dict[int, set[int]] = {}
    for counsellor, course in Counsellor.courses.through.objects.values_list("counsellor", "coursepage"):
        courses.setdefault(counsellor, set()).add(course)
    counts = open_counts(users)
    return [
        Seat(
            counsellor=counsellor,
            courses=frozenset(courses.get(counsellor.pk, ())),
            is_active=counsellor.user_id in active,
            is_at_work=calendar.with_hours(
                opens_at=counsellor.starts_at or institute.opens_at,
                closes_at=counsellor.ends_at or institute.closes_at,
                days_off={int(digit) for digit in counsellor.days_off},
            ).is_open(now),
            on_leave_until=away.get(counsellor.pk),
            open_leads=counts.get(counsellor.user_id, 0),
        )
        for counsellor in counsellors
    ]


def open_counts(owners: Iterable[int]) -> dict[int, int]:
    """Return how many open leads each of these people owns; people without any are left out."""
    counted = Lead.objects.open().filter(owner__in=owners).order_by().values("owner")
    return dict(counted.annotate(count=Count("*")).values_list("owner", "count"))


@transaction.atomic
def _assign_batch() -> int:
    roster = read_roster(lock=True)
    ready = [seat for seat in roster.seats if seat.takes_part and seat.is_present and seat.has_room]
    if not ready:
        return 0
    leads = waiting_leads()
    if all(seat.courses for seat in ready):
        courses = frozenset[int]().union(*(seat.courses for seat in ready))
        leads = leads.filter(Q(course=None) | Q(course__in=courses))
    batch = _locked(leads[:BATCH], skip_locked=True)
    return _give_in_turn(batch, roster, among=ready, before=None, actor=None)


def _locked(leads: LeadQuerySet, *, skip_locked: bool = False) -> list[Lead]:
    """Lock leads and return them as they are then, the longest waiting first; two queries.

    What they are joined with is read after the lock: a course chosen while it was waited for would be
    missing, as PostgreSQL looks at the lead alone anew.
    """
    rows = leads.select_for_update(no_key=True, skip_locked=skip_locked)
    keys = list(rows.values_list("pk", flat=True))
    return list(Lead.objects.filter(pk__in=keys).select_related("course").order_by("created_at", "pk"))


def _give_in_turn(
    leads: Sequence[Lead], roster: Roster, *, among: Sequence[Seat], before: User | None, actor: User | None
) -> int:
    """Give each lead to whose turn it is; return how many found somebody."""
    shares: dict[int, list[Lead]] = {}
    by_key = {seat.counsellor.pk: seat for seat in among}
    moment = timezone.now()
    for place, lead in enumerate(leads):
        seat = roster.next_for(lead.course_id, among=among)
        if seat is None:
            continue
        seat.open_leads += 1
        seat.counsellor.last_assigned_at = moment + timedelta(microseconds=place)
        shares.setdefault(seat.counsellor.pk, []).append(lead)
    for key, share in shares.items():
        counsellor = by_key[key].counsellor
        counsellor.save(update_fields=["last_assigned_at"])
        _give(share, to=counsellor.user, before=before, actor=actor, reason=_("Round-robin"))
    return sum(map(len, shares.values()))


def _give(leads: Sequence[Lead], *, to: User, before: User | None, actor: User | None, reason: str) -> None:
    """Write the new owner of locked leads, and why, on each timeline; two queries."""
    Lead.everything.filter(pk__in=[lead.pk for lead in leads]).update(owner=to)
    LeadEvent.objects.bulk_create(
        LeadEvent(
            lead=lead,
            kind=LeadEvent.Kind.OWNER,
            text=_("%(before)s to %(after)s. %(reason)s: %(about)s")
            % {"before": before or _("Nobody"), "after": to, "reason": reason, "about": _about(lead)},
            actor=actor,
        )
        for lead in leads
    )


def _about(lead: Lead) -> str:
    if lead.course:
        return lead.course.title
    return str(lead.get_interest_display()) if lead.interest == Lead.Interest.PLACEMENT else _("any course")
