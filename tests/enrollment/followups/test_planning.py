"""When follow-ups are due, which one comes next, and how a sequence that changes meanwhile is followed."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import InstituteSettings
from enrollment.followups.entering import enter_all
from enrollment.followups.facts import Institute, facts_of
from enrollment.followups.planning import plan, plan_waiting
from enrollment.followups.timing import due
from enrollment.models import ContactPoint, Lead, LeadEvent, Sequence, SequenceRun, Step
from outbox.delivery import drain
from outbox.models import Channel, Message
from outbox.suppression import opt_out
from tests.conftest import SmallCourse
from tests.factories.enrollment import LeadFactory, PersonFactory
from tests.factories.followups import RunFactory, SequenceFactory, StepFactory

pytestmark = pytest.mark.django_db

State = SequenceRun.State
Why = SequenceRun.Why
ZONE = timezone.get_default_timezone()
MONDAY = datetime(2026, 9, 7, 12, tzinfo=ZONE)


@pytest.fixture(autouse=True)
def _site(course: SmallCourse) -> None:
    pass


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Noon on a Monday, for the database too."""
    monkeypatch.setattr("outbox.clock.database_time", timezone.now)
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


def begun(*steps: dict, person: Any = None, **values: Any) -> SequenceRun:
    """Return a planned run of mails, by default with a day between them."""
    sequence = SequenceFactory(**values)
    for place, step in enumerate(steps or ({}, {}, {})):
        StepFactory(**{"sequence": sequence, "unit": Step.Unit.DAYS, "delay": 1, "sort_order": place} | step)
    run = RunFactory(lead=LeadFactory(person=person or PersonFactory()), sequence=sequence)
    planned(run)
    return run


def planned(run: SequenceRun) -> Message | None:
    with transaction.atomic():
        return plan(run)


def send_all(clock: Any, *, days: int) -> list[datetime]:
    """Let the outbox work every quarter of an hour; return when something left."""
    moments = []
    for _quarter in range(days * 96):
        if drain().outcomes.get("sent"):
            moments.append(timezone.localtime(timezone=ZONE))
        clock.shift(timedelta(minutes=15))
    return moments


def lines(run: SequenceRun) -> list[str]:
    events = run.lead.events.filter(kind=LeadEvent.Kind.FOLLOWUP).order_by("pk")
    return list(events.values_list("text", flat=True))


def institute(**values: Any) -> InstituteSettings:
    """Return the institute, open from Monday to Friday and closed on a Tuesday of September."""
    found = InstituteSettings.current()
    for name, value in {"saturday": False, "sunday": False, **values}.items():
        setattr(found, name, value)
    found.holidays.create(date=date(2026, 9, 8), name="A feast")
    found.save()
    return found


def test_an_enquiry_on_a_friday_evening_is_followed_up_over_a_weekend_and_a_holiday(clock: Any) -> None:
    institute()
    clock.move_to(datetime(2026, 9, 4, 18, 40, tzinfo=ZONE))
    sequence = SequenceFactory(name="After an enquiry", entered_until=timezone.now())
    for place, (delay, unit) in enumerate([(1, "working-days"), (2, "working-days"), (3, "working-hours")]):
        StepFactory(sequence=sequence, sort_order=place, delay=delay, unit=unit)
    clock.shift(timedelta(minutes=2))
    LeadFactory()
    clock.shift(timedelta(minutes=3))
    enter_all()

    assert [f"{moment:%a %d %H:%M}" for moment in send_all(clock, days=10)] == [
        "Mon 07 18:45",  # the next working day
        "Thu 10 18:45",  # Tuesday is a holiday, so two working days later
        "Fri 11 13:00",  # three working hours from Friday's opening at ten
    ]
    assert len(mail.outbox) == 3
    assert SequenceRun.objects.get().state == State.FINISHED


def test_what_is_due_at_night_leaves_in_the_morning_of_the_person(clock: Any) -> None:
    begun({"delay": 12, "unit": Step.Unit.HOURS}, person=PersonFactory(time_zone="Asia/Dubai"))

    assert [f"{moment:%a %H:%M}" for moment in send_all(clock, days=2)] == ["Tue 11:30"]


@pytest.mark.parametrize(
    ("start", "delay", "unit", "expected"),
    [
        ("2026-09-07 12:00", 3, "hours", "2026-09-07 15:00"),
        ("2026-09-07 16:00", 3, "working-hours", "2026-09-09 11:00"),
        ("2026-09-07 16:00", 0, "working-hours", "2026-09-07 16:00"),
        ("2026-09-07 22:00", 2, "days", "2026-09-09 22:00"),
        ("2026-09-07 22:00", 1, "working-days", "2026-09-09 22:00"),
        ("2026-09-04 09:00", 2, "working-days", "2026-09-09 09:00"),
        ("2026-09-05 09:00", 1, "working-days", "2026-09-07 09:00"),
        ("2026-09-07 12:00", 0, "working-days", "2026-09-07 12:00"),
        ("2026-09-07 12:00", 365, "working-days", "2028-02-01 12:00"),
    ],
)
def test_delays_in_working_and_in_other_time(start: str, delay: int, unit: str, expected: str) -> None:
    calendar = institute().calendar()
    step = Step(delay=delay, unit=unit)
    moment = datetime.fromisoformat(start).replace(tzinfo=ZONE)

    assert f"{due(step, moment, calendar=calendar):%Y-%m-%d %H:%M}" == expected


def test_an_institute_that_is_never_open_still_has_days() -> None:
    calendar = institute(opens_at=time(10), closes_at=time(10)).calendar()
    step = Step(delay=2, unit=Step.Unit.WORKING_DAYS)

    assert due(step, MONDAY, calendar=calendar) == MONDAY + timedelta(days=2)


def test_planning_twice_makes_one_message() -> None:
    run = begun()
    assert planned(run) is None
    assert planned(SequenceRun.objects.get()) is None
    assert plan_waiting() == 0
    assert Message.objects.count() == 1


def test_a_message_is_of_its_run_and_of_no_other_kind() -> None:
    run = begun(basis=Sequence.Basis.ANSWER)
    message = run.message

    assert message.key == f"run:{run.pk}:{run.step.pk}:email"
    assert (message.keeper, message.purpose, message.topic) == ("followup", "marketing", "followups")
    assert message.wording == f"{run.text_version.template_id}.1"
    assert message.series == f"sequence:{run.sequence_id}"
    assert message.reply_to == "admissions@example.com"
    assert run.planned_for == MONDAY + timedelta(days=1)


def test_a_step_that_was_put_in_front_is_not_made_up_for(clock: Any) -> None:
    run = begun({}, {})
    clock.shift(timedelta(days=1))
    drain()
    StepFactory(sequence=run.sequence, sort_order=-1, delay=0)
    send_all(clock, days=3)

    run.refresh_from_db()
    assert (run.state, run.steps_done) == (State.FINISHED, 2)


def test_a_step_that_was_added_at_the_end_is_sent(clock: Any) -> None:
    run = begun({})
    StepFactory(sequence=run.sequence, sort_order=9, delay=1, unit=Step.Unit.DAYS)
    send_all(clock, days=4)

    run.refresh_from_db()
    assert (run.state, run.steps_done) == (State.FINISHED, 2)


def test_no_step_is_sent_twice_however_they_are_moved(clock: Any) -> None:
    run = begun()
    first, second, third = run.sequence.steps.order_by("sort_order")
    clock.shift(timedelta(days=1))
    drain()
    for place, step in enumerate([third, second, first]):
        Step.objects.filter(pk=step.pk).update(sort_order=place, channel=Channel.EMAIL)
    send_all(clock, days=5)

    keys = list(Message.objects.filter(state="sent").values_list("key", flat=True))
    assert len(keys) == len(set(keys)) == 2
    assert f"run:{run.pk}:{third.pk}:email" not in keys


def test_a_step_whose_channel_was_changed_is_not_sent_again(clock: Any) -> None:
    run = begun({})
    clock.shift(timedelta(days=1))
    drain()
    SequenceRun.objects.update(state=State.ACTIVE, ended_at=None)
    Step.objects.update(channel=Channel.SMS)
    plan_waiting()

    assert Message.objects.count() == 1
    run.refresh_from_db()
    assert run.state == State.FINISHED


def test_every_step_may_be_taken_out_while_a_message_waits(clock: Any) -> None:
    run = begun()
    Step.objects.all().delete()
    send_all(clock, days=2)

    run.refresh_from_db()
    assert run.state == State.FINISHED
    assert mail.outbox == []


def test_a_channel_without_an_address_is_left_out_and_costs_no_time(clock: Any) -> None:
    run = begun({"channel": Channel.SMS, "delay": 1}, {"delay": 2})

    name = run.sequence.steps.order_by("sort_order").first().text.name
    assert lines(run) == [f"Follow-up “{name}” left out: there is no address for it"]
    assert run.message.channel == Channel.EMAIL
    assert run.planned_for == MONDAY + timedelta(days=3)


def test_somebody_who_can_be_reached_on_no_channel_is_named_at_once() -> None:
    run = begun(person=PersonFactory(email=""))

    assert (run.state, run.why) == (State.STOPPED, Why.UNREACHABLE)
    assert lines(run) == [f"Follow-ups “{run.sequence}” stopped: there is no address to write to"]
    assert Message.objects.count() == 0


def test_an_address_that_cannot_be_written_to_leaves_the_step_out() -> None:
    person = PersonFactory()
    ContactPoint.objects.filter(person=person).update(value="not an address")
    run = begun({}, person=person)

    assert "left out" in lines(run)[0]
    assert run.state == State.FINISHED


def test_who_wants_nothing_more_gets_nothing_planned() -> None:
    person = PersonFactory(email="asha@example.com")
    opt_out("asha@example.com", topic=Sequence.Basis.ANSWER)
    run = begun(person=person)

    assert (run.state, run.why) == (State.STOPPED, Why.UNSUBSCRIBED)
    assert Message.objects.count() == 0


def test_planning_costs_the_same_for_one_run_and_for_three() -> None:
    counts = []
    for number in (1, 3):
        for _run in range(number):
            begun({})
        Message.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            assert plan_waiting() == Message.objects.count()
        counts.append((SequenceRun.objects.active().count(), len(queries)))
        Message.objects.all().delete()
        SequenceRun.objects.update(state=State.FINISHED, ended_at=timezone.now())
    (one, of_one), (three, of_three) = counts

    a_run = (of_three - of_one) / 2
    assert (one, three) == (1, 3)
    assert a_run <= 24


def test_the_institute_is_read_once_for_many() -> None:
    shared = Institute()
    runs = [begun({}), begun({})]
    for run in runs:
        assert facts_of(run, institute=shared).institute is shared
    assert shared.settings.name == "Osiz Labs"
    with CaptureQueriesContext(connection) as queries:
        assert shared.settings.name == "Osiz Labs"
    assert len(queries) == 0


def test_leads_of_an_import_that_is_undone_take_their_runs_along(clock: Any) -> None:
    begun({})
    Lead.objects.all().delete()
    clock.shift(timedelta(days=1))

    assert drain().outcomes == {"stopped": 1}
    assert mail.outbox == []
