"""What staff write down about a person: consents, and who speaks for somebody under 18."""

import pytest
from django.test import Client

from accounts.models import User
from enrollment import consents
from enrollment.consents import record_consent
from enrollment.models import Consent, Lead, LeadEvent, Person
from tests.conftest import signed_in
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(site: object) -> Person:
    person = PersonFactory(name="Asha Devi")
    LeadFactory.create_batch(2, person=person)
    return person


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def said(lead: Lead) -> list[tuple[str, str]]:
    return list(lead.events.values_list("kind", "text"))


def test_a_consent_and_its_lines_are_written_together(
    person: Person, admissions: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(LeadEvent.objects, "bulk_create", fail)
    with pytest.raises(RuntimeError):
        record_consent(person=person, purpose="news", granted=True, channel="phone", actor=admissions)

    assert not Consent.objects.exists()


def test_somebody_who_turns_out_to_be_under_18_meanwhile_needs_a_guardian(
    person: Person, admissions: User
) -> None:
    Person.objects.update(under_18=True)

    with pytest.raises(consents.GuardianNeeded, match="enter a parent's or guardian's contact first"):
        record_consent(person=person, purpose="news", granted=True, channel="phone", actor=admissions)


def test_who_speaks_for_somebody_under_18_stands_on_the_timelines(
    desk: Client, person: Person, admissions: User
) -> None:
    answers = {"under_18": "on", "guardian_name": "Devi", "guardian_contact": "98765 43210"}
    for _press in range(2):
        assert desk.post(f"/cms/leads/people/{person.pk}/guardian/", answers).status_code == 302

    person.refresh_from_db()
    assert (person.under_18, person.guardian_name, person.guardian_contact) == (True, "Devi", "98765 43210")
    for lead in person.leads.all():
        assert said(lead) == [("facts", "Guardian: not needed to Under 18, Devi, 98765 43210")]
        assert lead.events.get().actor == admissions


def test_a_guardian_is_taken_away_with_the_age(desk: Client, person: Person) -> None:
    Person.objects.update(under_18=True, guardian_name="Devi", guardian_contact="98765 43210")
    desk.post(f"/cms/leads/people/{person.pk}/guardian/", {})

    lead = person.leads.first()
    assert said(lead) == [("facts", "Guardian: Under 18, Devi, 98765 43210 to not needed")]
    page = desk.get(f"/cms/leads/people/{person.pk}/privacy/").content.decode()
    assert 'value="Devi"' not in page
