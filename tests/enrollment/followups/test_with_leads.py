"""What becomes of follow-ups when leads are merged, addresses change and people are restricted or erased."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from enrollment import privacy
from enrollment.correcting import add_contact_point, correct_contact_point, remove_contact_point
from enrollment.merging import merge
from enrollment.models import ContactPoint, Lead, LeadEvent, SequenceRun
from enrollment.personal import everything_about
from enrollment.unmerging import undo
from outbox.models import Channel, Message, Suppression, address_hash
from tests.factories.enrollment import ContactPointFactory, LeadEventFactory, LeadFactory, PersonFactory
from tests.factories.followups import RunFactory, SequenceFactory, StepFactory, planned_run

pytestmark = pytest.mark.django_db

State, Why = SequenceRun.State, SequenceRun.Why


@pytest.fixture
def two() -> tuple[Lead, Lead]:
    """Two leads of what is one person after all."""
    kept = LeadFactory(person=PersonFactory(email="asha@example.com"))
    return kept, LeadFactory(person=PersonFactory(email="asha.devi@example.com"))


def state(run: SequenceRun) -> tuple[str, str]:
    run.refresh_from_db()
    return run.state, run.why


def test_follow_ups_go_on_with_the_kept_lead_and_come_home_again(
    two: tuple[Lead, Lead], admissions_lead: User
) -> None:
    kept, other = two
    run = planned_run(lead=other)
    done = merge(kept=kept, other=other, actor=admissions_lead)
    assert state(run) == (State.ACTIVE, "")
    assert run.lead == kept
    assert run.message.to == "asha@example.com"

    undo(done, actor=admissions_lead)
    assert state(run) == (State.ACTIVE, "")
    assert run.lead == other
    assert run.message.to == "asha.devi@example.com"


@pytest.mark.parametrize("older", ["kept", "other"])
def test_of_two_runs_of_a_sequence_the_older_goes_on(
    two: tuple[Lead, Lead], admissions_lead: User, older: str
) -> None:
    sequence = StepFactory().sequence
    first, second = two if older == "kept" else reversed(two)
    goes_on = planned_run(lead=first, sequence=sequence, entered_at=timezone.now() - timedelta(days=2))
    stops = planned_run(lead=second, sequence=sequence)
    waiting = stops.message
    done = merge(kept=two[0], other=two[1], actor=admissions_lead)

    assert state(goes_on) == (State.ACTIVE, "")
    assert state(stops) == (State.STOPPED, Why.MERGED)
    waiting.refresh_from_db()
    assert waiting.state == Message.State.CANCELLED
    assert (goes_on.lead, stops.lead) == (two[0], two[0])
    assert two[0].events.filter(text__endswith="stopped: the other lead is in it already").exists()

    undo(done, actor=admissions_lead)
    assert state(goes_on) == (State.ACTIVE, "")
    assert state(stops) == (State.STOPPED, Why.MERGED)
    assert (goes_on.lead, stops.lead) == (first, second)
    assert Message.objects.filter(state=Message.State.PENDING).count() == 1


def test_what_ends_them_on_one_lead_ends_those_of_the_other(
    two: tuple[Lead, Lead], admissions_lead: User
) -> None:
    kept, other = two
    run = planned_run(lead=other)
    LeadEventFactory(lead=kept, kind=LeadEvent.Kind.REPLY, text="Yes")
    merge(kept=kept, other=other, actor=admissions_lead)
    assert state(run) == (State.STOPPED, Why.REPLY)


def test_an_enrolled_lead_takes_no_follow_ups_over(admissions_lead: User) -> None:
    kept = LeadFactory(stage_id=Lead.Stage.ENROLLED)
    run = planned_run()
    merge(kept=kept, other=run.lead, actor=admissions_lead, chosen={"stage": "kept"})
    assert state(run) == (State.STOPPED, Why.ENROLLED)


def test_what_waits_for_a_dropped_address_goes_to_one_that_stays(
    two: tuple[Lead, Lead], admissions_lead: User
) -> None:
    kept, other = two
    run = planned_run(lead=kept, state=Message.State.CLAIMED)
    stays = other.person.contact_points.get()
    merge(kept=kept, other=other, actor=admissions_lead, points=[stays.pk])
    state(run)
    assert (run.message.to, run.message.state) == ("asha.devi@example.com", Message.State.PENDING)


def test_a_run_without_an_address_left_stops(two: tuple[Lead, Lead], admissions_lead: User) -> None:
    kept, other = two
    run = planned_run(lead=kept)
    number = ContactPointFactory(person=other.person, kind=ContactPoint.Kind.PHONE, value="+919500481067")
    merge(kept=kept, other=other, actor=admissions_lead, points=[number.pk])
    assert state(run) == (State.STOPPED, Why.UNREACHABLE)


def test_what_waits_goes_to_the_corrected_address(admissions: User) -> None:
    run = planned_run(lead=LeadFactory(person=PersonFactory(email="ahsa@example.com")))
    wrong = run.lead.person.contact_points.get()
    correct_contact_point(
        lead=run.lead, point=wrong, value="asha@example.com", as_typed="asha@example.com", actor=admissions
    )
    state(run)
    assert run.message.to == "asha@example.com"

    add_contact_point(
        lead=run.lead,
        kind="email",
        value="second@example.com",
        as_typed="second@example.com",
        actor=admissions,
    )
    wrong.refresh_from_db()
    remove_contact_point(lead=run.lead, point=wrong, actor=admissions)
    state(run)
    assert run.message.to == "second@example.com"


def test_restricting_stops_and_suppresses_every_way_and_lifting_starts_nothing(admissions_lead: User) -> None:
    person = PersonFactory(email="asha@example.com", phone="+919500481067")
    run = planned_run(lead=LeadFactory(person=person))
    by_phone = StepFactory(sequence=SequenceFactory(), channel=Channel.SMS).sequence
    texts = planned_run(lead=run.lead, sequence=by_phone)
    messages = [run.message, texts.message]
    privacy.restrict(person=person, actor=admissions_lead, reason="they asked")

    assert state(run) == (State.STOPPED, Why.ERASED)
    assert state(texts) == (State.STOPPED, Why.ERASED)
    for message in messages:
        message.refresh_from_db()
        assert message.state == Message.State.CANCELLED
    number = Suppression.objects.filter(address_hash=address_hash("+919500481067"))
    assert set(number.values_list("channel", flat=True)) == {Channel.WHATSAPP, Channel.SMS}

    privacy.lift(person=person, actor=admissions_lead)
    assert state(run) == (State.STOPPED, Why.ERASED)
    assert not Suppression.objects.exists()


def test_a_number_that_a_family_shares_stays_open_to_the_others(admissions_lead: User) -> None:
    family = [PersonFactory(phone="+919500481067") for _ in range(2)]
    other = planned_run(lead__person=family[1])
    privacy.restrict(person=family[0], actor=admissions_lead, reason="they asked")
    assert state(other) == (State.ACTIVE, "")
    assert not Suppression.objects.filter(address_hash=address_hash("+919500481067")).exists()


def test_a_purge_leaves_runs_without_words(admissions_lead: User) -> None:
    run = planned_run()
    person = run.lead.person
    privacy.erase(person=person, actor=admissions_lead)
    person.refresh_from_db()
    person.purge_on = timezone.localdate() - timedelta(days=1)
    person.save(update_fields=["purge_on"])
    assert privacy.purge_due() == 1
    assert state(run) == (State.STOPPED, Why.ERASED)
    assert not run.lead.events.exclude(text="").exists()


def test_what_is_taken_away_has_follow_ups_and_messages_on_every_channel() -> None:
    person = PersonFactory(email="asha@example.com", phone="+919500481067")
    lead = LeadFactory(person=person)
    by_phone = StepFactory(sequence=SequenceFactory(name="By phone"), channel=Channel.SMS).sequence
    planned_run(lead=lead)
    text = planned_run(lead=lead, sequence=by_phone).message
    Message.objects.filter(pk=text.pk).update(to="+919500481067")
    RunFactory(lead=lead, state=State.STOPPED, why=Why.REPLY, ended_at=timezone.now())

    data = everything_about(person)
    assert {row["to"] for row in data["messages"]} == {"asha@example.com", "+919500481067"}
    runs = data["enquiries"][0]["follow_ups"]
    assert {(row["state"], row["why_it_stopped"]) for row in runs} == {
        ("Running", None),
        ("Stopped", "They answered"),
    }
