"""In which language somebody reads and by which clock they live is put right on the lead page."""

from datetime import time

import pytest
from django.test import Client

from accounts.models import User
from courses.models import InstituteSettings
from enrollment.correcting import facts_shown
from enrollment.models import Lead, Person
from tests.conftest import signed_in
from tests.factories.enrollment import LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def post_facts(desk: Client, lead: Lead, **changes: str) -> str:
    data = {
        "person_name": lead.person.name,
        "interest": lead.interest,
        "contact_by": lead.contact_by,
        "language": lead.person.language,
        "time_zone": lead.person.time_zone,
        "shown": facts_shown(lead),
    }
    return desk.post(f"/cms/leads/facts/{lead.pk}/", data | changes, follow=True).text


def test_language_and_place_are_corrected_and_told(desk: Client) -> None:
    lead = LeadFactory()
    page = post_facts(desk, lead, language="ta", time_zone="Asia/Dubai")

    lead.person.refresh_from_db()
    assert (lead.person.language, lead.person.time_zone) == ("ta", "Asia/Dubai")
    assert "Language: English to Tamil" in page
    assert "Time zone: the institute&#x27;s to Asia/Dubai" in page


def test_a_place_that_is_not_offered_is_refused_and_a_known_one_kept(desk: Client) -> None:
    lead = LeadFactory(person__time_zone="Indian/Maldives")
    post_facts(desk, lead, time_zone="Asia/Atlantis")
    post_facts(desk, lead, language="ta")

    lead.person.refresh_from_db()
    assert (lead.person.language, lead.person.time_zone) == ("ta", "Indian/Maldives")


def test_the_language_is_asked_when_a_lead_is_added(desk: Client) -> None:
    assert "Which language do they like to read?" in desk.get("/cms/leads/new/").text
    data = {
        "key": "0b8e0a52-1f4c-4f9a-9d55-2f1a7d3f2a11",
        "name": "Kavitha",
        "phone": "98765 43210",
        "source": Lead.Source.PHONE,
        "interest": Lead.Interest.CONTACT,
        "message": "Which groups are there?",
        "language": "ta",
    }
    answer = desk.post("/cms/leads/new/", data)
    assert answer.status_code == 302, answer.context["form"].errors
    assert Person.objects.get(name="Kavitha").language == Person.Language.TAMIL


def test_admissions_leads_set_the_hours_of_follow_ups(admissions_lead: User) -> None:
    settings = InstituteSettings.current()
    data = dict.fromkeys(("monday", "tuesday", "wednesday"), "on") | {
        "opens_at": "10:00",
        "closes_at": "18:00",
        "answer_within_hours": "4",
        "follow_up_from": "11:00",
        "follow_up_until": "19:00",
        "follow_ups_a_day": "1",
        "holidays-TOTAL_FORMS": "0",
        "holidays-INITIAL_FORMS": "0",
    }
    client = signed_in(admissions_lead)
    assert client.post("/cms/leads/hours/", data).status_code == 302
    settings.refresh_from_db()
    assert (settings.follow_up_from, settings.follow_up_until) == (time(11), time(19))
    assert settings.follow_ups_a_day == 1

    answer = client.post("/cms/leads/hours/", data | {"follow_up_until": "10:00"})
    assert "The end must be after the beginning." in answer.text
