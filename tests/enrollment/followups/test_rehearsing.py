"""The dry run: who would have got what and when in a past month, and why not."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from enrollment.followups import rehearsing
from enrollment.followups.rehearsing import Outcome, Rehearsed, rehearse
from enrollment.models import (
    Consent,
    ContactPoint,
    DataAccess,
    Lead,
    LeadEvent,
    PipelineStage,
    Sequence,
    SequenceRun,
    StageChange,
    TextVersion,
)
from lessons.models import Progress
from outbox.models import Message
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import (
    ConsentFactory,
    EnrollmentFactory,
    LeadEventFactory,
    LeadFactory,
    PersonFactory,
)
from tests.factories.followups import RunFactory, SequenceFactory, StepFactory, TextFactory
from tests.factories.outbox import SuppressionFactory

pytestmark = pytest.mark.django_db

IST = ZoneInfo("Asia/Kolkata")
OCTOBER = date(2026, 10, 1)


@pytest.fixture(autouse=True)
def _late_in_november(site: object) -> Iterator[None]:
    with time_machine.travel(at(20, month=11), tick=False):
        yield


def at(day: int, hour: int = 11, *, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=IST)


@pytest.fixture
def sequence() -> Sequence:
    """A mail on the next working day and another two working days after it."""
    sequence = SequenceFactory(name="Enquiry, tried", is_on=False)
    StepFactory(sequence=sequence, delay=1, text=TextFactory(name="First"))
    StepFactory(sequence=sequence, delay=2, text=TextFactory(name="Second"))
    return sequence


def asked(day: int, **values: Any) -> Lead:
    return LeadFactory(created_at=at(day), **values)


def only(sequence: Sequence) -> Rehearsed:
    (row,) = rehearse(sequence, month=OCTOBER).entries
    return row


def outcomes(sequence: Sequence) -> list[str]:
    return [tried.outcome.value for tried in only(sequence).steps]


def reasons(sequence: Sequence) -> list[str]:
    return [tried.why for tried in only(sequence).steps]


def test_steps_leave_by_the_working_calendar_and_in_the_hours_for_follow_ups(sequence: Sequence) -> None:
    asked(2)  # a Friday; Sundays are off
    row = only(sequence)

    assert [tried.at for tried in row.steps] == [at(3), at(6)]
    assert [tried.outcome for tried in row.steps] == [Outcome.SENT, Outcome.SENT]

    Lead.objects.update(created_at=at(2, 22))
    assert only(sequence).steps[0].at == at(5, 10)


def test_only_who_came_in_the_month_and_fits_would_have_entered(sequence: Sequence) -> None:
    asked(31)
    LeadFactory(created_at=at(30, month=9))
    LeadFactory(created_at=at(1, month=11))
    asked(5, interest=Lead.Interest.PLACEMENT)
    sequence.interest = Lead.Interest.CONTACT
    sequence.save()

    assert only(sequence).entry.at == at(31)


def moved(lead: Lead, day: int, *, after: str) -> None:
    StageChange.objects.create(
        lead=lead, before_id="new", after_id=after, stayed=timedelta(days=1), created_at=at(day)
    )


def test_what_stopped_it_then_is_said_with_its_day(sequence: Sequence) -> None:
    moved(asked(5), 7, after=PipelineStage.ENROLLED)

    assert outcomes(sequence) == ["sent", "stopped"]
    assert reasons(sequence) == ["", "they were enrolled on 7 Oct"]


@pytest.mark.parametrize(
    ("event", "box", "said"),
    [
        ({"kind": "reply"}, "stop_on_reply", "they answered on 6 Oct"),
        ({"kind": "repeated"}, "stop_on_reply", "they wrote again on 6 Oct"),
        ({"kind": "call", "outcome": "reached"}, "stop_on_call", "a call reached them on 6 Oct"),
    ],
)
def test_an_answer_stops_it_unless_the_box_is_empty(
    sequence: Sequence, event: dict[str, str], box: str, said: str
) -> None:
    LeadEventFactory(lead=asked(5), created_at=at(6, 9), **event)
    assert reasons(sequence) == [said, said]

    Sequence.objects.filter(pk=sequence.pk).update(**{box: False})
    sequence.refresh_from_db()
    assert outcomes(sequence) == ["sent", "sent"]


def test_a_call_that_reached_nobody_stops_nothing(sequence: Sequence) -> None:
    LeadEventFactory(lead=asked(5), kind="call", outcome="no-answer", created_at=at(6, 9))

    assert outcomes(sequence) == ["sent", "sent"]


def test_an_unsubscribed_address_and_a_consent_taken_back_stop_it(sequence: Sequence) -> None:
    lead = asked(5)
    address = ContactPoint.objects.get(person=lead.person).value
    suppression = SuppressionFactory(address=address)
    type(suppression).objects.update(created_at=at(6, 9))
    assert reasons(sequence)[0] == "they unsubscribed on 6 Oct"

    type(suppression).objects.all().delete()
    ConsentFactory(person=lead.person, purpose=Consent.Purpose.ENQUIRY, granted=False)
    ConsentFactory(person=lead.person, purpose=Consent.Purpose.ENQUIRY, granted=True)
    Consent.objects.filter(granted=False).update(created_at=at(7, 12))
    assert reasons(sequence) == ["", "their consent is missing on 7 Oct"]


def test_without_an_address_a_step_is_left_out(sequence: Sequence) -> None:
    asked(5, person=PersonFactory(email=""))

    assert reasons(sequence) == ["there is no address for it"] * 2


def conditional(sequence: Sequence, *conditions: tuple[str, Any]) -> None:
    step = sequence.steps.last()
    step.conditions = list(conditions)
    step.save()


def test_conditions_are_judged_as_of_then(course: SmallCourse, sequence: Sequence) -> None:
    learner = UserFactory(date_joined=at(1), last_login=at(1))
    lead = asked(5, person=PersonFactory(user=learner), course=course.page)
    Progress.objects.create(
        learner=learner,
        lesson=course.free,
        opened_at=at(7, 12),
        visited_at=at(1, month=11),
        done_at=at(7, 12),
        rule="read",
    )
    conditional(sequence, ("no_lesson_done", None))
    assert reasons(sequence) == ["", "they have done a lesson"]
    Progress.objects.update(done_at=at(9))
    assert outcomes(sequence) == ["sent", "sent"]

    conditional(sequence, ("no_account", None))
    assert reasons(sequence)[1] == "they have made their account"
    User.objects.filter(pk=lead.person.user_id).update(date_joined=at(20))
    assert outcomes(sequence) == ["sent", "sent"]


def test_seats_of_the_past_are_not_known(course: SmallCourse, sequence: Sequence) -> None:
    CohortFactory(course=course.page, starts_on=date(2026, 10, 20))
    asked(5, course=course.page)
    conditional(sequence, ("cohort_starts_in", 14), ("seats_left", 3))
    assert outcomes(sequence) == ["sent", "not-known"]

    conditional(sequence, ("cohort_starts_in", 3), ("seats_left", 3))
    assert reasons(sequence)[1] == "no group of theirs starts within 3 days"


def test_learners_stop_with_the_start_of_their_group(course: SmallCourse) -> None:
    sequence = SequenceFactory(trigger="enrolled", basis="course", is_on=False)
    StepFactory(sequence=sequence, delay=1, unit="days")
    StepFactory(sequence=sequence, delay=9, unit="days")
    group = CohortFactory(course=course.page, starts_on=date(2026, 10, 12))
    learner = UserFactory()
    lead = LeadFactory(course=course.page, stage_id="enrolled", person=PersonFactory(user=learner))
    EnrollmentFactory(learner=learner, course=course.page, cohort=group, lead=lead, created_at=at(5))

    assert outcomes(sequence) == ["sent", "stopped"]
    assert reasons(sequence)[1] == "the cohort has started on 12 Oct"


def test_who_is_in_it_does_not_enter_a_second_time(sequence: Sequence) -> None:
    sequence.trigger, sequence.stage_id = "stage", "qualified"
    sequence.save()
    lead = asked(1, stage_id="qualified")
    for day in (5, 6, 20):
        moved(lead, day, after="qualified")

    assert [row.entry.at for row in rehearse(sequence, month=OCTOBER).entries] == [at(5), at(20)]


def test_what_is_due_after_today_is_still_to_come(sequence: Sequence) -> None:
    step = sequence.steps.last()
    step.delay, step.unit = 60, "days"
    step.save()
    asked(5)

    assert outcomes(sequence) == ["sent", "to-come"]


def test_a_big_month_is_gone_through_as_far_as_the_limit(
    sequence: Sequence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsing, "MOST", 2)
    for day in (5, 6, 7):
        asked(day)
    found = rehearse(sequence, month=OCTOBER)

    assert found.is_cut
    assert [row.entry.at for row in found.entries] == [at(5), at(6)]


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


def address(sequence: Sequence, query: str = "?month=2026-10") -> str:
    return f"/cms/leads/sequences/{sequence.pk}/rehearsal/{query}"


def test_the_screen_shows_a_month_and_writes_nothing(manager: Client, sequence: Sequence) -> None:
    lead = asked(5)
    page = manager.get(address(sequence, "")).content.decode()

    assert "October 2026" in page
    for words in (lead.person.name, "asked Mon 5 Oct, 11:00", "Tue 6 Oct, 11:00", "would have left", "First"):
        assert words in page
    assert "most on 6 October: 1" in page
    assert 'data-outcome="sent">2<' in page
    kinds = (Message, SequenceRun, LeadEvent, TextVersion, DataAccess)
    assert [kind.objects.count() for kind in kinds] == [0] * len(kinds)


def test_empty_months_and_empty_sequences_say_so(manager: Client, sequence: Sequence) -> None:
    assert "Nobody would have entered" in manager.get(address(sequence)).content.decode()
    empty = SequenceFactory(is_on=False)

    assert "no step yet" in manager.get(address(empty)).content.decode()
    assert manager.get(address(sequence, "?month=1999-13&page=x")).status_code == 200
    assert manager.post(address(sequence)).status_code == 405


def test_pages_cost_the_same_for_one_and_for_three_people(manager: Client, sequence: Sequence) -> None:
    conditional(sequence, ("no_lesson_done", None))
    asked(5, person=PersonFactory(user=UserFactory()))
    manager.get(address(sequence))
    with CaptureQueriesContext(connection) as one:
        manager.get(address(sequence))
    for day in (6, 7):
        asked(day, person=PersonFactory(user=UserFactory()))
    with CaptureQueriesContext(connection) as three:
        manager.get(address(sequence))

    assert len(one) == len(three) <= 25


def test_more_than_a_page_goes_on(manager: Client, sequence: Sequence) -> None:
    for _number in range(26):
        asked(5)
    page = manager.get(address(sequence)).content.decode()
    assert "Page 1 of 2" in page
    assert page.count("rehearsal-row ") + page.count('rehearsal-row"') == 25

    assert manager.get(address(sequence, "?month=2026-10&page=2")).content.decode().count("data-lead") == 1


def test_a_download_defuses_formulas_and_is_noted(
    manager: Client, admissions_lead: User, sequence: Sequence
) -> None:
    asked(5, person=PersonFactory(name="=HYPERLINK(1)"))
    response = manager.get(address(sequence, "?month=2026-10&export=csv"))
    table = b"".join(response.streaming_content).decode()

    assert "'=HYPERLINK(1)" in table
    assert "2026-10-06 11:00+05:30,E-mail,First,would have left," in table
    access = DataAccess.objects.get()
    assert (access.actor, access.kind, access.count) == (admissions_lead, DataAccess.Kind.EXPORT, 1)
    assert f"sequence={sequence.pk}&month=2026-10" in access.query


def test_counsellors_rehearse_and_download_nothing(
    admissions: User, author: User, sequence: Sequence
) -> None:
    lead = asked(5)
    for user in (admissions, author):
        for query in ("?month=2026-10", "?month=2026-10&export=csv"):
            response = signed_in(user).get(address(sequence, query))
            assert response.status_code == 302
            assert lead.reference not in response.content.decode()
    assert not DataAccess.objects.exists()


def test_a_rehearsal_counts_nobody_twice_who_is_in_the_sequence_today(sequence: Sequence) -> None:
    RunFactory(lead=asked(5), sequence=sequence)

    assert outcomes(sequence) == ["sent", "sent"]
