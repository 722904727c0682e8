"""Let many people enrol for the last seat of a cohort at one moment, and count who gets it.

    DATABASE_URL=postgres://lms@127.0.0.1/bench .venv/bin/python bench/last_seat.py

Works in the database that the environment names, which must be migrated and is best empty; it removes what
it made. Each rival is a lead with its own thread and its own connection, opened before the start, and all
wait at one barrier, then call the service that the desk calls. The server must allow as many connections:
`--connections` bounds them, the rivals then queue for the threads behind the same barrier. The control
does the same with a seat that is read, checked and written without a lock.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Barrier, Thread

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.test")

import django

django.setup()

from django.db import connection, connections
from django.utils import timezone
from wagtail.models import Page

from accounts.models import User
from courses.models import Cohort, CoursePage
from enrollment.enrolling import place_lead
from enrollment.errors import CohortFull
from enrollment.models import ContactPoint, Enrollment, Lead, LeadEvent, Person
from enrollment.seats import seat_differences
from outbox.models import Message

DOMAIN = "last-seat.example"
_days = count(30)

Take = Callable[[Lead, Cohort], None]


@dataclass
class Round:
    """What one round came to."""

    winners: int
    counted: int
    """What the cohort says is taken."""
    errors: list[str]
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description="Enrol many people for one seat at once.")
    parser.add_argument("--rivals", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--control-rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=0, help="at most; 0 for one a rival")
    options = parser.parse_args()
    threads = min(options.connections or options.rivals, options.rivals)
    with prepared(options.rivals) as (course, leads):
        begun = time.perf_counter()
        rounds = [play(course, leads, threads, take=by_service) for _ in range(options.rounds)]
        seconds = time.perf_counter() - begun
        differences = len(seat_differences())
        control = [play(course, leads, threads, take=unlocked) for _ in range(options.control_rounds)]
    errors = sorted({name for each in rounds for name in each.errors})
    print(f"database: {connection.vendor}")
    print(f"rivals: {options.rivals}")
    print(f"connections_at_once: {threads}")
    print(f"rounds: {len(rounds)}")
    print(f"winners_per_round_min: {min(each.winners for each in rounds)}")
    print(f"winners_per_round_max: {max(each.winners for each in rounds)}")
    print(f"seats_counted_per_round_max: {max(each.counted for each in rounds)}")
    print(f"seat_differences: {differences}")
    print(f"unexpected_errors: {', '.join(errors) or 0}")
    print(f"round_s_median: {sorted(each.seconds for each in rounds)[len(rounds) // 2]:.2f}")
    print(f"total_s: {seconds:.1f}")
    print(f"control_rounds: {len(control)}")
    print(f"control_winners_per_round_min: {min((each.winners for each in control), default=0)}")
    print(f"control_winners_per_round_max: {max((each.winners for each in control), default=0)}")
    print(f"control_seats_counted_per_round_max: {max((each.counted for each in control), default=0)}")


def by_service(lead: Lead, cohort: Cohort) -> None:
    """Enrol as the desk does: account, seat under lock, stage, invitation."""
    place_lead(lead=lead, course=cohort.course, cohort=cohort)


def unlocked(lead: Lead, cohort: Cohort) -> None:
    """Enrol as code does that forgot the lock: read, check, write."""
    learner, _created = User.objects.get_or_create(email=address_of(lead))
    now = Cohort.objects.get(pk=cohort.pk)
    if now.seats_taken >= now.seats:
        raise CohortFull
    Enrollment.objects.create(learner=learner, course=cohort.course, cohort=cohort, lead=lead)
    now.seats_taken += 1
    now.save(update_fields=["seats_taken"])


def play(course: CoursePage, leads: list[Lead], threads: int, *, take: Take) -> Round:
    """Let every lead ask for the one seat of a new cohort; clear away what came of it."""
    cohort = Cohort.objects.create(
        course=course, starts_on=timezone.localdate() + timedelta(days=next(_days)), seats=1
    )
    start, errors = Barrier(threads + 1), []

    def run(own: list[Lead]) -> None:
        try:
            connection.ensure_connection()
            start.wait()
            for lead in own:
                try:
                    take(lead, cohort)
                except CohortFull:
                    continue
                except Exception as error:  # noqa: BLE001 - told with the figures
                    errors.append(type(error).__name__)
        finally:
            connections.close_all()

    workers = [Thread(target=run, args=[leads[number::threads]]) for number in range(threads)]
    for worker in workers:
        worker.start()
    start.wait()
    begun = time.perf_counter()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - begun
    cohort.refresh_from_db()
    enrolled = Enrollment.objects.filter(cohort=cohort)
    outcome = Round(enrolled.count(), cohort.seats_taken, errors, seconds)
    clear(leads)
    cohort.delete()
    return outcome


@contextmanager
def prepared(rivals: int) -> Iterator[tuple[CoursePage, list[Lead]]]:
    """Make a course and as many leads as there are rivals; remove them afterwards."""
    course = Page.get_first_root_node().add_child(
        instance=CoursePage(title="Last seat", slug="last-seat", summary="One seat.", hours=1, price=45000)
    )
    people = Person.objects.bulk_create(Person(name=f"Rival {number}") for number in range(rivals))
    ContactPoint.objects.bulk_create(
        ContactPoint(person=person, kind=ContactPoint.Kind.EMAIL, value=address, as_typed=address)
        for person in people
        for address in [f"rival{person.pk}@{DOMAIN}"]
    )
    leads = Lead.objects.bulk_create(
        Lead(
            person=person,
            reference=f"SEAT-{number}",
            interest=Lead.Interest.CONTACT,
            course=course,
            contact_by=Lead.ContactBy.EMAIL,
            answer_due_at=timezone.now(),
        )
        for number, person in enumerate(people)
    )
    try:
        yield course, leads
    finally:
        clear(leads)
        Cohort.objects.filter(course=course).delete()
        Lead.everything.filter(pk__in=[lead.pk for lead in leads]).delete()
        Person.objects.filter(pk__in=[person.pk for person in people]).delete()
        Page.objects.get(pk=course.pk).delete()


def clear(leads: list[Lead]) -> None:
    """Bring the leads back to where they were before the round."""
    keys = [lead.pk for lead in leads]
    Enrollment.objects.filter(lead__in=keys).delete()
    LeadEvent.objects.filter(lead__in=keys).delete()
    Lead.everything.filter(pk__in=keys).update(stage=Lead.Stage.NEW, answered_at=None)
    Person.objects.filter(leads__in=keys).update(user=None)
    Message.objects.filter(to__endswith=f"@{DOMAIN}").delete()
    User.objects.filter(email__endswith=f"@{DOMAIN}").delete()


def address_of(lead: Lead) -> str:
    """Return the address of a rival."""
    return f"rival{lead.person_id}@{DOMAIN}"


if __name__ == "__main__":
    main()
