"""Saved views of the lead list: whose they are, what they show, and that deleting them deletes no lead."""

import html
import re

import pytest
from django.test import Client

from accounts.models import User
from enrollment.models import Lead, SavedView
from tests.conftest import signed_in
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


def views_above(client: Client, query: str = "") -> dict[str, str]:
    """Return the views above the list with their addresses; the one that is shown has a star."""
    page = client.get(f"/cms/leads/?{query}").text
    links = re.findall(r'<a class="desk-view" href="([^"]+)"( aria-current="page")?>([^<]+)', page)
    return {name + ("*" if current else ""): html.unescape(url) for url, current, name in links}


def test_the_usual_views_are_there_from_the_start(desk: Client, admissions: User) -> None:
    LeadFactory(person=PersonFactory(name="Mine"), owner=admissions)
    LeadFactory(person=PersonFactory(name="Nobody's"))
    LeadFactory(person=PersonFactory(name="Mine, closed"), owner=admissions, stage_id=Lead.Stage.CLOSED)
    views = views_above(desk)

    assert list(views) == ["All leads*", "My leads", "Late", "Unassigned", "Due today"]
    shown = {
        name: {lead.person.name for lead in desk.get(url).context["page_obj"]} for name, url in views.items()
    }
    assert shown["My leads"] == {"Mine"}
    assert shown["Unassigned"] == {"Nobody's"}
    assert shown["Late"] == shown["Due today"] == set()
    assert "Late*" in views_above(desk, "late=true")


def test_what_the_list_shows_is_saved_under_a_name(desk: Client, admissions: User) -> None:
    query = "stage=qualified&stage=new&q=asha&ordering=person__name&after=abc&p=3&owner="
    response = desk.post("/cms/leads/views/add/", {"name": " Asha,  new ", "query": query})

    view = SavedView.objects.get()
    assert (view.name, view.owner, view.is_shared) == ("Asha, new", admissions, False)
    assert view.query == "q=asha&ordering=person__name&stage=new&stage=qualified"
    assert response.url == f"/cms/leads/?{view.query}"
    assert "Asha, new*" in views_above(desk, "stage=qualified&stage=new&ordering=person__name&q=asha")
    assert "Asha, new" in views_above(desk, "stage=new")


def test_ones_own_views_are_nobody_elses(desk: Client, manager: Client, admissions: User) -> None:
    view = SavedView.objects.create(owner=admissions, name="Private", query="late=true")

    assert "Private" not in str(views_above(manager))
    for address in (f"/cms/leads/views/{view.pk}/", f"/cms/leads/views/{view.pk}/delete/"):
        assert manager.get(address).status_code == 404
        assert manager.post(address, {"name": "Taken"}).status_code == 404
    view.refresh_from_db()
    assert view.name == "Private"


def test_sharing_is_for_who_manages_leads(desk: Client, manager: Client) -> None:
    desk.post("/cms/leads/views/add/", {"name": "Theirs", "query": "late=true", "is_shared": "on"})
    manager.post("/cms/leads/views/add/", {"name": "For all", "query": "late=true", "is_shared": "on"})

    assert dict(SavedView.objects.values_list("name", "is_shared")) == {"Theirs": False, "For all": True}
    assert "is_shared" not in desk.get("/cms/leads/?late=true").text
    assert "For all" in str(views_above(desk))
    shared = SavedView.objects.get(name="For all")
    assert desk.get(f"/cms/leads/views/{shared.pk}/").status_code == 404


def test_me_in_a_shared_view_is_who_looks(
    desk: Client, manager: Client, admissions: User, admissions_lead: User
) -> None:
    SavedView.objects.create(owner=admissions_lead, name="Mine", query="owner=me", is_shared=True)
    LeadFactory(person=PersonFactory(name="Counsellor's"), owner=admissions)
    page = desk.get(views_above(desk)["Mine"])

    assert [lead.person.name for lead in page.context["page_obj"]] == ["Counsellor's"]


def test_a_view_is_renamed_and_keeps_what_it_shows(desk: Client, admissions: User) -> None:
    view = SavedView.objects.create(owner=admissions, name="Old", query="late=true")
    assert f"/cms/leads/views/{view.pk}/" in desk.get("/cms/leads/?late=true").text
    desk.post(f"/cms/leads/views/{view.pk}/", {"name": "New", "query": "stage=closed"})

    view.refresh_from_db()
    assert (view.name, view.query) == ("New", "late=true")


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "Name the view"), ("x" * 61, "Shorten the name"), ("late ONES", "There is a view of this name")],
)
def test_a_name_that_does_not_do_is_told_and_nothing_is_lost(
    desk: Client, admissions: User, name: str, words: str
) -> None:
    SavedView.objects.create(owner=admissions, name="Late ones", query="late=true")
    response = desk.post("/cms/leads/views/add/", {"name": name, "query": "stage=new"})

    assert response.status_code == 422
    assert words in response.text
    assert f'value="{name}"' in response.text or not name
    assert 'value="stage=new"' in response.text
    assert SavedView.objects.count() == 1


def test_too_many_filters_for_a_view_are_told(desk: Client) -> None:
    response = desk.post("/cms/leads/views/add/", {"name": "Long", "query": f"q={'x' * 1100}"})

    assert response.status_code == 422
    assert "too many filters" in response.text


def test_deleting_asks_first_and_takes_the_view_alone(desk: Client, admissions: User) -> None:
    LeadFactory()
    view = SavedView.objects.create(owner=admissions, name="Going", query="late=true")
    assert "Its leads stay as they are" in desk.get(f"/cms/leads/views/{view.pk}/delete/").text
    assert SavedView.objects.exists()
    response = desk.post(f"/cms/leads/views/{view.pk}/delete/", follow=True)

    assert "No lead was changed" in response.text
    assert not SavedView.objects.exists()
    assert Lead.objects.count() == 1


@pytest.mark.parametrize("person", ["author", "reviewer", "stranger"])
def test_who_has_no_business_with_leads_sees_and_saves_no_view(
    person: str, admissions_lead: User, request: pytest.FixtureRequest
) -> None:
    view = SavedView.objects.create(owner=admissions_lead, name="Secret name", is_shared=True)
    client = signed_in(request.getfixturevalue(person))
    for address in (f"/cms/leads/views/{view.pk}/", f"/cms/leads/views/{view.pk}/delete/"):
        assert client.get(address).status_code == 302
        assert client.post(address, {"name": "x"}).status_code == 302
    assert client.post("/cms/leads/views/add/", {"name": "x", "query": ""}).status_code == 302

    assert list(SavedView.objects.values_list("name", flat=True)) == ["Secret name"]
