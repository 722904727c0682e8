"""Times that others read are the institute's, whatever time zone a member of staff chose for the CMS."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from wagtail.users.models import UserProfile

from accounts.models import User
from courses import wall_clock
from courses.models import Cohort
from enrollment.enrolling import place_lead
from enrollment.models import Enrollment, Lead, LeadEvent, MessageTemplate, WaitingPlace
from enrollment.waiting import join
from outbox.models import Message
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import ClosingReason, CounsellorFactory, LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
"""Tuesday, 12:00 where the institute is; in Los Angeles it is still Monday evening, 22:30."""


@pytest.fixture(autouse=True)
def noon(course: SmallCourse) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def abroad(user: User) -> Client:
    """Sign in somebody who set the CMS to the time of Los Angeles."""
    profile = UserProfile.get_for_user(user)
    profile.current_time_zone = "America/Los_Angeles"
    profile.save()
    return signed_in(user)


def test_today_and_midnight_are_the_institutes() -> None:
    with timezone.override("America/Los_Angeles"):
        assert wall_clock.today() == date(2026, 11, 24)
        assert wall_clock.midnight(date(2026, 11, 24)) == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
        assert f"{wall_clock.local(NOON):%H:%M}" == "12:00"


def test_the_mail_of_a_booked_call_says_the_hour_where_the_institute_is(admissions: User) -> None:
    lead = LeadFactory(person=PersonFactory(email="asha@example.com"))

    abroad(admissions).post(
        f"/cms/leads/book/{lead.pk}/",
        {"at": "2026-11-24T22:30", "tell_at": "asha@example.com", "shown": "|"},
    )

    message = Message.objects.get()
    assert "Wednesday 25 November at 12:00" in message.subject
    assert "12:00" in message.text
    assert "22:30" not in message.text
    assert "IST" in message.text


def test_the_acknowledgement_of_an_enquiry_written_down_abroad_says_the_institutes_hour(
    admissions: User,
) -> None:
    answers = {
        "name": "Mani Raman", "email": "mani@example.com", "source": "phone", "acknowledge": "on",
        "key": str(uuid4()), "contact_by": "email",
    }  # fmt: skip
    abroad(admissions).post("/cms/leads/new/", answers)

    promised = Lead.objects.get().answer_due_at
    assert f"{wall_clock.local(promised):%H:%M on %A} " in f"{Message.objects.get().text} "


def test_a_seat_given_back_abroad_is_held_by_the_institutes_clock(
    course: SmallCourse, admissions: User
) -> None:
    tomorrow = date(2026, 11, 25)
    cohort = CohortFactory(course=course.page, seats=1, starts_on=tomorrow)
    leads = [LeadFactory(person=PersonFactory(name=name)) for name in ("Asha", "Bala")]
    place_lead(lead=leads[0], course=course.page, cohort=cohort)
    place = join(lead=leads[1], cohort=cohort)

    response = abroad(admissions).post(
        f"/cms/leads/withdraw/{leads[0].pk}/",
        {
            "enrollment": Enrollment.objects.get().pk,
            "stage": "closed",
            "closing": ClosingReason.objects.first().pk,
        },
    )

    assert response.status_code == 302
    place.refresh_from_db()
    assert place.state == WaitingPlace.State.OFFERED
    assert place.offer_until == datetime(2026, 11, 25, 18, 30, tzinfo=UTC)
    said = leads[1].events.filter(kind=LeadEvent.Kind.ENROLMENT).first()
    assert "held until Thu 26 Nov, 00:00" in said.text
    assert "until 00:00 on Thursday 26 November" in Message.objects.get(key__startswith="waiting:").text


def test_a_cohort_starts_with_the_institutes_day(course: SmallCourse) -> None:
    cohort = CohortFactory(course=course.page, starts_on=date(2026, 11, 23))
    with timezone.override("America/Los_Angeles"):
        assert cohort.has_started
        assert not Cohort.objects.upcoming().exists()


def test_a_text_to_start_from_names_the_institutes_hour(admissions: User) -> None:
    person = PersonFactory(phone="+919876543210")
    lead = LeadFactory(person=person, next_action="Call", next_action_at=NOON + timedelta(days=1))

    text = MessageTemplate.objects.get(name="Call is booked")
    address = f"/cms/leads/inspect/{lead.pk}/?template={text.pk}"

    page = abroad(admissions).get(address).content.decode()

    assert "I will call you on Wednesday 25 November, 12:00" in page


def test_a_plan_made_abroad_stands_on_the_timeline_in_the_institutes_time(admissions: User) -> None:
    lead = LeadFactory()

    abroad(admissions).post(
        f"/cms/leads/next/{lead.pk}/", {"action": "Call", "at": "2026-11-24T22:30", "shown": "|"}
    )

    assert lead.events.get().text == "Call, Wed 25 Nov, 12:00"


def test_the_list_counts_its_days_where_the_institute_is(admissions: User) -> None:
    for hours, reference in ((11, "ENQ-TODAY"), (13, "ENQ-YESTERDAY")):
        LeadFactory(created_at=NOON - timedelta(hours=hours), reference=reference)

    page = abroad(admissions).get("/cms/leads/?age=today").content.decode()

    assert "ENQ-TODAY" in page
    assert "ENQ-YESTERDAY" not in page


def test_both_kinds_of_file_have_the_same_hours(admissions_lead: User) -> None:
    LeadFactory(created_at=NOON)
    client = abroad(admissions_lead)

    lines = b"".join(client.get("/cms/leads/?export=csv")).decode("utf-8-sig")
    asked = next(csv.DictReader(io.StringIO(lines)))["Asked at"]
    sheet = load_workbook(io.BytesIO(client.get("/cms/leads/?export=xlsx").content)).active
    row = dict(zip(*[[cell.value for cell in row] for row in sheet.iter_rows(max_row=2)], strict=True))

    assert asked == row["Asked at"] == "2026-11-24 12:00+05:30"


def test_the_list_of_counsellors_says_when_somebody_last_got_a_lead(
    admissions: User, admissions_lead: User
) -> None:
    CounsellorFactory(user=admissions, last_assigned_at=NOON)

    page = signed_in(admissions_lead).get("/cms/leads/counsellors/").content.decode()

    assert "24 Nov, 12:00" in page
