"""Doing something to many leads at once: the question before, what becomes of each, and the way back."""

import csv
import html
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from courses.models import Cohort
from enrollment.desk import assign_owner
from enrollment.models import ClosingReason, DataAccess, Enrollment, Lead, LeadEvent, LeadTag
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


def named(*names: str, **facts: object) -> list[Lead]:
    return [LeadFactory(person=PersonFactory(name=name), **facts) for name in names]


def press(client: Client, action: str, leads: list[Lead], **fields: object) -> HttpResponse:
    """Press a button under the list with these leads ticked."""
    ticked = [str(lead.pk) for lead in leads]
    return client.post(f"/cms/leads/bulk/{action}/", {"scope": "ticked", "lead": ticked, **fields})


def confirm(client: Client, action: str, leads: list[Lead], **fields: object) -> HttpResponse:
    """Press the button and then the one of the confirmation page, with what that page carries along."""
    page = press(client, action, leads)
    carried = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    carried = {name: html.unescape(value) for name, value in carried.items()}
    return client.post(f"/cms/leads/bulk/{action}/", {**carried, **fields})


def press_undo(client: Client, result: HttpResponse) -> HttpResponse:
    token = re.search(r'name="token" value="([^"]+)"', result.text)
    assert token
    return client.post("/cms/leads/bulk/undo/", {"token": token[1]})


def test_the_list_offers_boxes_and_buttons_that_need_no_script(desk: Client, manager: Client) -> None:
    (lead,) = named("Asha Devi")
    page = desk.get("/cms/leads/").text

    assert f'type="checkbox" name="lead" value="{lead.pk}"' in page
    for action in ("assign", "stage", "tag", "enrol"):
        assert f'formaction="/cms/leads/bulk/{action}/"' in page
    assert "bulk/export/" not in page
    assert 'formaction="/cms/leads/bulk/export/"' in manager.get("/cms/leads/").text


def test_the_question_names_how_many_and_whom_and_changes_nothing(manager: Client) -> None:
    leads = named(*(f"Asha {number}" for number in range(12)))
    named("Bala Raj")
    page = press(manager, "stage", leads)

    assert "This is about 12 leads" in page.text
    assert "Move 12 leads" in page.text
    assert "and 2 more" in page.text
    assert "Bala" not in page.text
    assert set(Lead.objects.values_list("stage", flat=True)) == {"new"}
    assert not DataAccess.objects.exists()


def test_the_question_costs_the_same_for_one_lead_and_for_three(manager: Client) -> None:
    leads = named("Asha", "Bala", "Chitra")
    press(manager, "assign", leads[:1])
    with CaptureQueriesContext(connection) as one:
        press(manager, "assign", leads[:1])
    with CaptureQueriesContext(connection) as three:
        press(manager, "assign", leads)

    counts = [sum('"enrollment_' in query["sql"] for query in queries) for queries in (one, three)]
    assert counts[0] == counts[1] > 0


def test_all_that_match_are_those_of_the_filters(manager: Client) -> None:
    named("Asha", "Bala", source="partner")
    named("Chitra", source="phone")
    page = press(manager, "stage", [], scope="matching", query="source=partner&p=9")

    assert "This is about 2 leads" in page.text
    assert "Chitra" not in page.text


def test_what_is_changed_is_what_was_confirmed(manager: Client) -> None:
    named("Asha", source="partner")
    page = press(manager, "stage", [], scope="matching", query="source=partner")
    keys = re.search(r'name="keys" value="([^"]+)"', page.text)
    assert keys
    (later,) = named("Late comer", source="partner")
    manager.post(
        "/cms/leads/bulk/stage/",
        {"keys": keys[1], "query": "source=partner", "confirmed": "1", "stage": "contacted"},
    )

    later.refresh_from_db()
    assert later.stage_id == "new"
    assert Lead.objects.get(person__name="Asha").stage_id == "contacted"


@pytest.mark.parametrize("ticked", [[], ["x"], ["9" * 30], ["-1"], ["99999999"]])
def test_nothing_ticked_is_told_and_leads_back(manager: Client, ticked: list[str]) -> None:
    response = manager.post("/cms/leads/bulk/tag/", {"lead": ticked, "query": "source=phone"}, follow=True)

    assert response.redirect_chain[-1][0] == "/cms/leads/?source=phone"
    assert "Tick at least one lead first" in response.text


def test_more_than_the_limit_is_refused_with_what_to_do(
    manager: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from enrollment.admin.bulk import ACTIONS

    first, *others = named(*(f"Asha {number}" for number in range(ACTIONS["enrol"].limit or 0)))
    assert "This is about 100 leads" in press(manager, "enrol", [first, *others]).text
    named("One more")
    response = manager.post("/cms/leads/bulk/enrol/", {"scope": "matching"}, follow=True)

    assert "More than 100 leads are too many" in response.text
    assert "Narrow the list" in response.text


def test_a_filter_that_means_nothing_chooses_nobody(manager: Client) -> None:
    named("Asha")
    response = manager.post(
        "/cms/leads/bulk/tag/", {"scope": "matching", "query": "stage=nonsense"}, follow=True
    )

    assert "One of the filters means nothing" in response.text


def test_a_manager_gives_leads_to_somebody_and_can_take_it_back(
    manager: Client, admissions: User, admissions_lead: User
) -> None:
    free, hers, his = named("Free", "Hers", "His")
    assign_owner(lead=hers, owner=admissions_lead, actor=None)
    assign_owner(lead=his, owner=admissions, actor=None)
    result = confirm(manager, "assign", [free, hers, his], owner=admissions.pk)

    assert "2 leads changed" in result.text
    assert "1 lead was so already" in result.text
    assert set(Lead.objects.values_list("owner", flat=True)) == {admissions.pk}
    assert LeadEvent.objects.filter(lead=free, kind="owner", actor=admissions_lead).count() == 1
    access = DataAccess.objects.get()
    assert (access.kind, access.count) == (DataAccess.Kind.BULK, 3)
    assert free.reference in access.query

    assign_owner(lead=free, owner=admissions_lead, actor=None)
    undone = press_undo(manager, result)

    assert "1 lead changed" in undone.text
    assert "changed this lead meanwhile" in undone.text
    owners = dict(Lead.objects.values_list("person__name", "owner"))
    assert owners == {"Free": admissions_lead.pk, "Hers": admissions_lead.pk, "His": admissions.pk}


def test_a_counsellor_takes_free_leads_and_leaves_the_others(
    desk: Client, admissions: User, admissions_lead: User
) -> None:
    free, taken = named("Free", "Taken")
    assign_owner(lead=taken, owner=admissions_lead, actor=None)
    result = confirm(desk, "assign", [free, taken], owner=admissions_lead.pk)

    assert "1 lead changed" in result.text
    assert "1 lead was left out" in result.text
    assert "Ask your admissions lead" in result.text
    assert dict(Lead.objects.values_list("person__name", "owner")) == {
        "Free": admissions.pk,
        "Taken": admissions_lead.pk,
    }


def test_an_owner_must_be_chosen(manager: Client, admissions: User) -> None:
    (lead,) = named("Asha")
    assign_owner(lead=lead, owner=admissions, actor=None)
    response = confirm(manager, "assign", [lead], owner="")

    assert response.status_code == 422
    assert "Choose an owner, or Nobody" in response.text
    assert Lead.objects.get().owner == admissions
    confirm(manager, "assign", [lead], owner="nobody")
    assert Lead.objects.get().owner is None


def test_closing_asks_for_a_reason_and_keeps_the_choice(manager: Client) -> None:
    leads = named("Asha", "Bala")
    response = confirm(manager, "stage", leads, stage="closed")

    assert response.status_code == 422
    assert "Choose why the leads are closed" in response.text
    assert '<option value="closed" selected>' in response.text
    assert "This is about 2 leads" in response.text
    reason = ClosingReason.objects.all()[2]
    result = confirm(manager, "stage", leads, stage="closed", reason=reason.pk)
    assert set(Lead.objects.values_list("stage", "closing_reason")) == {("closed", reason.pk)}

    press_undo(manager, result)
    assert set(Lead.objects.values_list("stage", "closing_reason")) == {("new", None)}


def test_enrolled_leads_are_not_moved_and_nobody_is_moved_to_enrolled(manager: Client) -> None:
    (enrolled,) = named("Enrolled", stage_id=Lead.Stage.ENROLLED)
    (new,) = named("New")
    result = confirm(manager, "stage", [enrolled, new], stage="contacted")

    assert "This person is enrolled" in result.text
    assert dict(Lead.objects.values_list("person__name", "stage")) == {
        "Enrolled": "enrolled",
        "New": "contacted",
    }
    assert confirm(manager, "stage", [new], stage="enrolled").status_code == 422


def test_tags_are_stuck_on_taken_off_and_put_back(manager: Client) -> None:
    leads = named("Asha", "Bala")
    old = LeadTag.objects.create(name="Old")
    leads[0].tags.add(old)
    result = confirm(manager, "tag", leads, add="Evening batch, online", remove=old.pk)

    tags = {lead.person.name: {tag.name for tag in lead.tags.all()} for lead in Lead.objects.all()}
    assert tags == {name: {"Evening batch", "online"} for name in ("Asha", "Bala")}
    press_undo(manager, result)
    tags = {lead.person.name: {tag.name for tag in lead.tags.all()} for lead in Lead.objects.all()}
    assert tags == {"Asha": {"Old"}, "Bala": set()}


def test_tagging_without_a_tag_is_asked_again(manager: Client) -> None:
    response = confirm(manager, "tag", named("Asha"), add=" , ")

    assert response.status_code == 422
    assert "Enter a tag to add, or choose one to take off" in response.text


@pytest.fixture
def cohort(course: SmallCourse) -> Cohort:
    return CohortFactory(course=course.page, seats=2, starts_on=timezone.localdate() + timedelta(days=9))


def test_enrolling_tells_who_got_no_place_and_why(
    manager: Client, course: SmallCourse, cohort: Cohort
) -> None:
    leads = named("Asha", "Bala", "Chitra")
    leads.append(LeadFactory(person=PersonFactory(name="No address", email="")))
    result = confirm(manager, "enrol", leads, course=course.page.pk, cohort=cohort.pk)

    assert "2 leads changed" in result.text
    assert "2 leads were left out" in result.text
    assert "The last seat of this cohort is taken" in result.text
    assert "left no e-mail address" in result.text
    assert Enrollment.objects.filter(cohort=cohort).count() == 2
    cohort.refresh_from_db()
    assert cohort.seats_taken == 2
    assert Lead.objects.filter(stage="enrolled").count() == 2
    assert 'name="token"' not in result.text


def test_enrolling_twice_changes_nothing_more(manager: Client, course: SmallCourse, cohort: Cohort) -> None:
    leads = named("Asha")
    confirm(manager, "enrol", leads, course=course.page.pk, cohort=cohort.pk)
    again = confirm(manager, "enrol", leads, course=course.page.pk, cohort=cohort.pk)

    assert "1 lead was so already" in again.text
    cohort.refresh_from_db()
    assert cohort.seats_taken == 1


def test_an_export_of_ticked_leads_is_defused_and_noted(manager: Client) -> None:
    leads = named("=cmd()", "Bala")
    named("Not ticked")
    response = confirm(manager, "export", leads, file_format="csv")

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert {row["Name"] for row in csv.DictReader(io.StringIO(text))} == {"'=cmd()", "Bala"}
    access = DataAccess.objects.get()
    assert (access.kind, access.count) == (DataAccess.Kind.EXPORT, 2)
    assert all(lead.reference in access.query for lead in leads)


def test_an_export_of_all_that_match_has_no_limit(manager: Client) -> None:
    named("Asha", "Bala", source="partner")
    named("Chitra")
    page = press(manager, "export", [], scope="matching", query="source=partner")
    assert "Export 2 leads" in page.text
    response = manager.post(
        "/cms/leads/bulk/export/",
        {"scope": "matching", "query": "source=partner", "confirmed": "1", "file_format": "csv"},
    )

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert {row["Name"] for row in csv.DictReader(io.StringIO(text))} == {"Asha", "Bala"}
    assert DataAccess.objects.get().query == "source=partner"


def test_a_counsellor_exports_nothing(desk: Client) -> None:
    leads = named("Asha Devi")
    for fields in ({}, {"confirmed": "1", "file_format": "csv"}):
        response = press(desk, "export", leads, **fields)
        assert response.status_code == 302
        assert response.url == "/cms/"
    assert not DataAccess.objects.exists()


@pytest.mark.parametrize("person", ["author", "reviewer", "stranger"])
@pytest.mark.parametrize("address", ["bulk/assign/", "bulk/stage/", "bulk/export/", "bulk/undo/"])
def test_who_has_no_business_with_leads_does_nothing_to_them(
    person: str, address: str, request: pytest.FixtureRequest
) -> None:
    (lead,) = named("Asha Devi")
    client = signed_in(request.getfixturevalue(person))
    response = client.post(f"/cms/leads/{address}", {"lead": lead.pk, "confirmed": "1", "stage": "contacted"})

    assert response.status_code == 302
    assert "Asha" not in response.text
    lead.refresh_from_db()
    assert (lead.stage_id, lead.owner) == ("new", None)


def test_undo_is_for_who_pressed_and_for_a_day(manager: Client, desk: Client, admissions: User) -> None:
    result = confirm(manager, "assign", named("Asha"), owner=admissions.pk)
    token = re.search(r'name="token" value="([^"]+)"', result.text)
    assert token
    for client, words in [(desk, token[1]), (manager, f"{token[1]}x"), (manager, "")]:
        response = client.post("/cms/leads/bulk/undo/", {"token": words}, follow=True)
        assert "undone any more" in html.unescape(response.text)
    assert Lead.objects.get().owner == admissions


def test_leads_set_aside_are_left_alone(manager: Client) -> None:
    (hidden,) = named("Hidden", set_aside=Lead.SetAside.RESTRICTED)
    (seen,) = named("Seen")
    page = press(manager, "stage", [hidden, seen])

    assert "This is about 1 lead:" in page.text
    assert "Hidden" not in page.text


@pytest.mark.parametrize("address", ["bulk/assign/", "bulk/undo/"])
def test_a_bulk_address_is_not_for_reading(manager: Client, address: str) -> None:
    assert manager.get(f"/cms/leads/{address}").status_code == 405
    lead = LeadFactory()
    assert manager.post("/cms/leads/bulk/delete/", {"lead": lead.pk, "confirmed": "1"}).status_code == 404
    assert Lead.objects.filter(pk=lead.pk).exists()
