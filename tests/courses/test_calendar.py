"""Working hours: when a promise falls due."""

from datetime import date, datetime, time
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
