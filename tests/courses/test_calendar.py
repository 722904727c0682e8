"""Working hours: when a promise falls due."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from courses.calendar import WorkingCalendar

ZONE = ZoneInfo("Asia/Kolkata")
MONDAY_TO_SATURDAY = WorkingCalendar(
    weekdays={0, 1, 2, 3, 4, 5},
    opens_at=time(10),
    closes_at=time(18),
    holidays={date(2026, 11, 25)},
    zone=ZONE,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("asked", "hours", "due"),
    [
        ("2026-11-23 10:00", 8, "2026-11-23 18:00"),
        ("2026-11-23 12:00", 8, "2026-11-24 12:00"),
        ("2026-11-23 19:30", 2, "2026-11-24 12:00"),
        ("2026-11-23 08:00", 2, "2026-11-23 12:00"),
        ("2026-11-24 17:00", 2, "2026-11-26 11:00"),
        ("2026-11-28 17:00", 2, "2026-11-30 11:00"),
        ("2026-11-29 12:00", 1, "2026-11-30 11:00"),
    ],
    ids=[
        "same-day",
        "over-night",
        "after-closing",
        "before-opening",
        "over-holiday",
        "over-sunday",
        "sunday",
    ],
)
def test_hours_count_while_the_institute_is_open(asked: str, hours: float, due: str) -> None:
    assert MONDAY_TO_SATURDAY.add_hours(at(asked), hours) == at(due)


def test_a_calendar_that_never_opens_still_gives_a_date() -> None:
    never = WorkingCalendar(set(), time(10), time(18), set(), ZONE)

    assert never.add_hours(at("2026-11-23 10:00"), 8) == at("2026-11-23 18:00")


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-23 10:00", "2026-11-23 18:00", 8),
        ("2026-11-23 11:15", "2026-11-23 12:00", 0.75),
        ("2026-11-23 17:00", "2026-11-24 11:00", 2),
        ("2026-11-24 17:00", "2026-11-26 11:00", 2),
        ("2026-11-25 12:00", "2026-11-26 10:30", 0.5),
        ("2026-11-28 17:00", "2026-11-30 11:00", 2),
        ("2026-11-29 09:00", "2026-11-29 20:00", 0),
        ("2026-11-23 06:00", "2026-11-23 09:00", 0),
        ("2026-11-23 19:00", "2026-11-24 09:00", 0),
        ("2026-11-23 08:00", "2026-11-23 20:00", 8),
        ("2026-11-23 12:00", "2026-11-30 12:00", 40),
        ("2026-11-23 12:00", "2026-11-23 11:00", 0),
    ],
    ids=[
        "one-day",
        "minutes",
        "over-night",
        "over-holiday",
        "from-holiday",
        "over-sunday",
        "sunday",
        "before-opening",
        "closed-night",
        "around-one-day",
        "week-with-holiday",
        "backwards",
    ],
)
def test_working_time_is_what_the_institute_was_open(start: str, end: str, hours: float) -> None:
    assert MONDAY_TO_SATURDAY.working_time(at(start), at(end)) == timedelta(hours=hours)


def test_working_time_is_counted_where_the_institute_is() -> None:
    ten_in_india = datetime.fromisoformat("2026-11-23T04:30:00+00:00")
    seven_in_the_evening = datetime.fromisoformat("2026-11-23T08:30:00-05:00")

    assert MONDAY_TO_SATURDAY.working_time(ten_in_india, seven_in_the_evening) == timedelta(hours=8)


def test_a_change_of_the_clocks_at_night_costs_no_working_time() -> None:
    new_york = ZoneInfo("America/New_York")
    calendar = WorkingCalendar({0, 1, 2, 3, 4, 5}, time(10), time(18), set(), new_york)
    friday = datetime(2026, 10, 30, 17, tzinfo=new_york)
    monday = datetime(2026, 11, 2, 11, tzinfo=new_york)

    assert calendar.working_time(friday, monday) == timedelta(hours=10)


def test_a_holiday_on_a_sunday_takes_nothing_away() -> None:
    calendar = replace(MONDAY_TO_SATURDAY, holidays={date(2026, 11, 29)})

    assert calendar.working_time(at("2026-11-28 17:00"), at("2026-11-30 11:00")) == timedelta(hours=2)


def test_a_calendar_that_never_opens_counts_every_hour() -> None:
    never = replace(MONDAY_TO_SATURDAY, weekdays=set())

    assert never.working_time(at("2026-11-23 10:00"), at("2026-11-24 10:00")) == timedelta(hours=24)
    assert never.hours_before(at("2026-11-24 10:00"), 8) == at("2026-11-24 02:00")
    assert not never.is_open(at("2026-11-23 12:00"))


@pytest.mark.parametrize(
    ("end", "hours", "start"),
    [
        ("2026-11-23 18:00", 8, "2026-11-23 10:00"),
        ("2026-11-24 12:00", 8, "2026-11-23 12:00"),
        ("2026-11-26 11:00", 2, "2026-11-24 17:00"),
        ("2026-11-30 09:00", 1, "2026-11-28 17:00"),
        ("2026-11-23 20:00", 2, "2026-11-23 16:00"),
    ],
)
def test_working_hours_are_counted_back(end: str, hours: float, start: str) -> None:
    assert MONDAY_TO_SATURDAY.hours_before(at(end), hours) == at(start)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 10:00", True),
        ("2026-11-23 17:59", True),
        ("2026-11-23 18:00", False),
        ("2026-11-23 09:59", False),
        ("2026-11-25 12:00", False),
        ("2026-11-29 12:00", False),
    ],
)
def test_open_is_within_hours_on_working_days(moment: str, is_open: bool) -> None:
    assert MONDAY_TO_SATURDAY.is_open(at(moment)) is is_open


def test_somebodys_own_hours_stay_within_the_institutes_days() -> None:
    own = MONDAY_TO_SATURDAY.with_hours(opens_at=time(8), closes_at=time(12), days_off={0})

    assert own.is_open(at("2026-11-24 08:30"))
    assert not own.is_open(at("2026-11-24 12:30"))
    assert not own.is_open(at("2026-11-23 10:00"))
    assert not own.is_open(at("2026-11-25 10:00"))
