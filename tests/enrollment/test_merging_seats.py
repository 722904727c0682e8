"""Merging two leads that wait for seats: the cohort's count stays true, and what is purged stays merged."""

from collections.abc import Callable
from threading import Thread
from time import sleep

import pytest
from django.db import connections, transaction
from django.utils import timezone

from accounts.models import User
from courses.models import Cohort
from enrollment import privacy, unmerging
from enrollment.errors import BothHoldASeat
from enrollment.merging import merge
from enrollment.models import Enrollment, Lead, Merge, Person, WaitingPlace
from enrollment.seats import offer_free_seats, seat_differences
from enrollment.tasks import offers, purge
from enrollment.waiting import accept, join, leave
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db

State = WaitingPlace.State


@pytest.fixture
def two(course: SmallCourse) -> tuple[Lead, Lead]:
    """Two records of one person, each with an address."""
    names = {"kavitha@example.com": "Kavitha Selvam", "kavi@example.com": "Kavi S"}
    one, another = (
        LeadFactory(person=PersonFactory(name=name, email=email), course=course.page)
        for email, name in names.items()
    )
    return one, another


@pytest.fixture
def cohort(course: SmallCourse) -> Cohort:
    return CohortFactory(course=course.page, seats=2)


def wait(lead: Lead, cohort: Cohort) -> WaitingPlace:
    """Put the lead in the line of a cohort, also where seats are left."""
    return WaitingPlace.objects.create(lead=lead, cohort=cohort)


def offer_one(cohort: Cohort) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(seats=1)
    assert offer_free_seats(cohort.pk) == 1


def accept_offered() -> None:
    accept(WaitingPlace.objects.get(state=State.OFFERED))


def decline_offered() -> None:
    leave(WaitingPlace.objects.get(state=State.OFFERED))


def let_lapse() -> None:
    WaitingPlace.objects.filter(state=State.OFFERED).update(offer_until=timezone.now())
    offers()


@pytest.mark.parametrize("meanwhile", [lambda: None, accept_offered, decline_offered, let_lapse])
@pytest.mark.parametrize("kept_is_first", [True, False])
def test_the_count_of_seats_is_right_after_a_merge_and_after_its_undo(
    two: tuple[Lead, Lead], cohort: Cohort, meanwhile: Callable[[], None], *, kept_is_first: bool
) -> None:
    kept, other = two if kept_is_first else two[::-1]
    wait(two[0], cohort)
    wait(two[1], cohort)
    offer_one(cohort)

    done = merge(kept=kept, other=other, actor=None)
    assert seat_differences() == []
    meanwhile()
    assert seat_differences() == []
    unmerging.undo(done, actor=None)
    assert seat_differences() == []


def test_leads_that_both_hold_a_seat_are_not_merged_and_keep_both(
    two: tuple[Lead, Lead], cohort: Cohort
) -> None:
    places = [wait(lead, cohort) for lead in two]
    assert offer_free_seats(cohort.pk) == 2

    with pytest.raises(BothHoldASeat):
        merge(kept=two[0], other=two[1], actor=None)

    assert {WaitingPlace.objects.get(pk=place.pk).state for place in places} == {State.OFFERED}
    assert seat_differences() == []


@pytest.mark.django_db(transaction=True)
def test_a_seat_offered_while_two_leads_are_merged_is_not_lost(
    two: tuple[Lead, Lead], cohort: Cohort
) -> None:
    for lead in two:
        wait(lead, cohort)
    raised: list[str] = []

    def run() -> None:
        try:
            merge(kept=two[0], other=two[1], actor=None)
        except BothHoldASeat as error:
            raised.append(str(error))
        finally:
            connections.close_all()

    merging = Thread(target=run)
    with transaction.atomic():
        offer_free_seats(cohort.pk)
        merging.start()
        sleep(0.5)
    merging.join()

    assert seat_differences() == []
    assert len(raised) == 1


def test_who_joined_anew_since_the_merge_keeps_one_place_after_its_undo(
    two: tuple[Lead, Lead], cohort: Cohort
) -> None:
    kept, other = two
    wait(other, cohort)
    wait(kept, cohort)
    offer_one(cohort)
    done = merge(kept=kept, other=other, actor=None)
    Cohort.objects.update(seats=0, seats_taken=0)
    WaitingPlace.objects.filter(state=State.OFFERED).update(state=State.LAPSED)
    anew = join(lead=kept, cohort=cohort)

    unmerging.undo(done, actor=None)

    assert WaitingPlace.objects.open().get() == anew
    assert Lead.objects.filter(pk__in=[kept.pk, other.pk]).count() == 2


def test_who_took_the_seat_of_the_other_lead_does_not_wait_again_after_the_undo(
    two: tuple[Lead, Lead], cohort: Cohort
) -> None:
    kept, other = two
    wait(other, cohort)
    wait(kept, cohort)
    offer_one(cohort)
    done = merge(kept=kept, other=other, actor=None)
    accept_offered()

    unmerging.undo(done, actor=None)

    assert Enrollment.objects.open().get().lead == kept
    assert not WaitingPlace.objects.open().exists()


def test_a_merge_of_somebody_who_was_purged_stays_and_says_why(
    two: tuple[Lead, Lead], admissions_lead: User
) -> None:
    kept, other = two
    done = merge(kept=kept, other=other, actor=admissions_lead)
    privacy.erase(person=kept.person, actor=admissions_lead)
    Person.objects.filter(pk=kept.person_id).update(purge_on=timezone.localdate())
    purge()
    assert Merge.objects.get().record == {}

    said = signed_in(admissions_lead).post(f"/cms/leads/merge/{done.pk}/undo/", follow=True)

    assert said.status_code == 200
    assert "is hidden or erased, so the merge" in said.content.decode()
    assert Merge.objects.get().undone_at is None
