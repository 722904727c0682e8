"""The lead board as counsellors use it, with and without scripts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from enrollment.desk import change_stage
from enrollment.models import ClosingReason, Lead, PipelineStage, StageChange
from tests.conftest import signed_in
from tests.factories.courses import make_course
from tests.factories.enrollment import LeadFactory, PersonFactory

BOARD = "/cms/leads/board/"
BOARD_QUERIES = 27
"""User, permissions 4; Wagtail's shell 4; stages 1; two a stage 12; filters 2; clock 4; and the session where
it isn't in the cache."""


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


@pytest.fixture
def lead(site: object) -> Lead:
    return LeadFactory(person=PersonFactory(name="Asha Devi"))


def move(desk: Client, lead: Lead, stage: str, **more: str):
    shown = more.pop("shown", lead.stage_id)
    return desk.post(f"{BOARD}{lead.pk}/move/", {"stage": stage, "shown": shown, **more})


def columns(response) -> dict[str, list[str]]:
    """Return the names on the board by stage."""
    return {
        column.stage.key: [lead.person.name for lead in column.cards]
        for column in response.context["columns"]
    }


def test_every_lead_stands_in_the_column_of_its_stage(desk: Client) -> None:
    for stage in Lead.Stage.values:
        LeadFactory(person=PersonFactory(name=f"In {stage}"), stage_id=stage)

    shown = columns(desk.get(BOARD))

    assert list(shown) == ["new", "contacted", "qualified", "applied", "enrolled", "closed"]
    assert shown == {stage: [f"In {stage}"] for stage in Lead.Stage.values}


def test_what_was_promised_first_stands_on_top(desk: Client) -> None:
    now = timezone.now()
    for name, hours in (("Second", 1), ("Third", 5), ("First", -2)):
        LeadFactory(person=PersonFactory(name=name), answer_due_at=now + timedelta(hours=hours))

    assert columns(desk.get(BOARD))["new"] == ["First", "Second", "Third"]


def test_a_card_moves_by_its_select_and_back_by_undo(desk: Client, lead: Lead, admissions: User) -> None:
    response = move(desk, lead, "contacted")
    lead.refresh_from_db()

    assert response.status_code == 302
    assert response.url == f"{BOARD}?moved={lead.pk}&before=new#lead-{lead.pk}"
    assert lead.stage_id == "contacted"
    assert lead.answered_at is not None
    page = desk.get(response.url).content.decode()
    assert "Asha Devi is now in Contacted." in page

    move(desk, lead, "new")
    lead.refresh_from_db()
    assert lead.stage_id == "new"
    assert lead.answered_at is None, "a slip of the mouse is no answer"
    assert list(StageChange.objects.values_list("before", "after", "actor")) == [
        ("new", "contacted", admissions.pk),
        ("contacted", "new", admissions.pk),
    ]


def test_a_card_offers_the_other_stages_alone(desk: Client, lead: Lead) -> None:
    page = desk.get(BOARD).content.decode()
    select = page.split(f'id="move-{lead.pk}"')[1].split("</select>")[0]

    assert "Move to…" in select
    assert 'value="new"' not in select
    assert 'value="contacted"' in select


def test_closing_asks_for_a_reason_and_keeps_it(desk: Client, lead: Lead) -> None:
    asked = move(desk, lead, "closed")
    lead.refresh_from_db()
    assert asked.status_code == 422
    assert "Why is the lead closed?" in asked.content.decode()
    assert "Choose why the lead is closed." not in asked.content.decode()
    assert lead.stage_id == "new"

    forgotten = move(desk, lead, "closed", reason="")
    assert "Choose why the lead is closed." in forgotten.content.decode()

    reason = ClosingReason.objects.get(name="Too expensive")
    move(desk, lead, "closed", reason=str(reason.pk))
    lead.refresh_from_db()
    assert (lead.stage_id, lead.closing_reason) == ("closed", reason)
    assert lead.events.filter(text="New to Closed: Too expensive").exists()


def test_a_reason_that_is_not_offered_any_more_does_not_close(desk: Client, lead: Lead) -> None:
    reason = ClosingReason.objects.create(name="Old", is_active=False)

    assert move(desk, lead, "closed", reason=str(reason.pk)).status_code == 422
    lead.refresh_from_db()
    assert lead.stage_id == "new"


def test_enrolling_leads_to_the_form_that_takes_a_seat(desk: Client, lead: Lead) -> None:
    response = move(desk, lead, "enrolled")

    assert response.url == f"/cms/leads/inspect/{lead.pk}/#enrol"
    lead.refresh_from_db()
    assert lead.stage_id == "new"


def test_the_second_of_two_sees_what_the_first_did_and_loses_nothing(
    desk: Client, lead: Lead, admissions_lead: User
) -> None:
    change_stage(lead=lead, stage="qualified", actor=admissions_lead)

    response = move(desk, lead, "contacted", shown="new")
    page = response.content.decode()
    lead.refresh_from_db()

    assert response.status_code == 409
    assert f"{admissions_lead} moved this to Qualified" in page
    assert '<option value="contacted" selected>' in page
    assert lead.stage_id == "qualified"

    move(desk, lead, "contacted", shown="qualified")
    lead.refresh_from_db()
    assert lead.stage_id == "contacted"


@pytest.mark.parametrize("stage", ["", "no-such", "\x00"])
def test_a_stage_that_is_none_changes_nothing_and_says_so(desk: Client, lead: Lead, stage: str) -> None:
    response = move(desk, lead, stage)

    page = desk.get(response.url).content.decode()
    assert "This stage does not exist any more." in page
    lead.refresh_from_db()
    assert lead.stage_id == "new"


def test_the_board_can_be_narrowed_and_stays_so_after_a_move(
    desk: Client, lead: Lead, admissions: User, site: object
) -> None:
    course = make_course(slug="data", title="Data")
    mine = LeadFactory(person=PersonFactory(name="Mine"), owner=admissions, course=course)
    LeadFactory(person=PersonFactory(name="Placed"), interest="placement")

    assert columns(desk.get(BOARD, {"owner": "me"}))["new"] == ["Mine"]
    assert columns(desk.get(BOARD, {"owner": "nobody"}))["new"] == ["Asha Devi", "Placed"]
    assert columns(desk.get(BOARD, {"course": course.pk}))["new"] == ["Mine"]
    assert columns(desk.get(BOARD, {"interest": "placement"}))["new"] == ["Placed"]
    assert len(columns(desk.get(BOARD, {"owner": "x", "course": "9" * 40, "interest": "'"}))["new"]) == 3

    response = move(desk, mine, "contacted", owner="me")
    assert response.url.startswith(f"{BOARD}?owner=me&")


def test_leads_that_are_set_aside_are_not_on_the_board_and_cannot_be_moved(desk: Client, lead: Lead) -> None:
    Lead.everything.filter(pk=lead.pk).update(set_aside="restricted")

    assert columns(desk.get(BOARD))["new"] == []
    assert move(desk, lead, "contacted").status_code == 404


def test_a_full_column_shows_its_count_and_the_way_to_the_list(desk: Client) -> None:
    for _number in range(22):
        LeadFactory(stage_id="contacted")

    response = desk.get(BOARD)
    column = next(column for column in response.context["columns"] if column.stage.key == "contacted")

    assert (len(column.cards), column.count_text) == (20, "22")
    assert '<a href="/cms/leads/?stage=contacted">' in response.content.decode()


@pytest.mark.parametrize("leads", [1, 3, 30])
def test_the_board_takes_the_same_queries_whatever_it_shows(desk: Client, leads: int) -> None:
    for number in range(leads):
        LeadFactory(stage_id=Lead.Stage.values[number % 5])
    desk.get(BOARD)

    with CaptureQueriesContext(connection) as queries:
        desk.get(BOARD)

    assert sum("django_session" not in query["sql"] for query in queries) == BOARD_QUERIES


def test_an_institute_adds_a_stage_and_uses_it(admissions_lead: User, desk: Client, lead: Lead) -> None:
    manager = signed_in(admissions_lead)
    manager.post(
        "/cms/leads/stages/add/", {"name": "Visited the campus", "position": "25", "stuck_after_hours": ""}
    )
    stage = PipelineStage.objects.get(name="Visited the campus")

    assert list(columns(desk.get(BOARD)))[2] == stage.key
    move(desk, lead, stage.key)
    lead.refresh_from_db()
    assert lead.stage == stage

    answer = manager.post(f"/cms/leads/stages/delete/{stage.pk}/", follow=True).content.decode()
    assert "can&#x27;t be deleted" in answer or "can't be deleted" in answer
    assert PipelineStage.objects.filter(pk=stage.pk).exists()


@pytest.mark.parametrize("key", PipelineStage.FIXED)
def test_stages_that_the_product_needs_are_renamed_but_not_deleted(
    admissions_lead: User, key: str, site: object
) -> None:
    manager = signed_in(admissions_lead)
    stage = PipelineStage.objects.get(key=key)
    manager.post(
        f"/cms/leads/stages/edit/{stage.pk}/", {"name": "Renamed", "position": "10", "stuck_after_hours": ""}
    )
    manager.post(f"/cms/leads/stages/delete/{stage.pk}/")

    stage.refresh_from_db()
    assert (stage.name, stage.key) == ("Renamed", key)


def test_counsellors_do_not_set_up_the_pipeline(desk: Client, lead: Lead) -> None:
    for path in ("stages", "reasons"):
        assert desk.get(f"/cms/leads/{path}/").url == "/cms/"
    assert PipelineStage.objects.count() == 6
