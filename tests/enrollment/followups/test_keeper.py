"""A follow-up is asked about when it is about to leave, and what becomes of it decides what comes next."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from enrollment.followups import keeper, planning
from enrollment.followups.planning import plan, plan_waiting
from enrollment.followups.stopping import stop_runs
from enrollment.models import ClosingReason, ContactPoint, Lead, LeadEvent, Person, SequenceRun, Step
from enrollment.tasks import plan_followups
from outbox.claiming import claim
from outbox.delivery import drain
from outbox.models import Channel, DeliveryAttempt, Message, Suppression, address_hash
from outbox.suppression import opt_out
from tests.conftest import SmallCourse
from tests.factories.enrollment import LeadFactory, PersonFactory
from tests.factories.followups import RunFactory, SequenceFactory, StepFactory, TextFactory

pytestmark = pytest.mark.django_db

State = SequenceRun.State
Why = SequenceRun.Why
MONDAY = "2026-09-07 12:00 +05:30"


@pytest.fixture(autouse=True)
def _site(course: SmallCourse) -> None:
    pass


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Noon on a Monday, for the database too."""
    monkeypatch.setattr("outbox.clock.database_time", timezone.now)
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


def begun(*steps: dict, course: Any = None, person: Person | None = None, **values: Any) -> SequenceRun:
    """Return a run whose first message is planned; without steps, of two mails with a day between them."""
    sequence = SequenceFactory(**values)
    for place, step in enumerate(steps or ({"delay": 0}, {"delay": 1})):
        StepFactory(**{"sequence": sequence, "unit": Step.Unit.DAYS, "sort_order": place} | step)
    lead = LeadFactory(person=person or PersonFactory(name="Asha Devi"), course=course)
    run = RunFactory(lead=lead, sequence=sequence)
    with transaction.atomic():
        plan(run)
    return run


def lines(run: SequenceRun, kind: str = LeadEvent.Kind.FOLLOWUP) -> list[str]:
    return list(run.lead.events.filter(kind=kind).values_list("text", flat=True))


def test_a_follow_up_leaves_and_the_next_one_is_planned(clock: Any, course: SmallCourse) -> None:
    run = begun(course=course.page)
    first = run.message
    assert drain().outcomes == {"sent": 1}

    run.refresh_from_db()
    assert run.steps_done == 1
    assert run.message != first
    assert run.message.due_at == timezone.now() + timedelta(days=1)
    event = run.lead.events.get(kind=LeadEvent.Kind.MESSAGE)
    assert (event.message, event.text) == (first, "Python full-stack: any questions?")
    assert mail.outbox[0].subject == "Python full-stack: any questions?"
    assert "Hello Asha Devi,\n\nhave you any" in mail.outbox[0].body
    assert drain().outcomes == {}

    clock.shift(timedelta(days=1))
    assert drain().outcomes == {"sent": 1}
    run.refresh_from_db()
    assert (run.state, run.steps_done, run.message) == (State.FINISHED, 2, None)
    assert lines(run) == [f"Follow-ups “{run.sequence}” finished"]


def test_one_that_was_late_lets_the_next_one_wait_as_long_as_ever(clock: Any) -> None:
    run = begun()
    clock.shift(timedelta(hours=3))
    drain()

    run.refresh_from_db()
    assert run.message.due_at == timezone.now() + timedelta(days=1)


def test_a_sequence_that_is_off_holds_its_messages_and_goes_on_when_it_is_on(clock: Any) -> None:
    run = begun()
    run.sequence.is_on = False
    run.sequence.save()
    assert drain().outcomes == {"postponed": 1}
    run.message.refresh_from_db()
    assert run.message.last_error == "The sequence was switched off."
    assert run.message.attempts == 0

    run.sequence.is_on = True
    run.sequence.save()
    clock.shift(timedelta(hours=1))
    assert drain().outcomes == {"sent": 1}


def test_a_snoozed_run_holds_its_message_until_then(clock: Any) -> None:
    run = begun()
    SequenceRun.objects.update(snoozed_until=timezone.now() + timedelta(days=2))
    assert drain().outcomes == {"postponed": 1}
    clock.shift(timedelta(days=2))
    assert drain().outcomes == {"sent": 1}
    run.refresh_from_db()
    assert run.steps_done == 1


def test_what_is_planned_for_a_snoozed_run_waits_until_then(clock: Any) -> None:
    run = begun()
    until = timezone.now() + timedelta(days=5)
    message = run.message
    SequenceRun.objects.update(snoozed_until=until, message=None)
    message.delete()
    plan_waiting()

    run.refresh_from_db()
    assert run.message.due_at == until


def test_a_fact_that_stops_is_seen_although_nobody_told(clock: Any) -> None:
    run = begun()
    reason = ClosingReason.objects.first()
    Lead.objects.update(stage=Lead.Stage.CLOSED, closing_reason=reason)

    assert drain().outcomes == {"stopped": 1}
    run.refresh_from_db()
    assert (run.state, run.why, run.message) == (State.STOPPED, Why.CLOSED, None)
    assert lines(run) == [f"Follow-ups “{run.sequence}” stopped: the lead was closed"]
    assert Message.objects.get().state == Message.State.CANCELLED


def test_a_run_that_was_stopped_after_its_message_was_claimed_sends_nothing() -> None:
    run = begun()
    message = claim(Channel.EMAIL)[0]
    stop_runs(run.lead, Why.REPLY)

    assert keeper.stopped([message]) == {message.pk: "The follow-ups ended."}
    assert keeper.verdict(message).stop == "The follow-ups ended."


def test_a_run_that_is_gone_with_its_lead_sends_nothing() -> None:
    run = begun()
    run.lead.delete()

    assert drain().outcomes == {"stopped": 1}
    assert mail.outbox == []


def test_an_address_that_unsubscribed_meanwhile_ends_the_run(clock: Any) -> None:
    run = begun()
    opt_out(run.message.to, topic=run.sequence.basis)
    drain()

    run.refresh_from_db()
    assert (run.state, run.why) == (State.STOPPED, Why.UNSUBSCRIBED)
    assert mail.outbox == []


def test_an_outbox_that_finds_the_address_suppressed_says_why() -> None:
    run = begun()
    message = run.message
    Suppression.objects.bulk_create(
        [Suppression(channel="email", address_hash=address_hash(message.to), reason="bounced")]
    )
    keeper.ended(message, DeliveryAttempt.Outcome.SUPPRESSED)

    run.refresh_from_db()
    assert (run.state, run.why) == (State.STOPPED, Why.BOUNCED)


def test_a_step_whose_conditions_do_not_hold_is_left_out_with_a_word(clock: Any) -> None:
    run = begun({"delay": 0, "conditions": [("account_made", None)]}, {"delay": 2})

    assert drain().outcomes == {"stopped": 1}
    run.refresh_from_db()
    name = run.sequence.steps.first().text.name
    assert lines(run) == [f"Follow-up “{name}” left out: they have no account yet"]
    assert (run.state, run.steps_done) == (State.ACTIVE, 0)
    assert run.message.due_at == timezone.now() + timedelta(days=2)
    assert mail.outbox == []


def test_a_text_with_a_place_that_nothing_fills_never_leaves(clock: Any, course: SmallCourse) -> None:
    text = TextFactory(name="Group", body="Your group starts on {cohort_start}.")
    run = begun({"delay": 0, "text": text}, {"delay": 1}, course=course.page)

    assert drain().outcomes == {"stopped": 1}
    assert lines(run) == ["Follow-up “Group” left out: nothing is known for {cohort_start}"]
    assert mail.outbox == []


def test_facts_that_changed_since_it_was_planned_are_in_what_leaves(clock: Any) -> None:
    run = begun({"delay": 1})
    Person.objects.update(name="Asha Kumari")
    run.message.refresh_from_db()
    assert "Asha Devi" in run.message.text

    clock.shift(timedelta(days=1))
    drain()
    assert "Hello Asha Kumari," in mail.outbox[0].body
    assert "Asha Kumari" in mail.outbox[0].alternatives[0].content
    assert "Asha Kumari" in Message.objects.get(pk=run.message.pk).text


def test_a_text_that_was_edited_meanwhile_leaves_as_it_was_planned(clock: Any) -> None:
    run = begun({"delay": 1})
    text = run.step.text
    text.body = "Something else entirely, {name}"
    text.save()

    clock.shift(timedelta(days=1))
    drain()
    assert "have you any questions" in mail.outbox[0].body
    assert Message.objects.first().wording == f"{text.pk}.1"


def test_what_somebody_wrote_by_hand_leaves_as_they_wrote_it(clock: Any, admissions: User) -> None:
    run = begun({"delay": 1})
    Message.objects.update(text="Dear Asha, shall we talk?", html="")
    SequenceRun.objects.update(edited_by=admissions)
    Person.objects.update(name="Asha Kumari")

    clock.shift(timedelta(days=1))
    drain()
    assert mail.outbox[0].body.startswith("Dear Asha, shall we talk?")
    run.refresh_from_db()
    assert run.edited_by is None


def test_it_goes_to_the_address_that_the_person_has_by_now(clock: Any) -> None:
    run = begun()
    ContactPoint.objects.update(value="new@example.com")
    assert drain().outcomes == {"postponed": 1}
    clock.shift(timedelta(seconds=10))
    assert drain().outcomes == {"sent": 1}
    assert mail.outbox[0].to == ["new@example.com"]
    assert run.lead.events.filter(kind=LeadEvent.Kind.MESSAGE).count() == 1


def test_a_person_without_any_address_left_is_not_written_to(clock: Any) -> None:
    run = begun({"delay": 0})
    ContactPoint.objects.all().delete()

    assert drain().outcomes == {"stopped": 1}
    assert "there is no address for it" in lines(run)[-1]


def test_answers_go_to_whoever_owns_the_lead_by_now(clock: Any, admissions: User) -> None:
    begun({"delay": 0})
    Lead.objects.update(owner=admissions)
    drain()

    assert mail.outbox[0].reply_to == [admissions.email]


def test_a_step_that_was_taken_out_is_left_out_and_the_next_one_follows(clock: Any) -> None:
    run = begun()
    run.sequence.steps.order_by("sort_order").first().delete()

    assert drain().outcomes == {"stopped": 1}
    run.refresh_from_db()
    assert "its step was taken out of the sequence" in lines(run)[0]
    assert run.message.due_at == timezone.now() + timedelta(days=1)


class Refuses(EmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise ValueError("no such header")


def test_after_a_refusal_the_next_step_is_tried(clock: Any, settings: Any) -> None:
    run = begun()
    refuses = {"BACKEND": "tests.enrollment.followups.test_keeper.Refuses"}
    way = settings.MAILERS["delivery"]
    settings.MAILERS = {**settings.MAILERS, "delivery": refuses}
    assert drain().outcomes == {"failed": 1}

    run.refresh_from_db()
    assert (run.state, run.steps_done) == (State.ACTIVE, 0)
    event = run.lead.events.get(kind=LeadEvent.Kind.MESSAGE)
    assert event.message.state == Message.State.FAILED
    settings.MAILERS = {**settings.MAILERS, "delivery": way}
    clock.shift(timedelta(days=1))
    assert drain().outcomes == {"sent": 1}
    run.refresh_from_db()
    assert run.state == State.FINISHED


def test_a_run_that_nothing_of_ever_left_stops(clock: Any, settings: Any) -> None:
    run = begun({"delay": 0})
    refuses = {"BACKEND": "tests.enrollment.followups.test_keeper.Refuses"}
    settings.MAILERS = {**settings.MAILERS, "delivery": refuses}
    drain()

    run.refresh_from_db()
    assert (run.state, run.why) == (State.STOPPED, Why.FAILED)


def test_telling_the_end_twice_notes_it_once() -> None:
    run = begun()
    message = run.message
    keeper.ended(message, DeliveryAttempt.Outcome.SENT)
    keeper.ended(message, DeliveryAttempt.Outcome.SENT)

    run.refresh_from_db()
    assert run.steps_done == 1
    assert run.lead.events.filter(kind=LeadEvent.Kind.MESSAGE).count() == 1
    assert Message.objects.count() == 2


def test_a_run_that_ended_while_its_message_left_still_shows_it() -> None:
    run = begun()
    message = run.message
    Message.objects.update(state="sending", lease_token="0" * 32, leased_until=timezone.now())
    stop_runs(run.lead, Why.REPLY)
    keeper.ended(message, DeliveryAttempt.Outcome.SENT)

    run.refresh_from_db()
    assert (run.state, run.message, run.steps_done) == (State.STOPPED, None, 1)
    assert run.lead.events.filter(kind=LeadEvent.Kind.MESSAGE).count() == 1


@pytest.mark.parametrize("gone", ["cancelled", "failed", "deleted"])
def test_no_run_stays_without_a_next_message(clock: Any, gone: str) -> None:
    run = begun()
    first = run.message
    if gone == "deleted":
        first.delete()
    else:
        Message.objects.update(state=gone)
    clock.shift(timedelta(minutes=1))
    plan_followups()
    plan_followups()

    run.refresh_from_db()
    if gone == "deleted":
        assert run.step == run.sequence.steps.first()
    else:
        assert run.step == run.sequence.steps.last()
    assert run.message.state == Message.State.PENDING


def test_one_run_that_cannot_be_planned_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, good = begun(), begun()
    Message.objects.all().delete()
    really = planning.plan

    def fail(run: SequenceRun, **kwargs: Any) -> Any:
        if run.pk == bad.pk:
            raise ValueError("no")
        return really(run, **kwargs)

    monkeypatch.setattr(planning, "plan", fail)
    assert plan_waiting() == 1
    good.refresh_from_db()
    assert good.message is not None


def test_a_mail_that_goes_as_it_is_costs_few_queries(clock: Any, course: SmallCourse) -> None:
    for _run in range(3):
        begun({"delay": 0}, course=course.page, person=PersonFactory())
    batch = claim(Channel.EMAIL)
    with CaptureQueriesContext(connection) as queries:
        assert keeper.stopped(batch) == {}
    assert len(queries) == 1
    counts = []
    for message in batch:
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            verdict = keeper.verdict(message)
        assert verdict == keeper.GO
        counts.append(len(queries))

    assert counts[1:] == [3, 3]
    assert counts[0] <= 7  # the institute and its holidays, once a batch


def test_what_is_kept_of_a_wait_stays_true_whenever_it_is_read(clock: Any) -> None:
    run = begun()
    clock.move_to("2026-09-07 22:28 +05:30")
    assert drain().outcomes == {"postponed": 1}
    run.message.refresh_from_db()
    assert run.message.last_error == (
        "Outside the hours in which follow-ups leave, 10:00 to 20:00 where they are."
    )
    assert run.message.deliveries.get().detail == run.message.last_error


def test_what_was_planned_for_outside_the_hours_leaves_in_them_without_a_line(clock: Any) -> None:
    run = begun({"delay": 11, "unit": Step.Unit.HOURS})
    assert run.message.last_error == ""
    clock.move_to("2026-09-08 10:00 +05:30")
    assert drain().outcomes == {"sent": 1}
    assert [attempt.outcome for attempt in run.message.deliveries.all()] == ["sent"]


def test_a_web_server_whose_clock_is_behind_lets_what_is_due_leave(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun({"delay": 11, "unit": Step.Unit.HOURS})
    due_at = Message.objects.get().due_at
    monkeypatch.setattr("outbox.clock.database_time", lambda: due_at)
    clock.move_to(due_at - timedelta(milliseconds=40))
    assert drain().outcomes == {"sent": 1}
