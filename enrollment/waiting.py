"""Waiting lists of full cohorts: joining, the offer of a freed seat, and what becomes of it."""

from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from courses import wall_clock
from courses.models import Cohort, InstituteSettings
from enrollment.desk import lock_lead
from enrollment.enrolling import Placement, place_lead
from enrollment.errors import (
    CohortFull,
    CohortStarted,
    EnrolledAlready,
    NobodyElseWaits,
    OfferEnded,
    SeatsLeft,
)
from enrollment.followups.stopping import stop_runs
from enrollment.models import Enrollment, Lead, LeadEvent, SequenceRun, WaitingPlace
from enrollment.offers import write_lapse
from enrollment.seats import give_seats_back, lock_cohorts, offer_free_seats

log = structlog.get_logger(__name__)

State = WaitingPlace.State


@transaction.atomic
def join(
    *, lead: Lead, cohort: Cohort, price: Decimal | None = None, actor: User | None = None
) -> WaitingPlace:
    """Put the lead at the end of a full cohort's list; who stands in it already keeps their place.

    Follow-ups that end by enrolling end, but for those about waiting lists.
    A price that is agreed already is offered with the seat. Raises CohortStarted, EnrolledAlready, or
    SeatsLeft when there is no need to wait.
    """
    lead = lock_lead(lead)
    lock_cohorts([cohort.pk])
    cohort = Cohort.objects.select_related("course").get(pk=cohort.pk)
    places = WaitingPlace.objects.open().filter(cohort=cohort)
    if place := places.filter(lead__person=lead.person_id).order_by("pk").first():
        return place
    if cohort.has_started:
        raise CohortStarted
    enrolled = Enrollment.objects.opening().filter(cohort=cohort)
    if lead.person.user_id and enrolled.filter(learner=lead.person.user_id).exists():
        raise EnrolledAlready
    if cohort.seats_left > WaitingPlace.objects.in_line().filter(cohort=cohort).count():
        raise SeatsLeft
    place = WaitingPlace.objects.create(lead=lead, cohort=cohort, price_agreed=price)
    text = _("Joined the waiting list of %(cohort)s as number %(position)d") % {
        "cohort": cohort,
        "position": position(place),
    }
    _note(lead, text=text, actor=actor)
    stop_runs(lead, SequenceRun.Why.WAITS, actor=actor)
    return place


def position(place: WaitingPlace) -> int:
    """Return the place in the line, 1 for the next; 0 for one that doesn't wait. One query."""
    if place.state != State.WAITING:
        return 0
    line = WaitingPlace.objects.in_line().filter(cohort=place.cohort_id)
    earlier = line.filter(joined_at__lt=place.joined_at)
    same = line.filter(joined_at=place.joined_at, pk__lt=place.pk)
    return (earlier | same).count() + 1


@transaction.atomic
def accept(place: WaitingPlace, *, actor: User | None = None) -> Placement | None:
    """Enrol the person in the seat that is held for them; None for one who took it before.

    Raises OfferEnded when the seat is not held any more, and what `place_lead` raises.
    """
    lead = lock_lead(place.lead)
    place = WaitingPlace.objects.select_related("cohort__course").get(pk=place.pk)
    if place.state == State.TAKEN:
        return None
    if not place.is_offered or lead.set_aside:
        raise OfferEnded
    cohort = place.cohort
    _note(lead, text=_("Accepted the seat offered in %(cohort)s") % {"cohort": cohort}, actor=actor)
    try:
        return place_lead(
            lead=lead, course=cohort.course, cohort=cohort, price=place.price_agreed, actor=actor
        )
    except CohortFull as error:
        raise OfferEnded from error


@transaction.atomic
def leave(place: WaitingPlace, *, actor: User | None = None) -> bool:
    """Take a place off the list, or decline the seat that is offered; False when it was over before."""
    lead = lock_lead(place.lead)
    lock_cohorts([place.cohort_id])
    place = WaitingPlace.objects.select_related("cohort__course").get(pk=place.pk)
    if not place.is_open:
        return False
    held = place.state == State.OFFERED
    text = _("Declined the seat offered in %(cohort)s") if held else _("Left the waiting list of %(cohort)s")
    _end(place, state=State.LEFT)
    _note(lead, text=text % {"cohort": place.cohort}, actor=actor)
    if held:
        give_seats_back(place.cohort_id)
    return True


@transaction.atomic
def skip(place: WaitingPlace, *, actor: User) -> bool:
    """Send a place to the end of the list; a seat that was held for it goes to the next in line.

    False when the place was over before. Raises NobodyElseWaits.
    """
    lead = lock_lead(place.lead)
    lock_cohorts([place.cohort_id])
    place = WaitingPlace.objects.select_related("cohort__course").get(pk=place.pk)
    if not place.is_open:
        return False
    if not WaitingPlace.objects.in_line().filter(cohort=place.cohort_id).exclude(pk=place.pk).exists():
        raise NobodyElseWaits
    held = place.state == State.OFFERED
    place.state, place.joined_at = State.WAITING, timezone.now()
    place.offered_at = place.offer_until = None
    place.save(update_fields=["state", "joined_at", "offered_at", "offer_until"])
    text = _("Went to the end of the waiting list of %(cohort)s") % {"cohort": place.cohort}
    _note(lead, text=text, actor=actor)
    if held:
        give_seats_back(place.cohort_id)
    return True


@transaction.atomic
def release_waiting(lead: Lead, *, actor: User | None = None) -> int:
    """Take a lead off all lists and hand its held seats on, before it is erased; return how many."""
    lead = lock_lead(lead)
    places = list(WaitingPlace.objects.open().filter(lead=lead).order_by("cohort"))
    lock_cohorts([place.cohort_id for place in places])
    return sum(leave(place, actor=actor) for place in places)


def tend_lists() -> int:
    """Lapse offers whose time is over, close the lists of cohorts that have started, offer what is free.

    Return how many places changed. Several workers may run it at once, and any number of times.
    """
    over = WaitingPlace.objects.filter(state=State.OFFERED, offer_until__lte=timezone.now())
    count = sum(_lapse(place) for place in over.order_by("cohort", "pk"))
    late = WaitingPlace.objects.filter(state=State.WAITING, cohort__starts_on__lt=wall_clock.today())
    count += sum(_close(place) for place in late.order_by("cohort", "pk"))
    waited_for = WaitingPlace.objects.in_line().order_by("cohort").values_list("cohort", flat=True)
    for cohort in Cohort.objects.filter(pk__in=waited_for.distinct(), seats_taken__lt=F("seats")):
        with transaction.atomic():
            count += offer_free_seats(cohort.pk)
    return count


@transaction.atomic
def _lapse(place: WaitingPlace) -> bool:
    lock_cohorts([place.cohort_id])
    over = WaitingPlace.objects.filter(pk=place.pk, state=State.OFFERED, offer_until__lte=timezone.now())
    if not over.update(state=State.LAPSED):
        return False
    now = _present(place)
    text = _("The offer of a seat in %(cohort)s lapsed") % {"cohort": now.cohort}
    if not now.lead.set_aside and write_lapse(now, institute=InstituteSettings.current()) is None:
        text = _("%(text)s. There is no e-mail address: call them.") % {"text": text}
    _note(now.lead, text=text, actor=None)
    give_seats_back(place.cohort_id)
    return True


@transaction.atomic
def _close(place: WaitingPlace) -> bool:
    if not WaitingPlace.objects.filter(pk=place.pk, state=State.WAITING).update(state=State.LEFT):
        return False
    now = _present(place)
    text = _("%(cohort)s started without a free seat; the waiting list is closed") % {"cohort": now.cohort}
    _note(now.lead, text=text, actor=None)
    return True


def _end(place: WaitingPlace, *, state: State) -> None:
    place.state = state
    place.save(update_fields=["state"])


def _present(place: WaitingPlace) -> WaitingPlace:
    """Return the place with the lead that has it by now: a merge may have moved it."""
    related = ("lead__person__user", "lead__owner", "cohort__course")
    return WaitingPlace.objects.select_related(*related).get(pk=place.pk)


def _note(lead: Lead, *, text: str, actor: User | None) -> None:
    LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.ENROLMENT, text=text, actor=actor)
