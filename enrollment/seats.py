"""Seats of cohorts: taken, held for an offer, given back. A free one goes to the waiting list first.

`seats_taken` counts enrolments that aren't withdrawn and offers that are open. It moves here alone,
under a lock of the cohort's row. Who locks more takes the lead first, then the account, its enrolments,
and then cohorts in the order of their keys, so that nobody waits in a circle.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses import wall_clock
from courses.models import Cohort, InstituteSettings
from enrollment.errors import CohortFull
from enrollment.models import Enrollment, Lead, LeadEvent, WaitingPlace
from enrollment.offers import write_offer


def lock_cohorts(keys: Iterable[int | None]) -> None:
    """Lock the cohorts in the order of their keys, so that opposite moves don't wait for each other."""
    wanted = [key for key in keys if key]
    list(Cohort.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))


def take_seat(cohort: Cohort, *, lead: Lead | None) -> None:
    """Count one seat more, or use the one that is held for the lead's person; raises CohortFull.

    A free seat is the waiting list's while others stand in it. The person's own place is settled.
    """
    lock_cohorts([cohort.pk])
    own = WaitingPlace.objects.none()
    if lead:
        own = WaitingPlace.objects.open().filter(cohort=cohort, lead__person=lead.person_id)
    held = [place.pk for place in own if place.state == WaitingPlace.State.OFFERED]
    if not held:
        others = WaitingPlace.objects.in_line().filter(cohort=cohort).exclude(pk__in=own.values("pk"))
        free = Cohort.objects.filter(pk=cohort.pk, seats_taken__lt=F("seats") - others.count())
        if not free.update(seats_taken=F("seats_taken") + 1):
            raise CohortFull
    WaitingPlace.objects.filter(pk__in=own.values("pk")).update(state=WaitingPlace.State.TAKEN)
    if len(held) > 1:
        give_seats_back(cohort.pk, count=len(held) - 1)


def give_seats_back(cohort_key: int | None, *, count: int = 1) -> None:
    """Count fewer seats and offer what is free to the waiting list; nothing without a cohort."""
    if cohort_key:
        lock_cohorts([cohort_key])
        taken = Cohort.objects.filter(pk=cohort_key, seats_taken__gte=count)
        taken.update(seats_taken=F("seats_taken") - count)
        offer_free_seats(cohort_key)


def offer_free_seats(cohort_key: int) -> int:
    """Hold each free seat for the next in line and write to them; return how many were offered.

    Call it in a transaction. Repeating it is harmless: an offered seat is not free.
    """
    lock_cohorts([cohort_key])
    cohort = Cohort.objects.select_related("course").get(pk=cohort_key)
    if cohort.has_started or not cohort.seats_left:
        return 0
    places = WaitingPlace.objects.in_line().filter(cohort=cohort)
    next_ones = list(places.select_related("lead__person__user", "lead__owner")[: cohort.seats_left])
    if not next_ones:
        return 0
    institute = InstituteSettings.current()
    return sum(_offer(place, cohort=cohort, institute=institute) for place in next_ones)


def _offer(place: WaitingPlace, *, cohort: Cohort, institute: InstituteSettings) -> bool:
    now = timezone.now()
    place.cohort, place.state = cohort, WaitingPlace.State.OFFERED
    place.offered_at = now
    place.offer_until = min(
        now + timedelta(hours=institute.offer_hours),
        wall_clock.midnight(cohort.starts_on + timedelta(days=1)),
    )
    offered = WaitingPlace.objects.filter(pk=place.pk, state=WaitingPlace.State.WAITING).update(
        state=place.state, offered_at=place.offered_at, offer_until=place.offer_until
    )
    if not offered:
        return False
    Cohort.objects.filter(pk=cohort.pk).update(seats_taken=F("seats_taken") + 1)
    until = date_format(wall_clock.local(place.offer_until), "D j M, H:i")
    text = _("Seat offered in %(cohort)s, held until %(until)s") % {"cohort": cohort, "until": until}
    event = LeadEvent.objects.create(lead=place.lead, kind=LeadEvent.Kind.ENROLMENT, text=text)
    if write_offer(place, institute=institute) is None:
        event.text = _("%(text)s. There is no e-mail address: call them.") % {"text": text}
        event.save(update_fields=["text"])
    return True


@dataclass(frozen=True)
class SeatCount:
    """A cohort whose count differs from its rows."""

    cohort: Cohort
    counted: int
    """Enrolments that aren't withdrawn, and open offers."""


def seat_differences() -> list[SeatCount]:
    """Return the cohorts whose `seats_taken` isn't what the rows say; three queries."""
    counted: dict[int, int] = {}
    enrolled = Enrollment.objects.opening().filter(cohort__isnull=False)
    offered = WaitingPlace.objects.filter(state=WaitingPlace.State.OFFERED)
    for rows in (enrolled, offered):
        for cohort, number in rows.values_list("cohort").annotate(number=Count("pk")).order_by():
            counted[cohort] = counted.get(cohort, 0) + number
    cohorts = Cohort.objects.filter(Q(seats_taken__gt=0) | Q(pk__in=counted)).select_related("course")
    return [
        SeatCount(cohort, counted.get(cohort.pk, 0))
        for cohort in cohorts.order_by("pk")
        if cohort.seats_taken != counted.get(cohort.pk, 0)
    ]
