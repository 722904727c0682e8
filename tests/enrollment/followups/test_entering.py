"""Who enters a sequence: each trigger, once, and nobody who came before it was switched on."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from courses import wall_clock
from enrollment.desk import change_stage
from enrollment.followups import entering
from enrollment.followups.candidates import candidates
from enrollment.followups.entering import enter, enter_all
from enrollment.models import (
    Consent,
    Enrollment,
    Lead,
    LeadEvent,
    LeadImport,
    Sequence,
    SequenceRun,
    WaitingPlace,
)
from enrollment.tasks import enter_sequences
from lessons.models import Progress
from outbox.models import Message
from tests.conftest import SmallCourse
from tests.enrollment.test_same_moment import together
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory, make_course
from tests.factories.enrollment import ConsentFactory, EnrollmentFactory, LeadFactory, PersonFactory
from tests.factories.followups import SequenceFactory, StepFactory

pytestmark = pytest.mark.django_db

Trigger = Sequence.Trigger
NOON = datetime(2026, 9, 2, 12, 0, tzinfo=timezone.get_default_timezone())
"""A Wednesday."""


@pytest.fixture(autouse=True)
def _site(course: SmallCourse) -> None:
    pass


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def switched_on(trigger: str = Trigger.ENQUIRY, **values: Any) -> Sequence:
    """Return a sequence of one mail that is switched on now."""
    sequence = SequenceFactory(trigger=trigger, entered_until=timezone.now(), **values)
    StepFactory(sequence=sequence)
    return sequence


def learning(course: SmallCourse, **values: Any) -> Enrollment:
    """Return a learner's place with the lead that led to it."""
    user = UserFactory()
    person = PersonFactory(user=user)
    lead = LeadFactory(person=person, course=course.page, stage_id=Lead.Stage.ENROLLED)
    return EnrollmentFactory(**{"learner": user, "course": course.page, "lead": lead} | values)


def visit(enrollment: Enrollment, lesson: Any, *, at: datetime) -> Progress:
    return Progress.objects.create(learner=enrollment.learner, lesson=lesson, opened_at=at, visited_at=at)


def test_an_enquiry_enters_with_a_line_and_its_first_message(clock: Any, course: SmallCourse) -> None:
    sequence = switched_on(name="After an enquiry")
    clock.shift(timedelta(minutes=1))
    lead = LeadFactory(course=course.page)
    clock.shift(timedelta(minutes=1))

    enter_sequences()

    run = SequenceRun.objects.get()
    assert (run.lead, run.sequence, run.state) == (lead, sequence, SequenceRun.State.ACTIVE)
    assert run.entered_at == lead.created_at
    assert run.message.state == Message.State.PENDING
    event = lead.events.get()
    assert (event.kind, event.text) == (LeadEvent.Kind.FOLLOWUP, "Follow-ups “After an enquiry” begin")


def test_looking_again_makes_nothing_twice(clock: Any) -> None:
    switched_on()
    LeadFactory.create_batch(2, created_at=timezone.now() + timedelta(seconds=1))
    clock.shift(timedelta(minutes=1))

    assert [enter_all(), enter_all()] == [2, 0]
    clock.shift(timedelta(minutes=30))
    assert enter_all() == 0
    assert Message.objects.count() == SequenceRun.objects.count() == 2


def test_who_came_before_it_was_switched_on_never_enters(clock: Any) -> None:
    LeadFactory(created_at=timezone.now() - timedelta(minutes=1))
    sequence = switched_on()
    for _sweep in range(3):
        clock.shift(timedelta(minutes=8))
        assert enter_all() == 0
    Sequence.objects.filter(pk=sequence.pk).update(is_on=False)
    LeadFactory()
    enter_all()
    Sequence.objects.filter(pk=sequence.pk).update(is_on=True)
    clock.shift(timedelta(minutes=1))
    assert [enter_all(), enter_all()] == [0, 0]


def test_after_days_of_downtime_all_of_them_enter(clock: Any) -> None:
    switched_on()
    for _day in range(4):
        clock.shift(timedelta(days=1))
        LeadFactory()

    assert enter_all() == 4


def test_what_was_committed_late_is_found(clock: Any) -> None:
    """A row has its time stamp from before its commit."""
    switched_on()
    clock.shift(timedelta(hours=1))
    enter_all()
    LeadFactory(created_at=timezone.now() - timedelta(minutes=5))
    clock.shift(timedelta(minutes=1))

    assert enter_all() == 1


def test_a_clock_that_was_a_day_ahead_loses_nobody(clock: Any) -> None:
    switched_on()
    clock.shift(timedelta(days=1))
    enter_all()
    clock.shift(-timedelta(days=1) + timedelta(minutes=1))
    LeadFactory()
    clock.shift(timedelta(minutes=1))

    assert enter_all() == 1


def test_a_sweep_whose_time_is_up_goes_on_at_the_next_one(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entering, "BATCH", 2)
    switched_on()
    for minute in range(5):
        LeadFactory(created_at=NOON + timedelta(minutes=20 * minute, seconds=1))
    clock.shift(timedelta(hours=5))

    assert enter_all(seconds=-1) == 0
    seen = iter([0, 1, 2, 3, 99, 99])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entering.time, "monotonic", lambda: next(seen))
        assert enter_all(seconds=50) == 3
    assert enter_all() == 2


def test_one_lead_that_cannot_enter_keeps_nobody_out(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    switched_on()
    bad, good = LeadFactory.create_batch(2, created_at=NOON + timedelta(seconds=1))
    clock.shift(timedelta(minutes=1))
    plan = entering.plan

    def fail(run: SequenceRun, **kwargs: Any) -> Any:
        if run.lead_id == bad.pk:
            raise ValueError("no")
        return plan(run, **kwargs)

    monkeypatch.setattr(entering, "plan", fail)
    assert enter_all() == 1
    assert SequenceRun.objects.get().lead == good


def test_a_lead_that_could_not_enter_is_tried_until_the_fault_is_mended(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    switched_on()
    clock.shift(timedelta(minutes=1))
    unlucky = LeadFactory()

    with monkeypatch.context() as patched:
        patched.setattr(entering, "plan", _fails)
        for _sweep in range(4):
            clock.shift(timedelta(hours=1))
            LeadFactory()
            enter_all()
        assert not SequenceRun.objects.exists()

    clock.shift(timedelta(minutes=1))
    assert enter_all() == 5
    assert unlucky.runs.exists()
    assert not unlucky.events.filter(text__contains="could not begin").exists()


def test_after_a_day_of_trying_the_desk_is_told_once_and_the_sweep_goes_on(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequence = switched_on()
    clock.shift(timedelta(minutes=1))
    unlucky = LeadFactory()
    monkeypatch.setattr(entering, "plan", _fails)
    enter_all()

    for _sweep in range(3):
        clock.shift(timedelta(hours=24))
        enter_all()

    assert unlucky.events.filter(text__contains="could not begin").count() == 1
    sequence.refresh_from_db()
    assert sequence.entered_until > timezone.now() - timedelta(hours=1)


def _fails(*args: object, **kwargs: object) -> None:
    raise ValueError("a fault of ours")


def test_a_database_that_is_away_ends_the_sweep_where_it_is(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    switched_on()
    LeadFactory(created_at=NOON + timedelta(seconds=1))
    clock.shift(timedelta(hours=1))

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(entering, "plan", fail)
        with pytest.raises(OperationalError):
            enter_all()
    assert enter_all() == 1


@pytest.mark.parametrize(
    ("filters", "others"),
    [
        ({"interest": Lead.Interest.CONTACT}, {"interest": Lead.Interest.PLACEMENT}),
        ({"source": Lead.Source.CAMPAIGN}, {"source": Lead.Source.WEBSITE}),
        ({"stage_id": Lead.Stage.NEW}, {"stage_id": Lead.Stage.CONTACTED}),
        ({}, {"stage_id": Lead.Stage.CLOSED}),
        ({}, {"set_aside": Lead.SetAside.RESTRICTED}),
    ],
)
def test_only_leads_that_it_is_for_enter(clock: Any, filters: dict, others: dict) -> None:
    switched_on(**filters)
    clock.shift(timedelta(minutes=1))
    LeadFactory(**others)
    wanted = LeadFactory(**filters)

    assert enter_all() == 1
    assert SequenceRun.objects.get().lead == wanted


def test_only_leads_about_its_course_enter(clock: Any, course: SmallCourse) -> None:
    switched_on(course=course.page)
    clock.shift(timedelta(minutes=1))
    LeadFactory(course=make_course())
    LeadFactory()
    wanted = LeadFactory(course=course.page)

    assert enter_all() == 1
    assert SequenceRun.objects.get().lead == wanted


def test_news_needs_a_consent_that_stands(clock: Any) -> None:
    switched_on(basis=Sequence.Basis.NEWS)
    clock.shift(timedelta(minutes=1))
    silent, allowed, taken_back = LeadFactory.create_batch(3)
    for lead in (allowed, taken_back):
        ConsentFactory(person=lead.person)
    clock.shift(timedelta(seconds=1))
    ConsentFactory(person=taken_back.person, granted=False)

    assert enter_all() == 1
    assert SequenceRun.objects.get().lead == allowed
    assert silent.events.count() == 0


def test_an_answer_goes_to_everybody_who_did_not_take_it_back(clock: Any) -> None:
    switched_on()
    clock.shift(timedelta(minutes=1))
    asked, took_back = LeadFactory.create_batch(2)
    ConsentFactory(person=took_back.person, purpose=Consent.Purpose.ENQUIRY, granted=False)

    assert enter_all() == 1
    assert SequenceRun.objects.get().lead == asked


def test_a_lead_that_is_in_the_sequence_does_not_enter_again(clock: Any, admissions: User) -> None:
    switched_on(Trigger.STAGE, stage_id=Lead.Stage.CONTACTED, stop_on_reply=False)
    lead = LeadFactory()
    for stage in (Lead.Stage.CONTACTED, Lead.Stage.QUALIFIED, Lead.Stage.CONTACTED):
        clock.shift(timedelta(minutes=1))
        change_stage(lead=lead, stage=stage, actor=admissions)
        enter_all()
    assert SequenceRun.objects.count() == 1

    SequenceRun.objects.update(state=SequenceRun.State.FINISHED, ended_at=timezone.now())
    change_stage(lead=lead, stage=Lead.Stage.QUALIFIED, actor=admissions)
    clock.shift(timedelta(hours=1))
    change_stage(lead=lead, stage=Lead.Stage.CONTACTED, actor=admissions)
    clock.shift(timedelta(minutes=1))
    enter_all()
    assert SequenceRun.objects.active().count() == 1
    assert SequenceRun.objects.count() == 2


def test_a_lead_that_left_the_stage_at_once_does_not_enter(clock: Any, admissions: User) -> None:
    switched_on(Trigger.STAGE, stage_id=Lead.Stage.CONTACTED)
    lead = LeadFactory()
    clock.shift(timedelta(minutes=1))
    change_stage(lead=lead, stage=Lead.Stage.CONTACTED, actor=admissions)
    change_stage(lead=lead, stage=Lead.Stage.QUALIFIED, actor=admissions)

    assert enter_all() == 0


def test_a_sequence_for_closed_leads_lets_them_in(clock: Any, admissions: User) -> None:
    switched_on(Trigger.STAGE, stage_id=Lead.Stage.CLOSED)
    lead = LeadFactory()
    clock.shift(timedelta(minutes=1))
    reason = LeadFactory(stage_id=Lead.Stage.CLOSED).closing_reason
    change_stage(lead=lead, stage=Lead.Stage.CLOSED, actor=admissions, reason=reason)

    assert enter_all() == 1


def imported(**values: Any) -> LeadImport:
    return LeadImport.objects.create(
        file="imports/x.csv", file_name="x.csv", state=LeadImport.State.DONE, **values
    )


def test_imported_leads_enter_when_the_file_is_in_unless_it_says_that_they_asked_before(clock: Any) -> None:
    switched_on()
    clock.shift(timedelta(minutes=1))
    started = timezone.now()
    job = imported(created_at=started)
    old = LeadFactory(lead_import=job, created_at=started - timedelta(days=30))
    new = LeadFactory(lead_import=job, created_at=started + timedelta(minutes=1))
    clock.shift(timedelta(hours=3))
    LeadImport.objects.update(finished_at=timezone.now())
    enter_all()
    clock.shift(timedelta(minutes=1))
    enter_all()

    assert SequenceRun.objects.get().lead == new
    assert SequenceRun.objects.get().entered_at == started + timedelta(hours=3)
    assert old.events.count() == 0


def test_leads_that_a_file_put_into_a_stage_did_not_come_into_it(clock: Any, admissions: User) -> None:
    switched_on(Trigger.STAGE, stage_id=Lead.Stage.CONTACTED)
    clock.shift(timedelta(minutes=1))
    lead = LeadFactory()
    change_stage(lead=lead, stage=Lead.Stage.CONTACTED, actor=admissions)
    clock.shift(timedelta(minutes=1))
    Lead.objects.update(lead_import=imported(finished_at=timezone.now()))
    assert enter_all() == 0

    change_stage(lead=lead, stage=Lead.Stage.NEW, actor=admissions)
    clock.shift(timedelta(minutes=1))
    change_stage(lead=lead, stage=Lead.Stage.CONTACTED, actor=admissions)
    assert enter_all() == 1


def test_somebody_who_joins_a_waiting_list_enters_with_the_group(clock: Any, course: SmallCourse) -> None:
    switched_on(Trigger.WAITING, course=course.page)
    clock.shift(timedelta(minutes=1))
    cohort = CohortFactory(course=course.page)
    waiting, left = (WaitingPlace.objects.create(lead=LeadFactory(), cohort=cohort) for _number in range(2))
    WaitingPlace.objects.create(lead=LeadFactory(), cohort=CohortFactory(course=make_course()))
    WaitingPlace.objects.filter(pk=left.pk).update(state=WaitingPlace.State.LEFT)

    assert enter_all() == 1
    run = SequenceRun.objects.get()
    assert (run.lead, run.cohort) == (waiting.lead, cohort)


def test_somebody_who_is_enrolled_enters_with_the_place(clock: Any, course: SmallCourse) -> None:
    switched_on(Trigger.ENROLLED, basis=Sequence.Basis.COURSE)
    learning(course, created_at=timezone.now() - timedelta(days=1))
    clock.shift(timedelta(minutes=1))
    enrollment = learning(course)
    learning(course, state=Enrollment.State.WITHDRAWN)

    assert enter_all() == 1
    run = SequenceRun.objects.get()
    assert (run.lead, run.enrollment) == (enrollment.lead, enrollment)
    assert run.message.to == enrollment.learner.email


def test_a_place_without_a_lead_counts_for_the_newest_lead_of_its_person(
    clock: Any, course: SmallCourse
) -> None:
    switched_on(Trigger.ENROLLED, basis=Sequence.Basis.COURSE)
    clock.shift(timedelta(minutes=1))
    enrollment = learning(course)
    newest = LeadFactory(person=enrollment.lead.person, stage_id=Lead.Stage.ENROLLED)
    Enrollment.objects.update(lead=None)
    EnrollmentFactory(learner=UserFactory(), course=course.page)

    assert enter_all() == 1
    assert SequenceRun.objects.get().lead == newest


def test_a_learner_without_a_lesson_for_a_week_enters_once_for_each_pause(
    clock: Any, course: SmallCourse
) -> None:
    clock.move_to(NOON - timedelta(days=30))
    switched_on(Trigger.INACTIVE, days=7, basis=Sequence.Basis.COURSE)
    enrollment = learning(course)
    progress = visit(enrollment, course.free, at=timezone.now() + timedelta(days=1))
    visit(enrollment, course.locked, at=timezone.now() + timedelta(days=2))
    days_of_entry = []
    for day in range(1, 30):
        clock.shift(timedelta(days=1))
        if enter_all():
            days_of_entry.append(day)
            SequenceRun.objects.update(state=SequenceRun.State.FINISHED, ended_at=timezone.now())
        if day == 12:
            Progress.objects.filter(pk=progress.pk).update(visited_at=timezone.now())

    assert days_of_entry == [9, 19]
    assert SequenceRun.objects.first().enrollment == enrollment


def test_a_learner_who_never_began_counts_from_the_first_day_of_the_group(
    clock: Any, course: SmallCourse
) -> None:
    start = NOON.date() + timedelta(days=20)
    switched_on(Trigger.INACTIVE, days=7, basis=Sequence.Basis.COURSE)
    learning(course, cohort=CohortFactory(course=course.page, starts_on=start))
    entered = []
    for _day in range(40):
        clock.shift(timedelta(days=1))
        entered += [timezone.localdate()] * enter_all()

    assert entered == [start + timedelta(days=7)]


def test_a_learner_who_has_done_everything_is_not_called_inactive(clock: Any, course: SmallCourse) -> None:
    switched_on(Trigger.INACTIVE, days=7, basis=Sequence.Basis.COURSE)
    enrollment = learning(course)
    for lesson in (course.free, course.locked, course.last):
        progress = visit(enrollment, lesson, at=timezone.now())
        Progress.objects.filter(pk=progress.pk).update(done_at=timezone.now(), rule="read")
    clock.shift(timedelta(days=7, minutes=5))

    assert enter_all() == 0


def test_a_group_that_starts_in_a_week_lets_its_learners_in(clock: Any, course: SmallCourse) -> None:
    switched_on(Trigger.COHORT, days=7, basis=Sequence.Basis.COURSE)
    cohort = CohortFactory(course=course.page, starts_on=NOON.date() + timedelta(days=10))
    early = learning(course, cohort=cohort)
    learning(course, cohort=CohortFactory(course=course.page, starts_on=NOON.date() + timedelta(days=60)))
    for _day in range(2):
        clock.shift(timedelta(days=1))
        assert enter_all() == 0
    clock.shift(timedelta(days=1))
    assert [enter_all(), enter_all()] == [1, 0]
    run = SequenceRun.objects.get()
    assert (run.enrollment, run.cohort) == (early, cohort)
    assert run.entered_at == wall_clock.midnight(cohort.starts_on - timedelta(days=7))

    clock.shift(timedelta(days=2))
    late = learning(course, cohort=cohort)
    moved = learning(course, created_at=NOON - timedelta(days=90))
    Enrollment.objects.filter(pk=moved.pk).update(cohort=cohort)
    assert enter_all() == 2
    assert set(SequenceRun.objects.values_list("enrollment", flat=True)) == {early.pk, late.pk, moved.pk}
    clock.shift(timedelta(days=6))
    assert enter_all() == 0


def test_a_group_that_has_started_lets_nobody_in(clock: Any, course: SmallCourse) -> None:
    switched_on(Trigger.COHORT, days=7, basis=Sequence.Basis.COURSE)
    cohort = CohortFactory(course=course.page, starts_on=NOON.date() + timedelta(days=1))
    clock.shift(timedelta(days=1))
    learning(course, cohort=cohort)

    assert enter_all() == 0


def test_nobody_enters_a_sequence_that_was_switched_off_meanwhile(clock: Any) -> None:
    sequence = switched_on()
    lead = LeadFactory()
    entry = next(candidates(sequence, since=NOON - timedelta(days=1), until=NOON))
    Sequence.objects.update(is_on=False)

    assert entry.lead == lead
    assert enter(sequence, entry) is None


@pytest.mark.parametrize("trigger", Trigger)
def test_looking_costs_the_same_for_one_and_for_three(clock: Any, course: SmallCourse, trigger: str) -> None:
    sequence = switched_on(
        trigger,
        days=7 if trigger in Sequence.COUNTING_DAYS else None,
        stage_id=Lead.Stage.CONTACTED if trigger == Trigger.STAGE else None,
        basis=Sequence.Basis.ANSWER,
    )
    cohort = CohortFactory(course=course.page, starts_on=NOON.date() + timedelta(days=7))

    def happen() -> None:
        clock.shift(timedelta(minutes=1))
        if trigger in Sequence.LEARNING:
            at = timezone.now() - timedelta(days=7) if trigger == Trigger.INACTIVE else timezone.now()
            learning(course, created_at=at, cohort=cohort if trigger == Trigger.COHORT else None)
            return
        lead = LeadFactory(course=course.page)
        if trigger == Trigger.STAGE:
            change_stage(lead=lead, stage=Lead.Stage.CONTACTED, actor=None)
        if trigger == Trigger.WAITING:
            WaitingPlace.objects.create(lead=lead, cohort=cohort)

    def look() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            entries = list(candidates(sequence, since=NOON, until=timezone.now()))
            assert all(str(entry.lead.person.name) and entry.lead.course for entry in entries)
        return len(entries), len(queries)

    happen()
    one, queries_for_one = look()
    happen()
    happen()
    three, queries_for_three = look()
    assert (one, three) == (1, 3)
    assert queries_for_one == queries_for_three


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_make_one_run_of_each_lead() -> None:
    switched_on()
    LeadFactory.create_batch(4)

    together(enter_all, count=3)

    assert SequenceRun.objects.count() == Message.objects.count() == 4
    assert LeadEvent.objects.filter(kind=LeadEvent.Kind.FOLLOWUP).count() == 4
