"""Putting a lead's facts right from its page."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from enrollment.correcting import Facts, correct_facts, facts_of, facts_shown
from enrollment.models import Lead, LeadEvent
from tests.conftest import SmallCourse, signed_in
from tests.factories.enrollment import ContactPointFactory, LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(course: SmallCourse) -> Lead:
    return LeadFactory(person=PersonFactory(name="Asha Devi", email="asha@example.com"))


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def facts_data(lead: Lead, **changes: str) -> dict[str, str]:
    data = {
        "person_name": lead.person.name,
        "interest": lead.interest,
        "course": str(lead.course_id or ""),
        "contact_by": lead.contact_by,
        "best_time": lead.best_time,
        "shown": facts_shown(lead),
    }
    return data | changes


def test_corrected_facts_are_told_and_found(desk: Client, lead: Lead, course: SmallCourse) -> None:
    changes = {"person_name": "Aisha Devi", "course": str(course.page.pk), "best_time": "evening"}
    page = desk.post(
        f"/cms/leads/facts/{lead.pk}/", facts_data(lead, **changes), follow=True
    ).content.decode()

    lead.refresh_from_db()
    assert (lead.course_id, lead.best_time) == (course.page.pk, "evening")
    assert "aisha devi" in lead.search_text
    assert "Name: Asha Devi to Aisha Devi" in page
    assert "Best time: any to Evening" in page
    assert lead.events.count() == 1


def test_saving_the_same_facts_writes_nothing(desk: Client, lead: Lead) -> None:
    desk.post(f"/cms/leads/facts/{lead.pk}/", facts_data(lead))

    assert not lead.events.exists()


def test_the_slower_of_two_keeps_both_corrections(
    desk: Client, lead: Lead, course: SmallCourse, admissions_lead: User
) -> None:
    mine = facts_data(lead, person_name="Aisha Devi")
    before = facts_of(lead)
    theirs = Facts(
        name=before.name,
        interest=before.interest,
        course=course.page,
        contact_by=before.contact_by,
        best_time=before.best_time,
    )
    correct_facts(lead=lead, facts=theirs, actor=admissions_lead)
    response = desk.post(f"/cms/leads/facts/{lead.pk}/", mine)

    assert response.status_code == 409
    assert f"{admissions_lead} changed this to Course: not chosen to Python full-stack" in (
        response.content.decode()
    )
    form = response.context["forms"]["facts"]
    again = {name: str(form[name].value() or "") for name in form.fields}
    desk.post(f"/cms/leads/facts/{lead.pk}/", again)
    lead = Lead.objects.select_related("person").get()
    assert (lead.person.name, lead.course_id) == ("Aisha Devi", course.page.pk)


def test_a_number_is_added_corrected_and_removed(desk: Client, lead: Lead) -> None:
    lead.person.compared_at = timezone.now()
    lead.person.save(update_fields=["compared_at"])
    desk.post(f"/cms/leads/point/{lead.pk}/", {"value": "95004 81067"})
    point = lead.person.contact_points.get(kind="phone")
    assert (point.value, point.as_typed) == ("+919500481067", "95004 81067")
    lead.refresh_from_db()
    assert "919500481067" in lead.search_text
    lead.person.refresh_from_db()
    assert lead.person.compared_at is None, "duplicates are looked for again"

    desk.post(f"/cms/leads/point/{lead.pk}/", {"value": "95004 81068", "point": str(point.pk)})
    lead.refresh_from_db()
    assert "919500481068" in lead.search_text
    assert "919500481067" not in lead.search_text

    desk.post(f"/cms/leads/unpoint/{lead.pk}/", {"point": str(point.pk)})
    assert not lead.person.contact_points.filter(kind="phone").exists()
    assert [event.text for event in lead.events.filter(kind=LeadEvent.Kind.FACTS)] == [
        "Removed: 95004 81068",
        "95004 81067 to 95004 81068",
        "Added: 95004 81067",
    ]


def test_the_last_way_to_reach_a_person_stays(desk: Client, lead: Lead) -> None:
    point = lead.person.contact_points.get()
    response = desk.post(f"/cms/leads/unpoint/{lead.pk}/", {"point": str(point.pk)})

    assert response.status_code == 422
    assert "This is the only way to reach this person" in response.content.decode()
    assert lead.person.contact_points.exists()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "Enter an e-mail address or a phone number"),
        ("asha@", "Enter an email address in the correct format"),
        ("12", "Enter a phone number, like"),
    ],
)
def test_what_is_no_address_is_refused_and_kept_in_the_form(
    desk: Client, lead: Lead, value: str, said: str
) -> None:
    response = desk.post(f"/cms/leads/point/{lead.pk}/", {"value": value})

    assert response.status_code == 422
    assert said in response.content.decode()
    assert f'value="{value}"' in response.content.decode()
    assert lead.person.contact_points.count() == 1


def test_an_address_of_somebody_else_is_not_touched(desk: Client, lead: Lead) -> None:
    other = ContactPointFactory(person=PersonFactory(email=""), value="other@example.com")
    for form in ("point", "unpoint"):
        data = {"value": "mine@example.com", "point": str(other.pk)}
        assert desk.post(f"/cms/leads/{form}/{lead.pk}/", data).status_code == 422
    other.refresh_from_db()
    assert other.value == "other@example.com"


def test_a_correction_to_a_known_number_makes_one_of_two(desk: Client, lead: Lead) -> None:
    point = ContactPointFactory(person=lead.person, value="old@example.com")
    desk.post(f"/cms/leads/point/{lead.pk}/", {"value": "Asha@example.com", "point": str(point.pk)})

    assert list(lead.person.contact_points.values_list("value", flat=True)) == ["asha@example.com"]
