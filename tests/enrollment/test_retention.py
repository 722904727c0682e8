"""What is emptied by itself after a time; and that nobody is restricted and offered a seat at odds."""

import json
from datetime import timedelta
from threading import Thread
from time import sleep

import pytest
import time_machine
from django.db import connections, transaction
from django.utils import timezone

from accounts.models import User
from courses.models import InstituteSettings
from enrollment.models import Submission, WaitingPlace
from enrollment.privacy import restrict
from enrollment.reconciliation import count_days
from enrollment.seats import lock_cohorts, offer_free_seats, seat_differences
from enrollment.tasks import purge
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import LeadFactory, PersonFactory, SubmissionFactory

pytestmark = pytest.mark.django_db


def test_spam_and_refused_posts_are_emptied_after_thirty_days_and_still_counted(
    course: SmallCourse, admissions_lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enrollment.retention.EMPTIED_AT_ONCE", 2)
    asked_at = timezone.now() - timedelta(days=30)
    said = json.dumps({"name": ["Kavitha"], "email": ["kavitha@example.com"]})
    with time_machine.travel(asked_at, tick=False):
        for outcome in ("spam", "spam", "rejected", "received"):
            SubmissionFactory(outcome=outcome, payload=said, address="203.0.113.8", attribution={"first": {}})
        SubmissionFactory(outcome="lead", payload=said, lead=LeadFactory())
    SubmissionFactory(outcome="spam", payload=said, address="203.0.113.8")
    day = timezone.localdate(asked_at)
    before = count_days(day, day)

    purge()
    purge()

    emptied = Submission.objects.filter(payload="{}", address=None, attribution__isnull=True)
    assert sorted(emptied.values_list("outcome", flat=True)) == ["rejected", "spam", "spam"]
    assert Submission.objects.filter(payload=said, address="203.0.113.8").count() == 2
    assert Submission.objects.get(outcome="lead").payload == said
    assert count_days(day, day) == before
    page = signed_in(admissions_lead).get("/cms/leads/reconciliation/posts/").content.decode()
    assert page.count("This was no spam") == 1
    assert "Make a lead of it" not in page


def test_the_institute_says_how_long_unused_posts_are_kept(site: object) -> None:
    InstituteSettings.objects.update_or_create(defaults={"forget_posts_after_days": 7})
    with time_machine.travel(timezone.now() - timedelta(days=7)):
        SubmissionFactory(outcome="rejected", payload='{"name": ["Kavitha"]}')

    purge()

    assert Submission.objects.get().payload == "{}"


@pytest.mark.django_db(transaction=True)
def test_a_person_is_restricted_while_a_seat_is_offered_to_them(course: SmallCourse) -> None:
    """Neither waits for the other for ever: a database would end one of them with an error."""
    person = PersonFactory(email="asha@example.com")
    place = WaitingPlace.objects.create(
        lead=LeadFactory(person=person), cohort=CohortFactory(course=course.page, seats=1)
    )
    raised: list[Exception] = []

    def run() -> None:
        try:
            restrict(person=person, actor=None, reason="asked for")
        except Exception as error:  # noqa: BLE001 - told to the test
            raised.append(error)
        finally:
            connections.close_all()

    restricting = Thread(target=run)
    with transaction.atomic():
        lock_cohorts([place.cohort_id])
        restricting.start()
        sleep(0.5)
        assert offer_free_seats(place.cohort_id) == 1
    restricting.join()

    assert raised == []
    assert WaitingPlace.objects.get().state == WaitingPlace.State.LEFT
    assert seat_differences() == []
