"""No follow-up leaves after what stops it: whenever that happens, whatever it is, and at whatever moment."""

from collections.abc import Callable
from datetime import time, timedelta
from threading import Event, Thread

import pytest
from django.core import mail
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from courses import wall_clock
from courses.models import InstituteSettings
from enrollment import consents, contacting, desk, privacy
from enrollment.enrolling import withdraw
from enrollment.followups import keeper, snoozing
from enrollment.followups.entering import Entry, enter
from enrollment.followups.stopping import stop_runs
from enrollment.merging import merge
from enrollment.models import ClosingReason, Consent, Enrollment, Lead, Sequence, SequenceRun
from outbox.claiming import claim
from outbox.clock import Clock
from outbox.delivery import drain
from outbox.models import Channel, Message, Reply, Suppression
from outbox.settling import hand_on
from outbox.signals import replied
from outbox.suppression import opt_out, suppress
from tests.conftest import SmallCourse
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import ConsentFactory, EnrollmentFactory, LeadFactory, PersonFactory
from tests.factories.followups import RunFactory, SequenceFactory, StepFactory

pytestmark = pytest.mark.django_db(transaction=True)

Why = SequenceRun.Why
needs_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time"
)


@pytest.fixture(autouse=True)
def _any_hour(course: SmallCourse) -> None:
    institute = InstituteSettings.current()
    institute.follow_up_from, institute.follow_up_until = time(0), time(23, 59, 59)
    institute.save()


@pytest.fixture
def run(course: SmallCourse) -> SequenceRun:
    """A learner's lead in a sequence for which every rule counts, whose first mail is due now."""
    person = PersonFactory(email="asha@example.com")
    ConsentFactory(person=person)
    return begin(LeadFactory(person=person), cohort_course=course)


def begin(lead: Lead, *, cohort_course: SmallCourse | None = None) -> SequenceRun:
    sequence = SequenceFactory(basis=Sequence.Basis.NEWS)
    for place in (1, 2):
        StepFactory(sequence=sequence, sort_order=place, delay=0, unit="hours")
    enrollment = None
    if cohort_course:
        cohort = CohortFactory(course=cohort_course.page)
        learner = UserFactory(email=lead.person.contact_points.get().value)
        enrollment = EnrollmentFactory(learner=learner, course=cohort_course.page, cohort=cohort, lead=lead)
    entry = Entry(
        lead=lead,
        entry_key=f"test:{lead.pk}",
        at=timezone.now() - timedelta(minutes=1),
        enrollment=enrollment,
        cohort=enrollment.cohort if enrollment else None,
    )
    run = enter(sequence, entry)
    assert run
    assert run.message
    Message.objects.update(due_at=timezone.now() - timedelta(seconds=5))
    return run


def answer(run: SequenceRun, actor: User) -> None:
    with transaction.atomic():
        reply = Reply.objects.create(
            event_id="1", channel=Channel.EMAIL, sender="asha@example.com", text="Yes, please."
        )
        replied.send(sender=Reply, reply=reply)


def cohort_starts(run: SequenceRun, actor: User) -> None:
    run.cohort.starts_on = wall_clock.today()
    run.cohort.save(update_fields=["starts_on"])


def other_is_kept(run: SequenceRun, actor: User) -> None:
    kept = LeadFactory(created_at=timezone.now() - timedelta(days=1))
    first = RunFactory(lead=kept, sequence=run.sequence, entered_at=timezone.now() - timedelta(hours=1))
    merge(kept=kept, other=run.lead, actor=actor)
    snoozing.stop_by_hand(first, actor)


STOPS: dict[str, tuple[Callable[[SequenceRun, User], object], str]] = {
    "answer": (answer, Why.REPLY),
    "answer by staff": (
        lambda run, actor: contacting.log_reply(lead=run.lead, text="Yes", actor=actor),
        Why.REPLY,
    ),
    "call": (
        lambda run, actor: contacting.log_call(lead=run.lead, outcome="reached", actor=actor),
        Why.CALL,
    ),
    "enrolled": (
        lambda run, actor: desk.change_stage(lead=run.lead, stage="enrolled", actor=actor),
        Why.ENROLLED,
    ),
    "closed": (
        lambda run, actor: desk.change_stage(
            lead=run.lead, stage="closed", actor=actor, reason=ClosingReason.objects.first()
        ),
        Why.CLOSED,
    ),
    "unsubscribed": (
        lambda run, actor: suppress("asha@example.com", reason=Suppression.Reason.UNSUBSCRIBED),
        Why.UNSUBSCRIBED,
    ),
    "opted out": (lambda run, actor: opt_out("asha@example.com", topic="news"), Why.UNSUBSCRIBED),
    "bounced": (
        lambda run, actor: suppress("asha@example.com", reason=Suppression.Reason.BOUNCED),
        Why.BOUNCED,
    ),
    "complained": (
        lambda run, actor: suppress("asha@example.com", reason=Suppression.Reason.COMPLAINED),
        Why.COMPLAINED,
    ),
    "merged": (other_is_kept, Why.MERGED),
    "restricted": (
        lambda run, actor: privacy.restrict(person=run.lead.person, actor=actor, reason="asked"),
        Why.ERASED,
    ),
    "consent": (
        lambda run, actor: consents.record_consent(
            person=run.lead.person,
            purpose=Consent.Purpose.NEWS,
            granted=False,
            channel="phone",
            actor=actor,
        ),
        Why.CONSENT,
    ),
    "withdrawn": (lambda run, actor: withdraw(run.enrollment, actor=actor), Why.WITHDRAWN),
    "cohort": (cohort_starts, Why.COHORT),
    "by hand": (snoozing.stop_by_hand, Why.STAFF),
}


@pytest.fixture(params=STOPS)
def stopped_by(request: pytest.FixtureRequest) -> tuple[Callable[[SequenceRun, User], object], str]:
    return STOPS[request.param]


def assert_nothing_left(run: SequenceRun, why: str) -> None:
    drain(seconds=5)
    run.refresh_from_db()
    assert mail.outbox == []
    assert (run.state, run.why) == (SequenceRun.State.STOPPED, why)
    assert not Message.objects.exclude(state=Message.State.CANCELLED).filter(keeper="followup").exists()
    assert run.lead.events.filter(kind="followup", text__contains="stopped").exists()


def test_without_a_stop_all_of_it_leaves(run: SequenceRun) -> None:
    drain(seconds=5)
    run.refresh_from_db()
    assert len(mail.outbox) >= 1
    assert run.steps_done >= 1


def test_stopped_while_planned(
    run: SequenceRun, admissions: User, stopped_by: tuple[Callable[[SequenceRun, User], object], str]
) -> None:
    stop, why = stopped_by
    stop(run, admissions)
    assert_nothing_left(run, why)


def test_stopped_while_claimed(
    run: SequenceRun, admissions: User, stopped_by: tuple[Callable[[SequenceRun, User], object], str]
) -> None:
    stop, why = stopped_by
    batch = claim(Channel.EMAIL)
    assert [message.pk for message in batch] == [run.message_id]
    stop(run, admissions)
    assert hand_on(None, batch, clock=Clock()).message is None
    assert_nothing_left(run, why)


def test_stopped_after_the_batch_was_asked_about(
    run: SequenceRun,
    admissions: User,
    stopped_by: tuple[Callable[[SequenceRun, User], object], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop, why = stopped_by
    ask = keeper.stopped

    def asked(messages: list[Message]) -> object:
        found = ask(messages)
        monkeypatch.setattr(keeper, "stopped", ask)
        stop(run, admissions)
        return found

    monkeypatch.setattr(keeper, "stopped", asked)
    assert_nothing_left(run, why)


def test_stopped_while_it_leaves_is_recorded_and_nothing_follows(run: SequenceRun, admissions: User) -> None:
    batch = claim(Channel.EMAIL)
    assert hand_on(None, batch, clock=Clock()).message
    snoozing.stop_by_hand(run, admissions)
    run.refresh_from_db()
    assert run.message
    assert run.message.state == Message.State.SENDING

    with transaction.atomic():
        keeper.ended(run.message, "sent")
    run.refresh_from_db()
    assert (run.state, run.message, run.steps_done) == (SequenceRun.State.STOPPED, None, 1)
    assert run.lead.events.filter(kind="message").count() == 1
    assert Message.objects.filter(keeper="followup").count() == 1


def in_thread(work: Callable[[], object]) -> Thread:
    def whole() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = Thread(target=whole)
    thread.start()
    return thread


@needs_postgresql
def test_a_sender_neither_waits_for_a_stop_nor_overtakes_it(run: SequenceRun, admissions: User) -> None:
    """The run is held by a stop that hasn't committed: the sender postpones and goes on."""
    batch = claim(Channel.EMAIL)
    with transaction.atomic():
        SequenceRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        sender = in_thread(lambda: hand_on(None, batch, clock=Clock()))
        sender.join(timeout=10)
        assert not sender.is_alive()
        stop_runs(desk.lock_lead(run.lead), Why.REPLY)
    Message.objects.filter(state=Message.State.PENDING).update(due_at=timezone.now())
    assert_nothing_left(run, Why.REPLY)


@needs_postgresql
def test_a_stop_waits_for_a_sender_that_decides_and_leaves_what_it_sends(
    run: SequenceRun, admissions: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided, go_on = Event(), Event()
    decide = keeper.verdict

    def slowly(message: Message) -> object:
        found = decide(message)
        decided.set()
        go_on.wait(10)
        return found

    monkeypatch.setattr(keeper, "verdict", slowly)
    sender = in_thread(lambda: drain(seconds=5))
    assert decided.wait(10)
    stopper = in_thread(lambda: suppress("asha@example.com", reason=Suppression.Reason.UNSUBSCRIBED))
    stopper.join(timeout=0.5)
    assert stopper.is_alive()
    go_on.set()
    for thread in (sender, stopper):
        thread.join(timeout=20)
        assert not thread.is_alive()

    run.refresh_from_db()
    assert (run.state, run.why) == (SequenceRun.State.STOPPED, Why.UNSUBSCRIBED)
    assert len(mail.outbox) <= 1
    sent = len(mail.outbox)
    drain(seconds=5)
    assert len(mail.outbox) == sent


@needs_postgresql
def test_a_bounce_that_is_reported_while_the_person_is_restricted_holds_up_neither(
    run: SequenceRun, admissions: User
) -> None:
    with transaction.atomic():
        desk.lock_lead(run.lead)
        bounce = in_thread(lambda: suppress("asha@example.com", reason=Suppression.Reason.BOUNCED))
        bounce.join(timeout=1)
        assert bounce.is_alive()
        privacy.restrict(person=run.lead.person, actor=admissions, reason="asked for it")
    bounce.join(timeout=20)

    assert not bounce.is_alive()
    assert Suppression.objects.get(channel=Channel.EMAIL).reason == Suppression.Reason.ERASED


@needs_postgresql
def test_two_senders_at_once_keep_to_what_a_person_gets_a_day(
    run: SequenceRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    InstituteSettings.objects.update(follow_ups_a_day=1)
    begin(LeadFactory(person=run.lead.person))
    first, second = claim(Channel.EMAIL, limit=1), claim(Channel.EMAIL, limit=1)
    decided, go_on = Event(), Event()
    decide = keeper.verdict

    def slowly(message: Message) -> object:
        found = decide(message)
        if message.pk == first[0].pk:
            decided.set()
            go_on.wait(10)
        return found

    monkeypatch.setattr(keeper, "verdict", slowly)
    slow = in_thread(lambda: hand_on(None, first, clock=Clock()))
    assert decided.wait(10)
    other = in_thread(lambda: hand_on(None, second, clock=Clock()))
    other.join(timeout=10)
    assert not other.is_alive()
    go_on.set()
    slow.join(timeout=10)

    assert Message.objects.filter(state=Message.State.SENDING).count() == 1
    Message.objects.filter(state=Message.State.PENDING).update(due_at=timezone.now())
    assert drain(seconds=2).outcomes == {"postponed": 1}
    assert "as many follow-ups" in Message.objects.get(state=Message.State.PENDING).last_error


@needs_postgresql
def test_unsubscribing_while_everything_is_sent_doubles_and_strands_nothing() -> None:
    runs = []
    for number in range(20):
        lead = LeadFactory(person=PersonFactory(email=f"reader{number}@example.com"))
        ConsentFactory(person=lead.person)
        runs.append(begin(lead))
    addresses = [f"reader{number}@example.com" for number in range(20)]

    def unsubscribe() -> None:
        for address in reversed(addresses):
            suppress(address, reason=Suppression.Reason.UNSUBSCRIBED)

    threads = [
        in_thread(unsubscribe),
        in_thread(lambda: drain(seconds=10)),
        in_thread(lambda: drain(seconds=10)),
    ]
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    left = len(mail.outbox)
    Message.objects.filter(state=Message.State.PENDING).update(due_at=timezone.now())
    drain(seconds=5)

    assert len(mail.outbox) == left
    assert not SequenceRun.objects.active().exists()
    states = set(Message.objects.filter(keeper="followup").values_list("state", flat=True))
    assert states <= {Message.State.SENT, Message.State.CANCELLED}
    assert Enrollment.objects.count() == 0
    recipients = [(message.to[0], message.extra_headers["Message-ID"]) for message in mail.outbox]
    assert len(recipients) == len(set(recipients))
