"""A run can wait, go on and be stopped by hand, and its next mail can be changed until it leaves."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from courses import wall_clock
from enrollment.errors import (
    FollowUpsEnded,
    InSequenceAlready,
    MessageLeft,
    NotYourMessage,
    TextIsFixed,
)
from enrollment.followups import keeper, snoozing
from enrollment.followups.entering import Entry, enter
from enrollment.followups.starting import offered, start_by_hand
from enrollment.followups.stopping import stop_runs
from enrollment.models import Lead, LeadEvent, Sequence, SequenceRun
from outbox.models import Channel, Message
from tests.factories.enrollment import LeadFactory, PersonFactory
from tests.factories.followups import RunFactory, SequenceFactory, StepFactory, TextFactory, planned_run

pytestmark = pytest.mark.django_db

State = Message.State


@pytest.fixture
def run(admissions: User) -> SequenceRun:
    """A run whose first mail is planned, of a lead that the counsellor looks after."""
    lead = LeadFactory(owner=admissions, person=PersonFactory(name="Asha Devi"))
    sequence = SequenceFactory(name="After a visit")
    StepFactory(
        sequence=sequence, text=TextFactory(subject="Questions?", body="Hello {name},\n\nstill there?")
    )
    entry = Entry(lead=lead, entry_key="visit", at=timezone.now())
    run = enter(sequence, entry)
    assert run
    assert run.message
    return run


def lines(lead: Lead) -> list[str]:
    return list(lead.events.filter(kind=LeadEvent.Kind.FOLLOWUP).values_list("text", flat=True))


def test_a_snoozed_run_sends_nothing_before_its_day(run: SequenceRun, admissions: User) -> None:
    day = wall_clock.today() + timedelta(days=30)
    snoozing.snooze(run, day, admissions)
    snoozing.snooze(run, day, admissions)

    run.refresh_from_db()
    assert run.is_snoozed
    assert run.message.due_at >= wall_clock.midnight(day)
    verdict = keeper.verdict(run.message)
    assert verdict.wait_until
    assert verdict.wait_until >= wall_clock.midnight(day)
    assert [line for line in lines(run.lead) if "snoozed" in line] == [
        f"Follow-ups “After a visit” snoozed until {day:%a} {day.day} {day:%b} {day.year}"
    ]


def test_a_snooze_takes_a_message_back_from_a_sender_that_holds_it(admissions: User) -> None:
    run = planned_run(state=State.CLAIMED)
    snoozing.snooze(run, wall_clock.today() + timedelta(days=3), admissions)
    message = Message.objects.get()
    assert (message.state, message.lease_token) == (State.PENDING, None)
    assert message.due_at > timezone.now() + timedelta(days=2)


def test_a_run_that_goes_on_sends_when_it_was_planned_or_now(admissions: User) -> None:
    late = planned_run()
    early = planned_run()
    soon = timezone.now() + timedelta(days=1)
    SequenceRun.objects.filter(pk=early.pk).update(planned_for=soon)
    for run in (late, early):
        snoozing.snooze(run, wall_clock.today() + timedelta(days=9), admissions)
        snoozing.resume(run, admissions)
        snoozing.resume(run, admissions)

    late.refresh_from_db()
    early.refresh_from_db()
    assert late.snoozed_until is None
    assert late.message.due_at < timezone.now() + timedelta(days=2)
    assert early.message.due_at >= soon
    assert len([line for line in lines(late.lead) if line.endswith("go on")]) == 1


def test_what_has_ended_is_neither_snoozed_nor_resumed_and_stopping_it_again_is_harmless(
    run: SequenceRun, admissions: User
) -> None:
    stop_runs(run.lead, SequenceRun.Why.REPLY)
    with pytest.raises(FollowUpsEnded, match="they answered"):
        snoozing.snooze(run, wall_clock.today() + timedelta(days=1), admissions)
    with pytest.raises(FollowUpsEnded):
        snoozing.resume(run, admissions)
    assert snoozing.stop_by_hand(run, admissions).pk == run.pk
    run.refresh_from_db()
    assert run.why == SequenceRun.Why.REPLY


def test_stopping_by_hand_says_who_did_it(run: SequenceRun, admissions: User) -> None:
    message = run.message
    snoozing.stop_by_hand(run, admissions)
    message.refresh_from_db()
    assert message.state == State.CANCELLED
    line = run.lead.events.get(text="Follow-ups “After a visit” stopped by hand")
    assert line.actor == admissions


def edit(run: SequenceRun, actor: User, **values: object) -> SequenceRun:
    values = {"shown": snoozing.shown_of(run.message), **values}
    return snoozing.edit_message(run, "About your visit", "Dear Asha,\n\nshall we talk?", actor, **values)


def test_the_owner_changes_the_middle_and_the_rest_stays(run: SequenceRun, admissions: User) -> None:
    edit(run, admissions)
    message = Message.objects.get(pk=run.message_id)
    assert message.subject == "About your visit"
    assert message.text.startswith("Dear Asha,\n\nshall we talk?")
    assert "shall we talk?" in message.html
    assert "[[unsubscribe_url]]" in message.text
    assert "[[unsubscribe_url]]" in message.html
    run.refresh_from_db()
    assert run.edited_by == admissions


def test_an_edited_mail_leaves_as_it_was_written(run: SequenceRun, admissions: User) -> None:
    edit(run, admissions)
    run.lead.person.name = "Asha Kumar"
    run.lead.person.save(update_fields=["name"])
    message = Message.objects.get(pk=run.message_id)
    assert not {"subject", "text", "html"} & set(keeper.verdict(message).changes)


def test_the_original_comes_back_with_todays_facts(run: SequenceRun, admissions: User) -> None:
    edit(run, admissions)
    message = Message.objects.get(pk=run.message_id)
    snoozing.take_original_back(run, admissions, shown=snoozing.shown_of(message))
    message.refresh_from_db()
    run.refresh_from_db()
    assert run.edited_by is None
    assert message.subject == "Questions?"
    assert message.text.startswith("Hello Asha Devi,\n\nstill there?")


def test_only_the_owner_or_who_manages_leads_changes_a_mail(
    run: SequenceRun, admissions: User, admissions_lead: User
) -> None:
    with pytest.raises(NotYourMessage):
        edit(run, admissions_lead)
    edit(run, admissions_lead, may_manage=True)
    run.refresh_from_db()
    assert run.edited_by == admissions_lead


@pytest.mark.parametrize("state", [State.SENDING, State.SENT, State.UNKNOWN])
def test_what_has_left_is_not_changed(admissions: User, state: str) -> None:
    run = planned_run(state=state, lead__owner=admissions)
    with pytest.raises(MessageLeft):
        edit(run, admissions)
    assert Message.objects.get().subject != "About your visit"


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(run: SequenceRun, admissions: User) -> None:
    seen = snoozing.shown_of(run.message)
    edit(run, admissions)
    with pytest.raises(MessageLeft):
        snoozing.edit_message(run, "Mine", "Mine", admissions, shown=seen)


@pytest.mark.parametrize("channel", [Channel.WHATSAPP, Channel.SMS])
def test_approved_texts_are_not_changed(admissions: User, channel: str) -> None:
    lead = LeadFactory(owner=admissions, person=PersonFactory(phone="+919500481067"))
    step = StepFactory(channel=channel)
    run = planned_run(lead=lead, sequence=step.sequence)
    with pytest.raises(TextIsFixed):
        edit(run, admissions)


def test_starting_by_hand_begins_once(admissions: User) -> None:
    lead, key = LeadFactory(), uuid4()
    sequence = StepFactory().sequence
    runs = {start_by_hand(sequence, lead=lead, key=key, actor=admissions).pk for _ in range(2)}
    assert len(runs) == 1
    assert SequenceRun.objects.get().message
    event = lead.events.get(kind=LeadEvent.Kind.FOLLOWUP)
    assert (event.text, event.actor) == (f"Follow-ups “{sequence}” started by hand", admissions)
    with pytest.raises(InSequenceAlready):
        start_by_hand(sequence, lead=lead, key=uuid4(), actor=admissions)


def test_only_what_fits_is_offered(admissions: User) -> None:
    lead = LeadFactory()
    fits = SequenceFactory()
    SequenceFactory(is_on=False)
    SequenceFactory(interest=Lead.Interest.PLACEMENT)
    SequenceFactory(trigger=Sequence.Trigger.ENROLLED)
    SequenceFactory(trigger=Sequence.Trigger.WAITING)
    RunFactory(lead=lead)
    assert offered(lead) == [fits]
    assert offered(LeadFactory(stage_id="closed")) == []
