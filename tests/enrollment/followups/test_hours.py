"""Follow-ups leave by day where the person is, never on a holiday, and SMS never by night in India."""

from collections.abc import Set
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.calendar import WorkingCalendar
from courses.models import InstituteSettings
from enrollment.followups.hours import allowed_from
from enrollment.models import Person
from outbox.models import Channel

INDIA = ZoneInfo("Asia/Kolkata")
ZONES = ["", "Asia/Dubai", "America/New_York", "America/Los_Angeles", "Europe/London", "Pacific/Auckland"]
WORKING_WEEK = frozenset(range(6))


def calendar(*, holidays: Set[date] = frozenset(), weekdays: Set[int] = WORKING_WEEK) -> WorkingCalendar:
    return WorkingCalendar(
        weekdays=weekdays, opens_at=time(10), closes_at=time(18), holidays=holidays, zone=INDIA
    )


def allowed(
    moment: datetime,
    *,
    zone: str = "",
    channel: str = Channel.EMAIL,
    hours: tuple[time, time] = (time(10), time(20)),
    working_time: WorkingCalendar | None = None,
    on_working_days: bool = False,
) -> datetime:
    return allowed_from(
        moment,
        person=Person(time_zone=zone),
        channel=channel,
        institute=InstituteSettings(follow_up_from=hours[0], follow_up_until=hours[1]),
        calendar=working_time or calendar(),
        on_working_days=on_working_days,
    )


def india(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in November 2026, whose 22nd is a Sunday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=INDIA)


@pytest.mark.parametrize(
    ("moment", "leaves"),
    [
        (india(24, 9, 59), india(24, 10)),
        (india(24, 10), india(24, 10)),
        (india(24, 19, 59), india(24, 19, 59)),
        (india(24, 20), india(25, 10)),
        (india(24, 23, 59), india(25, 10)),
    ],
)
def test_it_leaves_between_ten_and_eight_in_the_evening(moment: datetime, leaves: datetime) -> None:
    assert allowed(moment) == leaves


def test_the_hours_are_those_of_the_place_where_the_person_is() -> None:
    noon_in_india = india(24, 12)
    assert allowed(noon_in_india, zone="America/New_York") == india(24, 20, 30)
    assert allowed(noon_in_india, zone="Asia/Dubai") == noon_in_india


def test_a_zone_that_does_not_exist_counts_as_the_institutes() -> None:
    assert allowed(india(24, 8), zone="Asia/Atlantis") == india(24, 10)
    assert allowed(india(24, 8), zone="../etc/passwd") == india(24, 10)


def test_nothing_leaves_on_a_holiday() -> None:
    holidays = calendar(holidays={date(2026, 11, 24), date(2026, 11, 25)})
    assert allowed(india(24, 12), working_time=holidays) == india(26, 10)


def test_only_steps_in_working_time_wait_for_a_working_day() -> None:
    sunday = india(22, 12)
    assert allowed(sunday) == sunday
    assert allowed(sunday, on_working_days=True) == india(23, 10)


def test_an_institute_that_is_never_open_still_writes() -> None:
    never = calendar(weekdays=frozenset())
    assert allowed(india(24, 12), working_time=never, on_working_days=True) == india(24, 12)
    always_off = calendar(holidays={date(2026, 1, 1) + timedelta(days=days) for days in range(1000)})
    assert allowed(india(24, 12), working_time=always_off) == india(24, 12)


def test_hours_that_end_before_they_begin_count_as_the_usual_ones() -> None:
    assert allowed(india(24, 3), hours=(time(18), time(9))) == india(24, 10)
    assert allowed(india(24, 3), hours=(time(9), time(9))) == india(24, 10)


@pytest.mark.parametrize(
    ("moment", "leaves"), [(india(24, 6), india(24, 10)), (india(24, 21), india(25, 10))]
)
def test_no_hours_of_the_institute_let_an_sms_leave_by_night(moment: datetime, leaves: datetime) -> None:
    whole_day = (time(0), time(23, 59))
    assert allowed(moment, channel=Channel.EMAIL, hours=whole_day) == moment
    assert allowed(moment, channel=Channel.SMS, hours=whole_day) == leaves


def test_an_sms_abroad_leaves_when_it_is_day_there_and_in_india() -> None:
    assert allowed(india(24, 12), zone="America/New_York", channel=Channel.SMS) == india(24, 20, 30)
    late = allowed(india(24, 12), zone="America/Los_Angeles", channel=Channel.SMS)
    assert late == india(25, 10), "where it is never both, in the first hour that is allowed in India"


def test_the_hours_follow_the_clock_when_summer_time_ends() -> None:
    """New York goes back from 4 to 5 hours behind on 1 November 2026."""
    before = allowed(datetime(2026, 10, 31, 6, tzinfo=UTC), zone="America/New_York")
    after = allowed(datetime(2026, 11, 1, 6, tzinfo=UTC), zone="America/New_York")
    assert before == datetime(2026, 10, 31, 14, tzinfo=UTC)
    assert after == datetime(2026, 11, 1, 15, tzinfo=UTC)


first_moment = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: first_moment + timedelta(minutes=minutes))
some_hours = st.tuples(st.times(), st.times())
holidays = st.sets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=12)


@given(
    moment=moments,
    zone=st.sampled_from(ZONES),
    channel=st.sampled_from(Channel.values),
    hours=some_hours,
    days_off=holidays,
    weekdays=st.sets(st.integers(0, 6)),
    on_working_days=st.booleans(),
)
@settings(deadline=None)
def test_whatever_is_set_it_leaves_once_and_lawfully(  # noqa: PLR0917
    moment: datetime,
    zone: str,
    channel: str,
    hours: tuple[time, time],
    days_off: set[date],
    weekdays: set[int],
    on_working_days: bool,
) -> None:
    working_time = calendar(holidays=days_off, weekdays=weekdays)
    more = {"zone": zone, "channel": channel, "hours": hours, "on_working_days": on_working_days}

    leaves = allowed(moment, working_time=working_time, **more)

    assert leaves >= moment
    assert allowed(leaves, working_time=working_time, **more) == leaves
    assert leaves.astimezone(INDIA).date() not in days_off
    if on_working_days and weekdays:
        assert leaves.astimezone(INDIA).weekday() in weekdays
    if channel == Channel.SMS:
        assert time(10) <= leaves.astimezone(INDIA).time() < time(21)


@given(moment=moments, zone=st.sampled_from(ZONES), days_off=holidays)
@settings(deadline=None)
def test_it_is_always_between_ten_and_eight_where_the_person_is(
    moment: datetime, zone: str, days_off: set[date]
) -> None:
    leaves = allowed(moment, zone=zone, working_time=calendar(holidays=days_off))
    assert time(10) <= leaves.astimezone(ZoneInfo(zone or "Asia/Kolkata")).time() < time(20)
    skipped = [moment + timedelta(minutes=minutes) for minutes in range(0, 24 * 60, 31)]
    assert all(allowed(at, zone=zone, working_time=calendar(holidays=days_off)) > at
               for at in skipped if at < leaves)  # fmt: skip
