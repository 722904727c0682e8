"""Suggesting people who may be one, and deciding on it, as admissions leads do in the CMS."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from enrollment import duplicates
from enrollment.models import ContactPoint, DataAccess, DuplicateSuggestion, Lead, Person
from enrollment.tasks import compare
from tests.conftest import signed_in
from tests.factories.enrollment import ContactPointFactory, LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db

PHONE = "+919876543210"


def lead_of(name: str, *, email: str = "", phone: str = "", **fields) -> Lead:
    return LeadFactory(person=PersonFactory(name=name, email=email, phone=phone), **fields)


def pairs() -> set[tuple[str, str]]:
    rows = DuplicateSuggestion.objects.values_list("person__name", "other__name")
    return set(rows)


@pytest.fixture
def desk(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


def test_who_shares_an_address_or_a_number_is_suggested_the_newer_with_the_older() -> None:
    lead_of("Kavitha", email="family@example.com", phone=PHONE)
    lead_of("KAVITHA ", email="other@example.com", phone=PHONE)
    lead_of("Arun", email="family@example.com")
    lead_of("Stranger", email="stranger@example.com", phone="+914522530000")

    compare()

    assert pairs() == {("KAVITHA ", "Kavitha"), ("Arun", "Kavitha")}
    found = DuplicateSuggestion.objects.order_by("person")
    found = found.values_list("same_email", "same_phone", "same_name")
    assert list(found) == [(False, True, True), (True, False, False)]
    assert Person.objects.count() == 4, "nobody is joined"


def test_comparing_again_changes_nothing_and_a_new_address_is_compared() -> None:
    one, two = lead_of("Kavitha", email="a@example.com"), lead_of("Kavi", email="b@example.com")
    compare()
    assert pairs() == set()

    ContactPointFactory(person=two.person, value="a@example.com")
    Person.objects.filter(pk=two.person_id).update(compared_at=None)
    compare()
    before = list(DuplicateSuggestion.objects.values())
    Person.objects.update(compared_at=None)
    compare()

    assert pairs() == {("Kavi", "Kavitha")}
    assert list(DuplicateSuggestion.objects.values()) == before
    ContactPoint.objects.filter(person=one.person).update(value="c@example.com")
    Person.objects.filter(pk=one.person_id).update(compared_at=None)
    compare()
    assert pairs() == set(), "they share nothing any more"


def test_a_shared_phone_of_many_makes_no_pairs_but_the_same_name_there_does() -> None:
    for number in range(30):
        lead_of(f"Student {number}", phone=PHONE)
    for name in ("Kavitha", "kavitha", "Kavitha"):
        lead_of(name, phone=PHONE)

    compare()

    first = Person.objects.filter(name="Kavitha").order_by("pk").first()
    assert set(DuplicateSuggestion.objects.values_list("other", flat=True)) == {first.pk}
    assert DuplicateSuggestion.objects.count() <= 2


def test_the_work_for_one_address_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [Person(name=f"Student {number % 50}") for number in range(500)]
    Person.objects.bulk_create(people)
    ContactPoint.objects.bulk_create(
        ContactPoint(person=person, kind="phone", value=PHONE, as_typed=PHONE) for person in people
    )
    due = timezone.now()
    Lead.objects.bulk_create(
        Lead(person=person, reference=f"ENQ-{number:04}-X", interest="contact", answer_due_at=due)
        for number, person in enumerate(people)
    )
    monkeypatch.setattr(duplicates, "BATCH", 100)

    with CaptureQueriesContext(connection) as queries:
        compare()

    assert DuplicateSuggestion.objects.count() == 450
    assert len(queries) <= 6 * 14


def test_hidden_people_are_suggested_to_nobody() -> None:
    lead_of("Kavitha", phone=PHONE)
    lead_of("Hidden", phone=PHONE, set_aside=Lead.SetAside.RESTRICTED)
    lead_of("Half imported", phone=PHONE, set_aside=Lead.SetAside.IMPORTING)

    compare()

    assert pairs() == set()
    assert Person.objects.get(name="Half imported").compared_at is None


def test_the_list_shows_both_people_and_notes_who_saw_them(desk: Client, admissions_lead: User) -> None:
    older = lead_of("Kavitha Selvam", email="family@example.com", phone=PHONE)
    newer = lead_of("Arun Selvam", email="arun@example.com", phone=PHONE)
    compare()

    page = desk.get("/cms/leads/duplicates/").content.decode()

    for words in ("Kavitha Selvam", "Arun Selvam", "family@example.com", "arun@example.com", "Same phone"):
        assert words in page
    assert f"/cms/leads/merge/{older.pk}/{newer.pk}/" in page
    seen = DataAccess.objects.get()
    assert (seen.kind, seen.count, seen.actor) == (DataAccess.Kind.DUPLICATES, 2, admissions_lead)


def test_an_empty_list_says_when_somebody_appears_and_notes_no_access(desk: Client) -> None:
    page = desk.get("/cms/leads/duplicates/").content.decode()

    assert "compared with everybody within a minute" in page
    assert not DataAccess.objects.exists()


def test_two_people_leave_the_list_for_good_and_come_back_on_undo(desk: Client) -> None:
    lead_of("Kavitha", phone=PHONE)
    lead_of("Arun", phone=PHONE)
    compare()
    pair = DuplicateSuggestion.objects.get()

    desk.post(f"/cms/leads/duplicates/{pair.pk}/dismiss/")
    Person.objects.update(compared_at=None)
    compare()

    page = desk.get("/cms/leads/duplicates/").content.decode()
    assert f'data-pair="{pair.pk}"' not in page
    assert "Kavitha and Arun" in page

    desk.post(f"/cms/leads/duplicates/{pair.pk}/restore/")
    assert f'data-pair="{pair.pk}"' in desk.get("/cms/leads/duplicates/").content.decode()


def test_every_pair_is_on_one_page_and_the_newest_come_first(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enrollment.admin.views.duplicates.ROWS", 2)
    for number in range(5):
        lead_of(f"One {number}", email=f"{number}@example.com")
        lead_of(f"Two {number}", email=f"{number}@example.com")
    compare()
    now = timezone.now()
    for number, pair in enumerate(DuplicateSuggestion.objects.order_by("pk")):
        created_at = now - timedelta(hours=number // 2)
        DuplicateSuggestion.objects.filter(pk=pair.pk).update(created_at=created_at)

    address, seen = "/cms/leads/duplicates/", []
    while address:
        page = desk.get(address).content.decode()
        seen += [int(key) for key in re.findall(r'data-pair="(\d+)"', page)]
        older = re.search(r'href="(\?after=[^"]+)"', page)
        address = f"/cms/leads/duplicates/{older[1]}" if older else ""

    wanted = DuplicateSuggestion.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)
    assert seen == list(wanted)


@pytest.mark.parametrize("place", ["x", "1_", "nan_1", "1e999_1", "_", "1_1_1"])
def test_a_place_that_nobody_wrote_is_the_first_page(desk: Client, place: str) -> None:
    lead_of("Kavitha", phone=PHONE)
    lead_of("Arun", phone=PHONE)
    compare()

    assert "Arun" in desk.get("/cms/leads/duplicates/", {"after": place}).content.decode()


def test_references_lead_to_their_comparison(desk: Client) -> None:
    one, two = lead_of("Kavitha"), lead_of("Kavi")

    response = desk.get(
        "/cms/leads/duplicates/compare/", {"kept": f" {one.reference.lower()}", "other": two.reference}
    )
    wrong = desk.get(
        "/cms/leads/duplicates/compare/", {"kept": one.reference, "other": "ENQ-NONE-22"}, follow=True
    )

    assert response.url == f"/cms/leads/merge/{one.pk}/{two.pk}/"
    assert "There is no lead with the reference ENQ-NONE-22" in wrong.content.decode()


def test_the_list_costs_the_same_for_one_pair_and_for_three(desk: Client) -> None:
    counts = []
    desk.get("/cms/leads/duplicates/")
    for number in range(3):
        lead_of("One", email=f"{number}@example.com")
        two = lead_of("Two", email=f"{number}@example.com")
        LeadFactory(person=two.person)
        compare()
        with CaptureQueriesContext(connection) as queries:
            desk.get("/cms/leads/duplicates/")
        counts.append(len(queries))

    assert counts[0] == counts[2] <= 17


def test_counsellors_and_authors_get_no_contact_data_here(admissions: User, author: User) -> None:
    one, two = lead_of("Kavitha Selvam", phone=PHONE), lead_of("Arun Selvam", phone=PHONE)
    compare()

    for user in (admissions, author):
        for address in ("/cms/leads/duplicates/", f"/cms/leads/merge/{one.pk}/{two.pk}/"):
            response = signed_in(user).get(address, follow=True)
            assert response.redirect_chain == [("/cms/", 302)]
            assert PHONE not in response.content.decode()


def test_the_lead_page_leads_a_manager_to_the_comparison(desk: Client, admissions: User) -> None:
    one, two = lead_of("Kavitha", phone=PHONE), lead_of("Arun", phone=PHONE)

    address = f"/cms/leads/merge/{one.pk}/{two.pk}/"
    assert address in desk.get(f"/cms/leads/inspect/{one.pk}/").content.decode()
    assert address not in signed_in(admissions).get(f"/cms/leads/inspect/{one.pk}/").content.decode()
