"""Who gets the leads that nobody owns: in turn, by course, working hours, leave and room.

A lead waits until somebody fits; `why_waiting` says for what. A lead that a person has given away once
(an owner line with an actor on its timeline) is theirs to give: nothing here touches it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.models import Lead, LeadEvent
from enrollment.models.leads import LeadQuerySet
from enrollment.roster import Roster, Seat, read_roster
from outbox.wake import nudge

ASKED_WITHIN = timedelta(days=30)
"""Older leads are assigned by a person: nobody expects a call today about a question of last winter."""
BATCH = 100
"""Leads given in one transaction, which holds up every other worker that assigns."""
LONGEST_RUN = 20
"""Batches of one run; the next one goes on."""

log = structlog.get_logger(__name__)


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
