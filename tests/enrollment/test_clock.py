"""The first-response clock: promises, who is late, and whom that is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from courses.models import InstituteSettings
from enrollment import tasks
from enrollment.clock import Standing, read_clock
from enrollment.escalation import escalate_late, remind_owners
from enrollment.models import Lead, LeadEvent, PipelineStage
from outbox.models import Message
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
"""Tuesday, 12:00 where the institute is, which is open from 10:00 to 18:00."""
CLOSING = NOON + timedelta(hours=6)


@pytest.fixture(autouse=True)
def noon(site: object) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def due(minutes: float, **fields: object) -> Lead:
    return LeadFactory(answer_due_at=NOON + timedelta(minutes=minutes), **fields)


def mails() -> dict[str, str]:
    return {message.to: message.subject for message in Message.objects.filter(purpose="notice")}


@pytest.mark.parametrize(
    ("minutes", "fields", "standing"),
    [
        (-1, {}, Standing.LATE),
        (-1, {"answered_at": NOON}, Standing.FINE),
        (-1, {"stage_id": "closed"}, Standing.FINE),
        (120, {}, Standing.SOON),
        (121, {}, Standing.FINE),
        (240, {"stage_id": "contacted", "answered_at": NOON}, Standing.FINE),
    ],
)
def test_how_a_lead_stands(minutes: int, fields: dict, standing: Standing) -> None:
    assert read_clock().standing(due(minutes, **fields)) == standing


def test_a_promise_of_tomorrow_morning_is_due_soon_in_the_evening(noon: time_machine.Traveller) -> None:
    noon.move_to(CLOSING - timedelta(minutes=30))
    tomorrow = LeadFactory(answer_due_at=CLOSING + timedelta(hours=17, minutes=30))
    later = LeadFactory(answer_due_at=CLOSING + timedelta(hours=17, minutes=31))

    assert read_clock().standing(tomorrow) == Standing.SOON
    assert read_clock().standing(later) == Standing.FINE


def test_a_lead_is_stuck_after_the_working_hours_of_its_stage() -> None:
    PipelineStage.objects.filter(key="qualified").update(stuck_after_hours=4)
    since_yesterday_at_four = NOON - timedelta(hours=20)
    stands = {"stage_id": "qualified", "answered_at": NOON}
    stuck = due(0, **stands, stage_since=since_yesterday_at_four - timedelta(minutes=1))
    moves = due(0, **stands, stage_since=since_yesterday_at_four)

    assert read_clock().standing(stuck) == Standing.STUCK
    assert read_clock().standing(moves) == Standing.FINE


def test_other_hours_move_no_promise(visitor, course: SmallCourse) -> None:
    visitor.post("/enquire/", {
        "name": "Asha Devi", "email": "asha@example.com", "contact_by": "email", "adult": "yes",
        "key": "0b6a2f5c-6f4e-4b0d-9c1e-3d7a5e2f8c41",
    })  # fmt: skip
    promised = Lead.objects.get().answer_due_at
    institute = InstituteSettings.current()
    institute.opens_at, institute.closes_at, institute.answer_within_hours = time(14), time(15), 1
    institute.save()

    assert promised == NOON + timedelta(hours=4)
    assert Lead.objects.get().answer_due_at == promised


def test_a_late_lead_is_told_once_to_each_admissions_lead(admissions_lead: User, admin: User) -> None:
    second = UserFactory(email="second@example.com")
    second.groups.set(admissions_lead.groups.all())
    owner = UserFactory(first_name="Ravi", last_name="Kumar")
    late = due(-30, owner=owner, person=PersonFactory(name="Asha Devi"))
    due(30)
    tasks.escalate()
    tasks.escalate()

    assert mails() == {
        admissions_lead.email: "Late: Asha Devi waits for an answer",
        second.email: "Late: Asha Devi waits for an answer",
    }
    text = Message.objects.get(to=second.email).text
    assert "30 min late, owner Ravi Kumar" in text
    assert f"/cms/leads/inspect/{late.pk}/" in text
    assert late.events.filter(kind=LeadEvent.Kind.LATE).count() == 1
    late.refresh_from_db()
    assert late.escalated_at == NOON


def test_many_late_leads_are_one_mail(admissions_lead: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrollment.escalation.ROWS", 2)
    for _number in range(3):
        due(-5)
    escalate_late()

    assert mails() == {admissions_lead.email: "Late: 3 people wait for an answer"}
    message = Message.objects.get(purpose="notice")
    assert "And 1 more" in message.text
    assert "And 1 more" in message.html


def test_a_later_lead_is_a_new_mail(admissions_lead: User, noon: time_machine.Traveller) -> None:
    due(-5)
    due(5)
    escalate_late()
    noon.shift(timedelta(minutes=6))
    escalate_late()

    assert Message.objects.filter(purpose="notice", to=admissions_lead.email).count() == 2


def test_administrators_are_told_where_nobody_leads_admissions(admin: User, admissions: User) -> None:
    due(-5)
    escalate_late()

    assert list(mails()) == [admin.email]


def test_with_nobody_to_tell_nothing_is_lost(admissions_lead: User) -> None:
    late = due(-5)
    User.objects.update(is_active=False)
    assert escalate_late() == 0
    assert read_clock().standing(late) == Standing.LATE

    User.objects.update(is_active=True)
    assert escalate_late() == 1
    assert list(mails()) == [admissions_lead.email]


@pytest.mark.usefixtures("admissions_lead")
def test_answers_that_were_due_long_ago_are_not_told() -> None:
    due(-7 * 24 * 60 - 1)

    assert escalate_late() == 0


def test_a_failure_while_telling_leaves_no_half_told_lead(
    admissions_lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = due(-5)
    with monkeypatch.context() as broken:
        broken.setattr("enrollment.escalation._note", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            escalate_late()
    late.refresh_from_db()

    assert not mails()
    assert late.escalated_at is None
    assert escalate_late() == 1


def test_an_owner_is_reminded_once_before_the_answer_is_late(admissions: User) -> None:
    reminded = due(59, owner=admissions, person=PersonFactory(name="Meena"))
    due(61, owner=admissions)
    due(30)
    due(30, owner=admissions, answered_at=NOON)
    tasks.escalate()
    tasks.escalate()

    assert mails() == {admissions.email: "Due within the hour: Meena"}
    assert "Reminded" in reminded.events.get(kind=LeadEvent.Kind.LATE).text


def test_two_leads_of_one_owner_are_one_reminder(admissions: User) -> None:
    due(20, owner=admissions)
    due(40, owner=admissions)
    remind_owners()

    assert mails() == {admissions.email: "Due within the hour: 2 answers"}


def test_nobody_is_reminded_at_night(admissions: User, noon: time_machine.Traveller) -> None:
    LeadFactory(owner=admissions, answer_due_at=CLOSING + timedelta(hours=16, minutes=30))
    noon.move_to(CLOSING)
    assert remind_owners() == 0

    noon.move_to(CLOSING + timedelta(hours=16))
    assert remind_owners() == 1


def test_chips_cost_the_same_queries_for_one_lead_and_for_three(admissions: User) -> None:
    client = signed_in(admissions)
    due(-5, owner=admissions)
    client.get("/cms/")
    with CaptureQueriesContext(connection) as one:
        client.get("/cms/")
    due(-5, owner=admissions)
    due(-5, owner=admissions)
    with CaptureQueriesContext(connection) as three:
        page = client.get("/cms/").content.decode()

    assert page.count('data-state="late"') == 3
    assert len(three) == len(one)
