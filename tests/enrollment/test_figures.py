"""The desk's numbers against cases worked out by hand."""

from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Value
from time_machine import travel

from accounts.models import User
from courses.models import CoursePage, InstituteSettings
from enrollment.figures.closing import closings
from enrollment.figures.fill import fills, revenues
from enrollment.figures.forecast import outlook, wilson
from enrollment.figures.funnel import funnel, split_by, split_funnel
from enrollment.figures.medians import median, percentile, share
from enrollment.figures.periods import Named, Period, named_period
from enrollment.figures.pipeline import Pipeline
from enrollment.figures.responses import responses
from enrollment.figures.scope import Scope
from enrollment.figures.workload import Workload, workloads
from enrollment.models import (
    ClosingReason,
    Enrollment,
    Lead,
    LeadEvent,
    PipelineStage,
    StageChange,
    WaitingPlace,
)
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import EnrollmentFactory, LeadEventFactory, LeadFactory

pytestmark = pytest.mark.django_db

INDIA = ZoneInfo("Asia/Kolkata")
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30), 1)
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31), 1)
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=INDIA)
HOUR = timedelta(hours=1)
EXPENSIVE, ELSEWHERE = "Too expensive", "Chose another institute"


def at(month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=INDIA)


def lead(asked_at: datetime, *moves: tuple[str, float], reason: str = EXPENSIVE, **fields: object) -> Lead:
    """Make a lead that moved to each stage after so many hours; `stage_id` is where it came into the desk."""
    found = LeadFactory(created_at=asked_at, stage_since=asked_at, **fields)
    stage, since = found.stage_id, asked_at
    for after, hours in moves:
        moved_at = asked_at + timedelta(hours=hours)
        StageChange.objects.create(
            lead=found, before_id=stage, after_id=after, stayed=moved_at - since, created_at=moved_at
        )
        stage, since = after, moved_at
    closing_reason = ClosingReason.objects.get(name=reason) if stage == PipelineStage.CLOSED else None
    Lead.objects.filter(pk=found.pk).update(stage=stage, stage_since=since, closing_reason=closing_reason)
    return found


@pytest.fixture
def world() -> None:
    """Twelve leads; all hours are counted from asking.

    | lead | asked (India) | moves                                                | furthest  | now       |
    | A    | 2 Nov 10:00   | contacted 2, qualified 24, applied 48, enrolled 96   | enrolled  | enrolled  |
    | B    | 2 Nov 10:00   | contacted 4, enrolled 48 (skips two)                 | enrolled  | enrolled  |
    | C    | 3 Nov 10:00   | contacted 6, closed 24                               | contacted | closed    |
    | D    | 3 Nov 10:00   | closed 10, new 20 (reopened)                         | new       | new       |
    | E    | 4 Nov 10:00   | contacted 8, qualified 48, contacted 72 (moved back) | qualified | contacted |
    | F    | 5 Nov 10:00   | none                                                 | new       | new       |
    | G    | 6 Nov 10:00   | none, came in as qualified                           | qualified | qualified |
    | H    | 7 Nov 10:00   | contacted 10, closed 72, contacted 96, closed 120    | contacted | closed    |
    | I    | 1 Nov 00:10   | none; 31 Oct 18:40 in UTC                            | new       | new       |
    | J    | 31 Oct 23:50  | contacted 1                                          | contacted | contacted |
    | K    | 10 Nov 10:00  | enrolled 1, but restricted: counts nowhere           |           |           |
    | L    | 20 Oct 10:00  | contacted 3, enrolled 24                             | enrolled  | enrolled  |
    """
    lead(at(11, 2), ("contacted", 2), ("qualified", 24), ("applied", 48), ("enrolled", 96), source="website")
    lead(at(11, 2), ("contacted", 4), ("enrolled", 48), source="referral")
    lead(at(11, 3), ("contacted", 6), ("closed", 24), source="referral")
    lead(at(11, 3), ("closed", 10), ("new", 20))
    lead(at(11, 4), ("contacted", 8), ("qualified", 48), ("contacted", 72))
    lead(at(11, 5))
    lead(at(11, 6), stage_id="qualified", source="import")
    lead(at(11, 7), ("contacted", 10), ("closed", 72), ("contacted", 96), ("closed", 120), reason=ELSEWHERE)
    lead(at(11, 1, 0, 10))
    lead(at(10, 31, 23, 50), ("contacted", 1))
    lead(at(11, 10), ("enrolled", 1), set_aside=Lead.SetAside.RESTRICTED)
    lead(at(10, 20), ("contacted", 3), ("enrolled", 24))


# The funnel ----------------------------------------------------------------------------------------


def test_the_funnel_counts_who_reached_each_stage(world: None) -> None:
    """Enrolled A B; applied A, and B who skipped it; qualified A B E G; contacted A B C E G H; new all."""
    found = funnel(Scope().asked(NOVEMBER), Pipeline.load())

    assert found.asked == 9
    assert {stage.key: stage.reached for stage in found.stages} == {
        "new": 9, "contacted": 6, "qualified": 4, "applied": 2, "enrolled": 2,
    }  # fmt: skip
    assert [stage.of_first for stage in found.stages] == [1, 6 / 9, 4 / 9, 2 / 9, 2 / 9]
    assert [stage.of_before for stage in found.stages] == [None, 6 / 9, 4 / 6, 2 / 4, 2 / 2]


def test_closed_are_those_that_are_closed_now_with_their_last_reason(world: None) -> None:
    """C was too expensive; H was closed twice, the last reason counts; D was opened again."""
    found = funnel(Scope().asked(NOVEMBER), Pipeline.load())

    assert found.closed == 2
    assert {(reason.name, reason.count, reason.of_closed) for reason in found.reasons} == {
        (EXPENSIVE, 1, 0.5),
        (ELSEWHERE, 1, 0.5),
    }


def test_median_times_to_a_stage_start_at_asking_and_end_at_the_first_move_that_far(world: None) -> None:
    """In hours. Contacted: A 2, B 4, C 6, E 8, H 10. Qualified: A 24, B 48, E 48. Applied: A 48, B 48.

    Enrolled: A 96, B 48. G came in as qualified without a move and has no times.
    """
    found = funnel(Scope().asked(NOVEMBER), Pipeline.load())

    assert {stage.key: stage.time_to for stage in found.stages} == {
        "new": None, "contacted": 6 * HOUR, "qualified": 48 * HOUR,
        "applied": 48 * HOUR, "enrolled": 72 * HOUR,
    }  # fmt: skip


def test_median_stays_count_every_stay_that_ended(world: None) -> None:
    """In hours. New: A 2, B 4, C 6, E 8, H 10, D 10. Contacted: C 18, A 22, H 24, E 40, B 44, H 62.

    Qualified: A 24, E 24. Applied: A 48. Nobody left enrolled; D's stay in closed is no stage's.
    """
    found = funnel(Scope().asked(NOVEMBER), Pipeline.load())

    assert {stage.key: stage.time_in for stage in found.stages} == {
        "new": 7 * HOUR, "contacted": 32 * HOUR, "qualified": 24 * HOUR,
        "applied": 48 * HOUR, "enrolled": None,
    }  # fmt: skip


def test_a_period_begins_at_midnight_in_india(world: None) -> None:
    """J asked ten minutes before November, I ten minutes after: both in October of UTC."""
    assert funnel(Scope().asked(OCTOBER), Pipeline.load()).asked == 2
    assert Scope().asked(Period(date(2026, 11, 1), date(2026, 11, 1))).count() == 1
    assert Scope().asked(Period(date(2026, 10, 31), date(2026, 10, 31))).count() == 1


def test_months_of_a_split_are_indias(world: None) -> None:
    both = Period(OCTOBER.first, NOVEMBER.last)
    found = split_funnel(Scope().asked(both), Pipeline.load(), by=split_by("month"))

    assert {month: part.asked for month, part in found.items()} == {
        date(2026, 10, 1): 2,
        date(2026, 11, 1): 9,
    }


def test_a_split_gives_every_part_its_own_funnel(world: None) -> None:
    """Referral: B and C. Import: G alone."""
    found = split_funnel(Scope().asked(NOVEMBER), Pipeline.load(), by=split_by("source"))
    referral, imported = found["referral"], found["import"]

    assert {source: part.asked for source, part in found.items()} == {
        "website": 6,
        "referral": 2,
        "import": 1,
    }
    assert [stage.reached for stage in referral.stages] == [2, 2, 1, 1, 1]
    assert [stage.time_to for stage in referral.stages] == [None, 5 * HOUR, *[48 * HOUR] * 3]
    assert referral.closed == 1
    assert [stage.reached for stage in imported.stages] == [1, 1, 1, 0, 0]
    assert [stage.of_before for stage in imported.stages] == [None, 1, 1, 0, None]


def test_a_stage_that_an_institute_adds_is_counted_where_it_stands(world: None) -> None:
    """Who went further than the new stage passed it: A and B, both enrolled."""
    PipelineStage.objects.create(key="interview", name="Interview", position=45)
    found = funnel(Scope().asked(NOVEMBER), Pipeline.load())

    assert [(stage.key, stage.reached) for stage in found.stages[3:]] == [
        ("applied", 2), ("interview", 2), ("enrolled", 2),
    ]  # fmt: skip


def test_nothing_divides_by_zero_when_nobody_asked() -> None:
    found = funnel(Scope().asked(NOVEMBER), Pipeline.load())

    assert found.asked == found.closed == 0
    assert [(stage.reached, stage.of_first, stage.of_before) for stage in found.stages] == [
        (0, None, None)
    ] * 5
    assert split_funnel(Scope().asked(NOVEMBER), Pipeline.load(), by=Value(1)) == {}


def test_filters_narrow_by_course_source_and_owner(
    world: None, course: SmallCourse, admissions: User
) -> None:
    lead(at(11, 12), ("contacted", 1), course=course.page, owner=admissions)

    assert Scope(course=course.page.pk).asked(NOVEMBER).count() == 1
    assert Scope(owner=admissions.pk).asked(NOVEMBER).count() == 1
    assert Scope(without_owner=True).asked(NOVEMBER).count() == 9
    assert Scope(source="referral").asked(NOVEMBER).count() == 2
    assert Scope(source="referral", owner=admissions.pk).asked(NOVEMBER).count() == 0


# First answers -------------------------------------------------------------------------------------


def test_first_answers_are_timed_in_working_hours(site: object) -> None:
    """Open Monday to Saturday, 10:00 to 18:00; all promises are due 8 working hours after asking.

    | asked            | answered         | working hours | promise              |
    | Mon 2 Nov 10:00  | Mon 2 Nov 11:00  | 1             | kept                 |
    | Mon 2 Nov 17:00  | Tue 3 Nov 11:00  | 2             | kept                 |
    | Sat 7 Nov 16:00  | Mon 9 Nov 12:00  | 4             | kept                 |
    | Wed 4 Nov 10:00  | Fri 6 Nov 10:00  | 16            | broken               |
    | Sun 8 Nov 09:00  | Sun 8 Nov 20:00  | 0             | kept                 |
    | Mon 9 Nov 10:00  | not yet          |               | broken: overdue      |
    | Mon 30 Nov 11:00 | not yet          |               | not due yet          |
    | Tue 10 Nov 10:00 | closed, no answer noted |        | neither              |
    """
    calendar = InstituteSettings.current().calendar()
    times = [
        (at(11, 2), at(11, 2, 11)),
        (at(11, 2, 17), at(11, 3, 11)),
        (at(11, 7, 16), at(11, 9, 12)),
        (at(11, 4), at(11, 6)),
        (at(11, 8, 9), at(11, 8, 20)),
        (at(11, 9), None),
        (at(11, 30, 11), None),
    ]
    for asked_at, answered_at in times:
        due = calendar.add_hours(asked_at, 8)
        LeadFactory(created_at=asked_at, answered_at=answered_at, answer_due_at=due)
    LeadFactory(created_at=at(11, 10), answer_due_at=at(11, 11), stage_id=Lead.Stage.CLOSED)
    found = responses(Scope().asked(NOVEMBER), calendar, now=NOW).total

    assert (found.asked, found.answered, found.waiting) == (8, 5, 3)
    assert (found.median, found.percentile_90) == (2, 16)
    assert (found.kept, found.broken, found.kept_share) == (4, 2, 4 / 6)
    assert {bucket.start: bucket.count for bucket in found.histogram} == {
        0: 1, 1: 1, 2: 1, 4: 1, 8: 0, 16: 1, 24: 0,
    }  # fmt: skip


def test_who_was_talked_to_as_they_asked_is_answered_but_flatters_no_time(
    site: object, admissions: User
) -> None:
    """One waited 2 hours, one 6, one waits; three were written down in a talk. The median is 4, not 0."""
    LeadFactory(created_at=at(11, 2), answered_at=at(11, 2, 12), answer_due_at=at(11, 2, 14))
    LeadFactory(created_at=at(11, 2), answered_at=at(11, 2, 16), answer_due_at=at(11, 2, 14))
    LeadFactory(created_at=at(11, 30, 11), answer_due_at=at(11, 30, 18))
    with travel(at(11, 3)):
        for name in ("Asha", "Bala", "Chitra"):
            signed_in(admissions).post(
                "/cms/leads/new/",
                {
                    "name": name,
                    "phone": "98765 43210",
                    "source": "phone",
                    "talked": "on",
                    "key": str(uuid4()),
                },
            )
    found = responses(Scope().asked(NOVEMBER), InstituteSettings.current().calendar(), now=NOW).total

    assert (found.asked, found.answered, found.waiting, found.timed) == (6, 5, 1, 2)
    assert (found.median, found.percentile_90) == (4, 6)
    assert (found.kept, found.broken) == (4, 1)
    assert {bucket.start: bucket.count for bucket in found.histogram if bucket.count} == {2: 1, 4: 1}


def test_holidays_count_nowhere_in_a_first_answer(site: object) -> None:
    """Asked on Tuesday at 17:00, answered on Thursday at 11:00; Wednesday is a holiday: two hours."""
    institute = InstituteSettings.current()
    institute.holidays.create(date=date(2026, 11, 11), name="Diwali")
    LeadFactory(created_at=at(11, 10, 17), answered_at=at(11, 12, 11))

    assert responses(Scope().asked(NOVEMBER), institute.calendar(), now=NOW).total.median == 2


def test_first_answers_are_told_by_owner(site: object, admissions: User) -> None:
    LeadFactory(created_at=at(11, 2), answered_at=at(11, 2, 13), owner=admissions)
    LeadFactory(created_at=at(11, 2), answered_at=at(11, 2, 11))
    found = responses(Scope().asked(NOVEMBER), InstituteSettings.current().calendar(), now=NOW)

    assert {owner: figures.median for owner, figures in found.owners.items()} == {admissions.pk: 3, None: 1}
    assert found.total.median == 2


def test_no_answers_have_no_median(site: object) -> None:
    found = responses(Scope().asked(NOVEMBER), InstituteSettings.current().calendar(), now=NOW)

    assert (found.total.median, found.total.percentile_90, found.total.kept_share) == (None, None, None)
    assert found.owners == {}


# Workload ------------------------------------------------------------------------------------------


def test_workload_counts_the_state_by_owner_and_calls_by_who_called(admissions: User) -> None:
    """Of the counsellor: one open and late, one open and due today, one enrolled in November, answered then.

    Nobody's: one open. Calls: two by the counsellor, of which one on nobody's lead; one in October.
    """
    other = UserFactory(email="other@example.com")
    late = lead(at(11, 20), owner=admissions, answer_due_at=at(11, 20, 18))
    lead(at(10, 20), owner=admissions, answered_at=at(10, 20, 11), answer_due_at=at(10, 20, 18),
         next_action="Call", next_action_at=at(11, 30, 23))  # fmt: skip
    lead(at(10, 25), ("contacted", 200), ("enrolled", 210), owner=admissions, answered_at=at(11, 2, 18))
    nobodys = lead(at(11, 29), answer_due_at=at(12, 1))
    for called, actor, when in (
        (late, admissions, at(11, 21)),
        (nobodys, admissions, at(11, 30)),
        (late, other, at(10, 30)),
    ):
        LeadEventFactory(lead=called, kind=LeadEvent.Kind.CALL, actor=actor, created_at=when)
    found = {row.owner: row for row in workloads(Scope(), NOVEMBER, now=NOW, day_ends_at=at(12, 1, 0))}

    assert found == {
        admissions.pk: Workload(
            owner=admissions.pk, open=2, late=1, due=1, new=1, answered=1, enrolled=1, calls=2
        ),
        None: Workload(owner=None, open=1, new=1),
    }


def test_a_lead_enrolled_twice_in_a_period_counts_once(admissions: User) -> None:
    lead(at(11, 2), ("enrolled", 1), ("contacted", 2), ("enrolled", 3), owner=admissions)
    (row,) = workloads(Scope(), NOVEMBER, now=NOW, day_ends_at=at(12, 1, 0))

    assert (row.enrolled, row.open) == (1, 0)


# Closing reasons -----------------------------------------------------------------------------------


def test_closing_reasons_go_by_the_day_of_closing(world: None) -> None:
    """C and H closed in November, D was opened again; one that asked in October was closed in November."""
    lead(at(10, 5), ("closed", 30 * 24), reason=EXPENSIVE)
    lead(at(10, 5), ("closed", 24), reason=EXPENSIVE)

    assert [(row.name, row.count, row.of_all) for row in closings(Scope(), NOVEMBER)] == [
        (EXPENSIVE, 2, 2 / 3),
        (ELSEWHERE, 1, 1 / 3),
    ]
    assert [(row.name, row.count) for row in closings(Scope(), OCTOBER)] == [(EXPENSIVE, 1)]


# Seats ---------------------------------------------------------------------------------------------


def ended(course: CoursePage, *, enrolled: int, closed: int) -> None:
    """Make leads of the course that had been contacted and ended in November."""
    for number in range(enrolled + closed):
        stage = "enrolled" if number < enrolled else "closed"
        lead(at(11, 1), ("contacted", 1), (stage, 48), course=course)


def test_seats_are_forecast_from_the_rates_of_ended_leads(course: SmallCourse) -> None:
    """Of 20 ended leads that had been contacted 10 enrolled: 50 %, of which the 90 % Wilson interval is

    (0.5 + s/2 ± sqrt(0.25 s + s²/4)) / (1 + s) with s = 1.645² / 20 = 0.1353: 0.3274 to 0.6726.
    Six open leads are in contacted: 1.96 to 4.04 enrolments, two leads in new as many again by 0.65 to 1.35.
    Together 2.62 to 5.38. The first cohort has four free seats: 2 to 4; the second gets the rest, 0 to 2.
    """
    ended(course.page, enrolled=10, closed=10)
    for number in range(8):
        lead(at(11, 20), *([("contacted", 1)] if number < 6 else []), course=course.page)
    CohortFactory(course=course.page, starts_on=date(2026, 12, 10), seats=10, seats_taken=6)
    CohortFactory(course=course.page, starts_on=date(2027, 1, 10), seats=10)
    CohortFactory(course=course.page, starts_on=date(2026, 11, 10), seats=10)
    (found,) = outlook(Scope(), Pipeline.load(), day=NOW.date(), since=NOW - timedelta(days=180))

    assert [(stage.stage, stage.open, stage.ended, stage.enrolled) for stage in found.stages] == [
        ("New", 2, 20, 10), ("Contacted", 6, 20, 10), ("Qualified", 0, 10, 10), ("Applied", 0, 10, 10),
    ]  # fmt: skip
    assert found.stages[1].low == pytest.approx(0.3274, abs=0.0005)
    assert found.stages[1].high == pytest.approx(0.6726, abs=0.0005)
    assert [(cohort.cohort.starts_on.month, cohort.expected) for cohort in found.cohorts] == [
        (12, (2, 4)),
        (1, (0, 2)),
    ]
    assert found.beyond is None


def test_below_twenty_ended_leads_nothing_is_forecast(course: SmallCourse) -> None:
    ended(course.page, enrolled=10, closed=9)
    CohortFactory(course=course.page, starts_on=date(2026, 12, 10))
    (found,) = outlook(Scope(), Pipeline.load(), day=NOW.date(), since=NOW - timedelta(days=180))

    assert found.ended == 19
    assert found.cohorts[0].expected is None


def test_who_waits_keeps_their_seat_whoever_the_forecast_is_about(course: SmallCourse) -> None:
    ended(course.page, enrolled=20, closed=0)
    cohort = CohortFactory(course=course.page, starts_on=date(2026, 12, 10), seats=3)
    for lead in LeadFactory.create_batch(2, course=course.page, source="referral"):
        WaitingPlace.objects.create(lead=lead, cohort=cohort)
    LeadFactory.create_batch(9, course=course.page)
    day, since = NOW.date(), NOW - timedelta(days=180)
    (found,) = outlook(Scope(source="website"), Pipeline.load(), day=day, since=since)

    assert found.cohorts[0].waiting == 2
    assert found.cohorts[0].expected == (1, 1)


def test_a_seat_that_is_offered_is_taken_and_waits_for_nobody(course: SmallCourse) -> None:
    ended(course.page, enrolled=20, closed=0)
    cohort = CohortFactory(course=course.page, starts_on=date(2026, 12, 10), seats=3, seats_taken=1)
    WaitingPlace.objects.create(
        lead=LeadFactory(course=course.page), cohort=cohort, state=WaitingPlace.State.OFFERED,
        offered_at=NOW, offer_until=NOW + timedelta(days=2),
    )  # fmt: skip
    LeadFactory.create_batch(9, course=course.page)
    (found,) = outlook(Scope(), Pipeline.load(), day=NOW.date(), since=NOW - timedelta(days=180))
    (filled,) = fills(Scope(), since=NOW.date())

    assert (found.cohorts[0].taken, found.cohorts[0].waiting, filled.waiting) == (1, 0, 0)
    assert found.cohorts[0].expected == (2, 2)


def test_a_rate_is_between_nothing_and_all() -> None:
    assert wilson(0, 0) == (0, 1)
    assert wilson(0, 30)[0] == 0
    assert wilson(30, 30)[1] == pytest.approx(1)


def test_fill_and_revenue_leave_withdrawn_learners_out(course: SmallCourse) -> None:
    cohort = CohortFactory(course=course.page, starts_on=date(2026, 11, 10), seats=10, seats_taken=2)
    for number, (state, price) in enumerate([("active", 40000), ("active", None), ("withdrawn", 45000)]):
        EnrollmentFactory(learner=UserFactory(email=f"l{number}@example.com"), course=course.page,
                          cohort=cohort, state=state, price_agreed=price, created_at=at(11, 3))  # fmt: skip
    (filled,) = fills(Scope(), since=NOVEMBER.first)

    assert (filled.enrolled, filled.priced, filled.agreed) == (2, 1, 40000)
    assert revenues(Scope(), NOVEMBER)[course.page.pk].agreed == 40000
    assert revenues(Scope(), OCTOBER) == {}
    assert revenues(Scope(source="referral"), NOVEMBER) == {}
    assert Enrollment.objects.count() == 3


# Periods -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "first", "last", "before_first", "before_last"),
    [
        (Named.THIS_MONTH, "2026-11-01", "2026-11-23", "2026-10-01", "2026-10-23"),
        (Named.LAST_MONTH, "2026-10-01", "2026-10-31", "2026-09-01", "2026-09-30"),
        (Named.DAYS_30, "2026-10-25", "2026-11-23", "2026-09-25", "2026-10-24"),
        (Named.DAYS_90, "2026-08-26", "2026-11-23", "2026-05-28", "2026-08-25"),
        (Named.THIS_QUARTER, "2026-10-01", "2026-11-23", "2026-07-01", "2026-08-23"),
        (Named.THIS_YEAR, "2026-01-01", "2026-11-23", "2025-01-01", "2025-11-23"),
    ],
)
def test_periods_and_those_before_them(
    name: str, first: str, last: str, before_first: str, before_last: str
) -> None:
    period = named_period(name, date(2026, 11, 23))
    before = period.before()

    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)
    assert (before.first.isoformat(), before.last.isoformat()) == (before_first, before_last)


def test_a_longer_month_is_held_against_the_whole_of_a_shorter_one() -> None:
    """30 March has no counterpart in February, and a whole March is compared with a whole February."""
    until_30 = named_period(Named.THIS_MONTH, date(2027, 3, 30)).before()
    whole = named_period(Named.THIS_MONTH, date(2027, 2, 28)).before()

    assert (until_30.first, until_30.last) == (date(2027, 2, 1), date(2027, 2, 28))
    assert (whole.first, whole.last) == (date(2027, 1, 1), date(2027, 1, 31))


@pytest.mark.parametrize(
    ("day", "name", "last"),
    [
        (date(2025, 3, 5), Named.LAST_MONTH, date(2024, 2, 29)),
        (date(2024, 3, 5), Named.LAST_MONTH, date(2023, 2, 28)),
        (date(2025, 2, 27), Named.THIS_MONTH, date(2024, 2, 27)),
    ],
)
def test_a_whole_february_is_held_against_the_whole_one_a_year_before(
    day: date, name: str, last: date
) -> None:
    assert named_period(name, day).year_before() == Period(last.replace(day=1), last, 1)


def test_a_leap_day_is_held_against_28_february() -> None:
    assert Period(date(2028, 2, 29), date(2028, 2, 29)).year_before().last == date(2027, 2, 28)


@travel(datetime(2026, 11, 30, 20, 0, tzinfo=ZoneInfo("UTC")))
def test_today_is_indias_when_utc_is_a_day_behind() -> None:
    from courses.wall_clock import today

    assert today() == date(2026, 12, 1)


def test_medians_and_shares_of_nothing() -> None:
    assert (median([]), percentile([], 90), share(1, 0)) == (None, None, None)
    assert median([1, 2, 10]) == 2
    assert median([1, 2, 4, 10]) == 3
    assert percentile(list(range(1, 11)), 90) == 9
