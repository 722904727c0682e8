"""Who waits for a seat isn't asked what would help them decide; what a group ends, ends in minutes."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses import wall_clock
from courses.models import Cohort, InstituteSettings
from enrollment.enrolling import withdraw
from enrollment.followups.entering import enter_all
from enrollment.followups.rehearsing import Outcome, rehearse
from enrollment.followups.starting import offered
from enrollment.mails import render_mail
from enrollment.models import Lead, LeadEvent, Sequence, SequenceRun, WaitingPlace
from enrollment.tasks import offers, plan_followups
from enrollment.waiting import join, leave
from outbox.models import Message
from tests.conftest import SmallCourse
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import EnrollmentFactory, LeadFactory, PersonFactory
from tests.factories.followups import RunFactory, SequenceFactory, StepFactory, planned_run

pytestmark = pytest.mark.django_db

State, Why, Trigger = SequenceRun.State, SequenceRun.Why, Sequence.Trigger


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """Noon on a Monday."""
    with time_machine.travel("2026-09-07 12:00 +05:30", tick=False) as traveller:
        yield traveller


@pytest.fixture
def full(course: SmallCourse) -> Cohort:
    return CohortFactory(course=course.page, seats=0, starts_on=wall_clock.today() + timedelta(days=2))


def lead_in(sequence: Sequence, **values: Any) -> SequenceRun:
    StepFactory(sequence=sequence, delay=30)
    return planned_run(sequence=sequence, **values)


def on_the_list(cohort: Cohort, **values: Any) -> SequenceRun:
    run = lead_in(SequenceFactory(trigger=Trigger.WAITING, **values), cohort=cohort)
    WaitingPlace.objects.create(lead=run.lead, cohort=cohort)
    return run


def ended(run: SequenceRun) -> tuple[str, str]:
    run.refresh_from_db()
    return run.state, run.why


def lines(run: SequenceRun) -> list[str]:
    return list(run.lead.events.filter(kind=LeadEvent.Kind.FOLLOWUP).values_list("text", flat=True))


def test_who_joins_a_waiting_list_is_asked_no_more_what_would_help_them_decide(full: Cohort) -> None:
    run = lead_in(SequenceFactory(name="After a visit"))
    message = run.message
    join(lead=run.lead, cohort=full)
    assert ended(run) == (State.STOPPED, Why.WAITS)
    assert lines(run) == ["Follow-ups “After a visit” stopped: they wait for a seat"]
    message.refresh_from_db()
    assert message.state == Message.State.CANCELLED


def test_what_goes_on_for_the_enrolled_and_what_is_about_the_list_goes_on(full: Cohort) -> None:
    goes_on = lead_in(SequenceFactory(stop_on_enrolment=False))
    lists = RunFactory(lead=goes_on.lead, sequence=SequenceFactory(trigger=Trigger.WAITING))
    other = lead_in(SequenceFactory(), lead=LeadFactory(person=goes_on.lead.person))
    join(lead=goes_on.lead, cohort=full)
    assert [ended(run)[0] for run in (goes_on, lists, other)] == [State.ACTIVE] * 3


def test_who_asks_and_joins_the_list_at_once_enters_what_is_about_the_list_only(
    clock: Any, full: Cohort
) -> None:
    for trigger in (Trigger.ENQUIRY, Trigger.WAITING):
        StepFactory(sequence=SequenceFactory(trigger=trigger, entered_until=timezone.now()))
    clock.shift(timedelta(seconds=30))
    lead = LeadFactory()
    join(lead=lead, cohort=full)
    clock.shift(timedelta(seconds=30))
    assert enter_all() == 1
    assert SequenceRun.objects.get().sequence.trigger == Trigger.WAITING
    assert len(lines(SequenceRun.objects.get())) == 1
    assert not any(sequence.trigger == Trigger.ENQUIRY for sequence in offered(lead))


def test_when_the_group_has_started_the_timeline_says_so_within_minutes(clock: Any, full: Cohort) -> None:
    run, goes_on = on_the_list(full), on_the_list(full, stop_on_cohort_start=False)
    plan_followups()
    assert ended(run) == (State.ACTIVE, "")

    clock.move_to("2026-09-09 00:01 +05:30")
    for _ in range(2):
        plan_followups()
    assert ended(run) == (State.STOPPED, Why.COHORT)
    assert lines(run) == [f"Follow-ups “{run.sequence}” stopped: the cohort has started"]
    assert ended(goes_on) == (State.ACTIVE, "")


def test_a_learner_whose_group_has_started_is_told_of_it_no_more(clock: Any, full: Cohort) -> None:
    place = EnrollmentFactory(learner=UserFactory(), course=full.course, cohort=full)
    run = lead_in(SequenceFactory(trigger=Trigger.ENROLLED), enrollment=place)
    clock.shift(timedelta(days=2))
    plan_followups()
    assert ended(run) == (State.STOPPED, Why.COHORT)


def test_who_left_the_waiting_list_hears_of_it_no_more(full: Cohort) -> None:
    run = on_the_list(full)
    leave(WaitingPlace.objects.get())
    plan_followups()
    assert ended(run) == (State.STOPPED, Why.MOVED)
    assert lines(run) == [f"Follow-ups “{run.sequence}” stopped: they left the cohort or its waiting list"]


def test_a_list_that_closed_before_the_sweep_looked_ended_with_the_start(clock: Any, full: Cohort) -> None:
    run = on_the_list(full)
    clock.shift(timedelta(days=3))
    offers()
    plan_followups()
    assert ended(run) == (State.STOPPED, Why.COHORT)


def test_a_learner_without_a_lead_who_withdraws_hears_no_more(full: Cohort) -> None:
    learner = UserFactory()
    place = EnrollmentFactory(learner=learner, course=full.course)
    lead = LeadFactory(person=PersonFactory(user=learner), stage_id=Lead.Stage.ENROLLED)
    run = lead_in(SequenceFactory(trigger=Trigger.ENROLLED), lead=lead, enrollment=place)
    withdraw(place)
    plan_followups()
    assert ended(run) == (State.STOPPED, Why.WITHDRAWN)


def test_runs_that_go_on_cost_the_sweep_nothing_each(full: Cohort) -> None:
    counts = []
    for _ in range(3):
        on_the_list(full)
        with CaptureQueriesContext(connection) as queries:
            plan_followups()
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_the_dry_run_knows_that_waiting_for_a_seat_ends_what_asks(clock: Any, full: Cohort) -> None:
    sequence = SequenceFactory()
    StepFactory(sequence=sequence)
    lead = LeadFactory()
    clock.shift(timedelta(hours=1))
    join(lead=lead, cohort=full)
    clock.shift(timedelta(days=30))
    (row,) = rehearse(sequence, month=date(2026, 9, 1)).entries
    assert [(tried.outcome, tried.why) for tried in row.steps] == [
        (Outcome.STOPPED, "they wait for a seat on 7 Sep")
    ]


def test_a_mail_stays_light_where_everything_else_is_dark() -> None:
    """Its colours are written for a light ground: a mail program mustn't lighten links alone."""
    html = render_mail("followup", {"institute": InstituteSettings.current(), "subject": "", "body": ""}).html
    assert '<meta name="color-scheme" content="light only">' in html
