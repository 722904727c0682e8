"""The admissions lead sets opening hours and holidays."""

import pytest
from django.test import Client

from accounts.models import User
from courses.models import InstituteSettings
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


def data(**changes: str) -> dict[str, str]:
    return {
        "monday": "on",
        "tuesday": "on",
        "opens_at": "09:30",
        "closes_at": "17:00",
        "answer_within_hours": "6",
        "follow_up_from": "10:00",
        "follow_up_until": "20:00",
        "follow_ups_a_day": "2",
        "holidays-TOTAL_FORMS": "1",
        "holidays-INITIAL_FORMS": "0",
        "holidays-0-date": "2027-01-26",
        "holidays-0-name": "Republic Day",
        "holidays-0-ORDER": "1",
    } | changes


def test_an_admissions_lead_sets_hours_and_holidays_and_nothing_else(manager: Client) -> None:
    before = InstituteSettings.current()
    before.name = "Academy of Tests"
    before.save()
    manager.post("/cms/leads/hours/", data(name="Taken over", erase_after_days="1"))

    institute = InstituteSettings.current()
    assert institute.hours_text == "Monday, Tuesday, 09:30 to 17:00"
    assert institute.answer_within_hours == 6
    assert [str(day) for day in institute.holidays.all()] == ["2027-01-26 Republic Day"]
    assert institute.name == "Academy of Tests"
    assert institute.erase_after_days == before.erase_after_days


def test_closing_before_opening_is_refused_in_words(manager: Client) -> None:
    page = manager.post("/cms/leads/hours/", data(closes_at="08:00")).content.decode()

    assert "Closing time must be after opening time." in page
    assert InstituteSettings.current().opens_at.hour == 10


def test_counsellors_and_authors_set_no_hours(admissions: User, author: User) -> None:
    for user in (admissions, author):
        assert signed_in(user).post("/cms/leads/hours/", data()).status_code == 302
    assert InstituteSettings.current().opens_at.hour == 10
