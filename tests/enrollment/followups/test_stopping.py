"""Whatever ends follow-ups says so on the timeline, and the message that waited never leaves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from courses import wall_clock
from enrollment.followups.stopping import reason_to_stop, stop_runs, stop_runs_of
from enrollment.models import Consent, Enrollment, Lead, LeadEvent, Sequence, SequenceRun
from outbox.models import Channel, Message
from tests.conftest import SmallCourse
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import (
    ConsentFactory,
    EnrollmentFactory,
    LeadEventFactory,
    LeadFactory,
    PersonFactory,
)
from tests.factories.followups import RunFactory, SequenceFactory, StepFactory, planned_run

pytestmark = pytest.mark.django_db

Why = SequenceRun.Why
State = Message.State


def lines(lead: Lead) -> list[str]:
    return list(lead.events.filter(kind=LeadEvent.Kind.FOLLOWUP).values_list("text", flat=True))


@pytest.mark.parametrize("state", [State.PENDING, State.CLAIMED])
def test_a_stop_takes_the_message_back_and_says_why(admissions: User, state: str) -> None:
    run = planned_run(state=state, sequence__name="A visit")
    message = run.message

    assert stop_runs(run.lead, Why.REPLY, actor=admissions) == 1

    run.refresh_from_db()
    message.refresh_from_db()
    assert (run.state, run.why, run.message) == (SequenceRun.State.STOPPED, Why.REPLY, None)
    assert run.ended_at is not None
    assert (message.state, message.lease_token) == (State.CANCELLED, None)
    assert lines(run.lead) == ["Follow-ups “A visit” stopped: they answered"]
    assert run.lead.events.get().actor == admissions


def test_a_message_that_is_leaving_stays_the_runs_own_until_it_has_ended() -> None:
    run = planned_run(state=State.SENDING)
    stop_runs(run.lead, Why.CLOSED)

    run.refresh_from_db()
    assert (run.state, run.message.state) == (SequenceRun.State.STOPPED, State.SENDING)


def test_a_message_whose_delivery_was_unclear_is_never_sent_again(db: None) -> None:
    run = planned_run(state=State.UNKNOWN, sequence__name="A visit")
    message = run.message
    stop_runs(run.lead, Why.REPLY)

    message.refresh_from_db()
    assert message.state == State.CANCELLED
    assert lines(run.lead) == [
        "Follow-ups “A visit” stopped: they answered. The last message was unclear: it may have arrived."
    ]


def test_stopping_twice_says_it_once() -> None:
    run = planned_run()
    assert [stop_runs(run.lead, Why.STAFF) for _ in range(2)] == [1, 0]
    assert len(lines(run.lead)) == 1


@pytest.mark.parametrize(
    ("why", "box"),
    [
        (Why.REPLY, "stop_on_reply"),
        (Why.CALL, "stop_on_call"),
        (Why.ENROLLED, "stop_on_enrolment"),
        (Why.CLOSED, "stop_on_closing"),
        (Why.COHORT, "stop_on_cohort_start"),
    ],
)
def test_a_sequence_goes_on_where_its_box_is_empty(why: str, box: str) -> None:
    kept = planned_run(**{f"sequence__{box}": False})
    stopped = planned_run(lead=kept.lead)

    assert stop_runs(kept.lead, why) == 1
    assert list(SequenceRun.objects.active()) == [kept]
    stopped.refresh_from_db()
    assert stopped.why == why


def test_enrolling_ends_no_sequence_that_enrolling_starts() -> None:
    run = planned_run(sequence__trigger=Sequence.Trigger.ENROLLED)
    at_stage = planned_run(
        lead=run.lead, sequence__trigger=Sequence.Trigger.STAGE, sequence__stage_id=Lead.Stage.ENROLLED
    )
    assert stop_runs(run.lead, Why.ENROLLED) == 0
    at_closed = planned_run(
        lead=run.lead, sequence__trigger=Sequence.Trigger.STAGE, sequence__stage_id=Lead.Stage.CLOSED
    )
    assert stop_runs(run.lead, Why.CLOSED) == 2
    assert list(SequenceRun.objects.active()) == [at_closed]
    assert at_stage != run


def test_only_what_may_write_for_a_topic_ends_with_it() -> None:
    news = planned_run(sequence__basis=Sequence.Basis.NEWS)
    answer = planned_run(lead=news.lead)

    assert stop_runs_of([news.lead.person], Why.UNSUBSCRIBED, topic="news") == 1
    assert list(SequenceRun.objects.active()) == [answer]
    assert stop_runs_of([news.lead.person], Why.UNSUBSCRIBED) == 1


def test_a_dead_number_ends_no_sequence_of_mails() -> None:
    mails = planned_run()
    StepFactory(sequence=(mixed := SequenceFactory()), channel=Channel.SMS)
    RunFactory(lead=mails.lead, sequence=mixed)

    assert stop_runs_of([mails.lead.person], Why.BOUNCED, channel=Channel.SMS) == 1
    assert list(SequenceRun.objects.active()) == [mails]


def test_all_leads_of_a_person_are_meant_and_no_others() -> None:
    run = planned_run()
    planned_run(lead=LeadFactory(person=run.lead.person))
    stranger = planned_run()

    assert stop_runs_of([run.lead.person], Why.REPLY) == 2
    assert list(SequenceRun.objects.active()) == [stranger]


def test_a_run_without_a_reason_goes_on(django_assert_num_queries: object) -> None:
    run = planned_run()
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert reason_to_stop(run) == ""


@pytest.mark.parametrize(
    ("kind", "outcome", "why"),
    [
        ("reply", "", Why.REPLY),
        ("call", "reached", Why.CALL),
        ("call", "call-back", Why.CALL),
        ("call", "no-answer", ""),
        ("another", "", ""),
        ("note", "", ""),
    ],
)
def test_what_happened_on_any_lead_of_the_person_is_a_reason(kind: str, outcome: str, why: str) -> None:
    run = planned_run()
    elsewhere = LeadFactory(person=run.lead.person)
    LeadEventFactory(lead=elsewhere, kind=kind, outcome=outcome)
    assert reason_to_stop(run) == why


def test_what_happened_before_it_began_is_none() -> None:
    run = planned_run()
    LeadEventFactory(lead=run.lead, kind="reply", created_at=run.entered_at - timedelta(minutes=1))
    assert reason_to_stop(run) == ""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"set_aside": "merged"}, Why.MERGED),
        ({"set_aside": "restricted"}, Why.ERASED),
        ({"stage_id": "enrolled"}, Why.ENROLLED),
        ({"stage_id": "closed"}, Why.CLOSED),
    ],
)
def test_where_the_lead_stands_is_a_reason(change: dict[str, str], why: str) -> None:
    kept = LeadFactory()
    run = planned_run(lead=LeadFactory(stage_id=change.get("stage_id", "new")))
    if change.get("set_aside") == "merged":
        change["merged_into_id"] = kept.pk  # type: ignore[assignment]
    Lead.everything.filter(pk=run.lead_id).update(
        **{name: value for name, value in change.items() if name != "stage_id"} or {"campaign": ""}
    )
    assert reason_to_stop(run) == why


def test_a_restricted_person_is_a_reason() -> None:
    run = planned_run()
    run.lead.person.restricted_at = timezone.now()
    run.lead.person.save(update_fields=["restricted_at"])
    assert reason_to_stop(run) == Why.ERASED


def test_news_needs_consent_and_an_answer_ends_when_it_is_taken_back() -> None:
    person = PersonFactory()
    news = planned_run(lead__person=person, sequence__basis=Sequence.Basis.NEWS)
    answer = planned_run(lead=news.lead)
    learning = planned_run(lead=news.lead, sequence__basis=Sequence.Basis.COURSE)

    assert reason_to_stop(news) == Why.CONSENT
    ConsentFactory(person=person)
    assert reason_to_stop(news) == ""
    ConsentFactory(person=person, granted=False)
    assert reason_to_stop(news) == Why.CONSENT
    assert reason_to_stop(answer) == ""
    ConsentFactory(person=person, purpose=Consent.Purpose.ENQUIRY, granted=False)
    assert reason_to_stop(answer) == Why.CONSENT
    assert reason_to_stop(learning) == ""


def test_a_learner_who_left_or_moved_gets_nothing_about_the_old_place(course: SmallCourse) -> None:
    cohort, other = (CohortFactory(course=course.page, mode=mode) for mode in ("online", "classroom"))
    lead = LeadFactory(stage_id="enrolled")
    place = EnrollmentFactory(learner=UserFactory(), course=course.page, cohort=cohort, lead=lead)
    run = planned_run(
        lead=lead,
        enrollment=place,
        cohort=cohort,
        sequence__trigger=Sequence.Trigger.COHORT,
        sequence__days=7,
        sequence__basis=Sequence.Basis.COURSE,
    )
    assert reason_to_stop(run) == ""
    Enrollment.objects.update(cohort=other)
    assert reason_to_stop(run) == Why.MOVED
    Enrollment.objects.update(state=Enrollment.State.WITHDRAWN)
    assert reason_to_stop(run) == Why.WITHDRAWN


def test_who_waits_no_more_hears_no_more_about_the_list(course: SmallCourse) -> None:
    cohort = CohortFactory(course=course.page)
    run = planned_run(cohort=cohort, sequence__trigger=Sequence.Trigger.WAITING)
    place = run.lead.waiting_places.create(cohort=cohort)
    assert reason_to_stop(run) == ""
    place.state = "left"
    place.save(update_fields=["state"])
    assert reason_to_stop(run) == Why.MOVED


def test_a_cohort_that_has_started_is_a_reason_from_its_first_day(course: SmallCourse) -> None:
    cohort = CohortFactory(course=course.page, starts_on=wall_clock.today() + timedelta(days=1))
    run = planned_run(cohort=cohort)
    assert reason_to_stop(run) == ""
    cohort.starts_on = wall_clock.today()
    cohort.save(update_fields=["starts_on"])
    assert reason_to_stop(run) == Why.COHORT
