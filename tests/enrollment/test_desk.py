"""What admissions do to a lead, and the line that each deed leaves."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from enrollment.desk import add_note, assign_owner, change_stage, plan_next_action
from enrollment.errors import ChangedMeanwhile
from enrollment.models import ClosingReason, Lead, LeadEvent
from tests.factories.enrollment import LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> Lead:
    return LeadFactory()


def test_a_note_stands_on_the_timeline_with_its_author(lead: Lead, admissions: User) -> None:
    add_note(lead=lead, text="Called, calls back.", actor=admissions)

    event = lead.events.get()
    assert (event.kind, event.text, event.actor) == (LeadEvent.Kind.NOTE, "Called, calls back.", admissions)


def test_leaving_new_counts_as_the_answer_once(lead: Lead, admissions: User) -> None:
    change_stage(lead=lead, stage=Lead.Stage.CONTACTED, actor=admissions)
    lead.refresh_from_db()
    answered = lead.answered_at
    assert answered is not None

    change_stage(lead=lead, stage=Lead.Stage.QUALIFIED, actor=admissions)
    change_stage(lead=lead, stage=Lead.Stage.NEW, actor=admissions)
    change_stage(lead=lead, stage=Lead.Stage.QUALIFIED, actor=admissions)
    lead.refresh_from_db()
    assert lead.answered_at == answered
    assert [event.text for event in lead.events.all()] == [
        "New to Qualified",
        "Qualified to New",
        "Contacted to Qualified",
        "New to Contacted",
    ]


def test_going_straight_back_to_new_takes_the_answer_back(lead: Lead, admissions: User) -> None:
    change_stage(lead=lead, stage=Lead.Stage.CONTACTED, actor=admissions)
    change_stage(lead=lead, stage=Lead.Stage.NEW, actor=admissions)

    lead.refresh_from_db()
    assert lead.answered_at is None


def test_moving_to_the_present_stage_leaves_no_line(lead: Lead, admissions: User) -> None:
    change_stage(lead=lead, stage=Lead.Stage.NEW, actor=admissions)

    assert not lead.events.exists()


def test_a_stage_that_was_changed_meanwhile_is_not_overwritten(
    lead: Lead, admissions: User, admissions_lead: User
) -> None:
    change_stage(
        lead=lead,
        stage=Lead.Stage.CLOSED,
        reason=ClosingReason.objects.first(),
        actor=admissions_lead,
        shown=Lead.Stage.NEW,
    )

    with pytest.raises(ChangedMeanwhile) as caught:
        change_stage(lead=lead, stage=Lead.Stage.CONTACTED, actor=admissions, shown=Lead.Stage.NEW)

    assert caught.value.what == "Closed"
    assert caught.value.by == str(admissions_lead)
    lead.refresh_from_db()
    assert lead.stage_id == Lead.Stage.CLOSED


def test_two_people_who_take_one_lead_learn_of_each_other(
    lead: Lead, admissions: User, admissions_lead: User
) -> None:
    assign_owner(lead=lead, owner=admissions, actor=admissions, shown="")

    with pytest.raises(ChangedMeanwhile):
        assign_owner(lead=lead, owner=admissions_lead, actor=admissions_lead, shown="")

    lead.refresh_from_db()
    assert lead.owner == admissions


def test_a_lead_can_be_given_to_nobody(lead: Lead, admissions: User) -> None:
    assign_owner(lead=lead, owner=admissions, actor=admissions)
    assign_owner(lead=lead, owner=None, actor=admissions)

    lead.refresh_from_db()
    assert lead.owner is None
    assert lead.events.first().text == f"{admissions} to Nobody"


def test_a_plan_is_written_down_and_ticked_off(lead: Lead, admissions: User) -> None:
    at = timezone.now() + timedelta(days=1)
    plan_next_action(lead=lead, action="Call about the January group", at=at, actor=admissions)
    plan_next_action(lead=lead, action="Call about the January group", at=at, actor=admissions)
    lead.refresh_from_db()
    assert (lead.next_action, lead.next_action_at) == ("Call about the January group", at)
    assert lead.events.count() == 1

    plan_next_action(lead=lead, action="", at=None, actor=admissions)
    lead.refresh_from_db()
    assert (lead.next_action, lead.next_action_at) == ("", None)
    assert lead.events.first().text == "Done: Call about the January group"


def test_a_time_without_an_action_is_refused_by_the_database(lead: Lead) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Lead.objects.filter(pk=lead.pk).update(next_action_at=timezone.now())


def test_nothing_is_lost_when_the_timeline_cannot_be_written(
    lead: Lead, admissions: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(LeadEvent.objects, "create", fail)
    with pytest.raises(RuntimeError):
        change_stage(
            lead=lead, stage=Lead.Stage.CLOSED, reason=ClosingReason.objects.first(), actor=admissions
        )

    lead.refresh_from_db()
    assert lead.stage_id == Lead.Stage.NEW
