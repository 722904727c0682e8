"""The lead list in the CMS: what it shows, finds, filters, exports, and to whom."""

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import User
from enrollment.enrolling import place_lead
from enrollment.finding import refresh_search
from enrollment.models import Consent, DataAccess, Lead, LeadTag
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.enrollment import ConsentFactory, LeadFactory, PersonFactory, SubmissionFactory

pytestmark = pytest.mark.django_db

LEAD_ADDRESSES = [
    "/cms/leads/",
    "/cms/leads/results/",
    "/cms/leads/add/",
    "/cms/leads/edit/{pk}/",
    "/cms/leads/delete/{pk}/",
    "/cms/leads/usage/{pk}/",
    "/cms/leads/history/{pk}/",
    "/cms/leads/inspect/{pk}/",
    "/cms/leads/note/{pk}/",
    "/cms/leads/stage/{pk}/",
    "/cms/leads/owner/{pk}/",
    "/cms/leads/next/{pk}/",
    "/cms/leads/enrol/{pk}/",
    "/cms/leads/withdraw/{pk}/",
]
FORM_ADDRESSES = [
    "/cms/leads/add/",
    "/cms/leads/edit/{pk}/",
    "/cms/leads/delete/{pk}/",
]


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def found(client: Client, **query: str | list[str]) -> list[str]:
    """Return the names on the first page of the list."""
    response = client.get("/cms/leads/", query)
    assert response.status_code == 200
    return [lead.person.name for lead in response.context["page_obj"]]


def test_the_list_shows_what_a_counsellor_needs(desk: Client, admissions: User, course: SmallCourse) -> None:
    LeadFactory(
        person=PersonFactory(name="Asha Devi"),
        course=course.page,
        owner=admissions,
        next_action="Call back",
        next_action_at=timezone.now() - timedelta(hours=1),
        created_at=timezone.now() - timedelta(hours=2, minutes=5),
        answer_due_at=timezone.now() - timedelta(minutes=5),
        contact_by=Lead.ContactBy.WHATSAPP,
    )
    page = desk.get("/cms/leads/").content.decode()

    for text in ["Asha Devi", "Python full-stack", "2 h", "late", "Call back", "due", "WhatsApp", "Website"]:
        assert text in page
    assert str(admissions) in page
    assert f"/cms/leads/inspect/{Lead.objects.get().pk}/" in page


def test_the_list_costs_the_same_queries_for_one_lead_and_for_three(
    desk: Client, course: SmallCourse, admissions: User
) -> None:
    LeadFactory(course=course.page, owner=admissions)
    desk.get("/cms/leads/")
    with CaptureQueriesContext(connection) as one:
        desk.get("/cms/leads/")
    LeadFactory.create_batch(2, course=course.page, owner=admissions)
    with CaptureQueriesContext(connection) as three:
        desk.get("/cms/leads/")

    assert len(about_leads(three)) == len(about_leads(one))
    assert len(one) <= 24


@pytest.mark.parametrize(
    "query",
    [
        "asha",
        "devi ASHA",
        "asha@example",
        "95004 81067",
        "+91 95004-81067",
        "09500481067",
        "(950) 048 1067",
        "+91 (0)95004 81067",
        "0091 95004 81067",
        "asha 95004",
        "as de",
        "81067",
        "ENQ-7F3K-29",
        "enq-7f3k",
        "enq 7f3k 29",
        "ENQ7F3K29",
    ],
)
def test_a_lead_is_found_by_what_a_caller_says(desk: Client, query: str) -> None:
    LeadFactory(
        person=PersonFactory(name="Asha Devi", email="Asha@Example.com", phone="+919500481067"),
        reference="ENQ-7F3K-29",
    )
    LeadFactory(person=PersonFactory(name="Bala Raj", phone="+919876543210"))

    assert found(desk, q=query) == ["Asha Devi"]


def test_a_lead_is_found_by_the_reference_of_any_of_its_posts(desk: Client) -> None:
    lead = LeadFactory(person=PersonFactory(name="Asha Devi"))
    SubmissionFactory(reference="ENQ-7F3K-29", lead=lead)
    SubmissionFactory(reference="ENQ-7F3K-30")
    refresh_search([lead.person_id])
    LeadFactory(person=PersonFactory(name="Bala Raj"))

    assert found(desk, q="ENQ-7F3K") == ["Asha Devi"]


def test_leads_from_before_there_was_a_search_text_are_found(desk: Client) -> None:
    person = PersonFactory(name="Asha Devi", email="Asha@Example.com", phone="+919500481067")
    lead = LeadFactory(person=person)
    SubmissionFactory(reference="ENQ-7F3K-29", lead=lead)
    refresh_search([person.pk])
    written = Lead.objects.get().search_text
    Lead.objects.update(search_text="")
    LeadFactory(person=PersonFactory(name="Bala Raj"))
    import_module("enrollment.migrations.0012_fill_search_text").fill(apps, connection.schema_editor())

    lead.refresh_from_db()
    assert lead.search_text == written
    assert found(desk, q="7f3k 95004") == ["Asha Devi"]


@pytest.mark.parametrize("query", ["nobody here", "123", "%00", "'; --", "🦆"])
def test_a_search_for_nothing_real_finds_nothing_and_does_not_fail(desk: Client, query: str) -> None:
    LeadFactory(person=PersonFactory(name="Asha Devi", phone="+919500481067"), reference="ENQ-ABCD-EF")

    assert found(desk, q=query) == []


def test_filters_narrow_the_list(desk: Client, admissions: User, course: SmallCourse) -> None:
    now = timezone.now()
    LeadFactory(person=PersonFactory(name="Late"), answer_due_at=now - timedelta(hours=1))
    LeadFactory(
        person=PersonFactory(name="Mine"),
        owner=admissions,
        stage_id=Lead.Stage.CONTACTED,
        answered_at=now,
        next_action="Call",
        next_action_at=now,
    )
    LeadFactory(
        person=PersonFactory(name="Placement"),
        interest=Lead.Interest.PLACEMENT,
        course=course.page,
        source="phone",
        created_at=now - timedelta(days=40),
    )

    assert found(desk, late="true") == ["Late"]
    assert set(found(desk, late="false")) == {"Mine", "Placement"}
    assert found(desk, owner="me") == ["Mine"]
    assert found(desk, owner=str(admissions.pk)) == ["Mine"]
    assert set(found(desk, owner="nobody")) == {"Late", "Placement"}
    assert found(desk, due="true") == ["Mine"]
    assert found(desk, stage="contacted") == ["Mine"]
    assert found(desk, interest="placement") == ["Placement"]
    assert found(desk, course=str(course.page.pk)) == ["Placement"]
    assert found(desk, source="phone") == ["Placement"]
    assert set(found(desk, created_at_from=str(timezone.localdate()))) == {"Late", "Mine"}
    assert set(found(desk, age="today")) == {"Late", "Mine"}
    assert found(desk, age="older-30") == ["Placement"]
    assert found(desk, age="older-90") == []
    assert set(found(desk, due="false")) == {"Late", "Placement"}


def test_many_tags_leave_room_for_the_other_columns(desk: Client) -> None:
    LeadFactory().tags.add(*LeadTag.objects.bulk_create(LeadTag(name=f"Tag {letter}") for letter in "ABCDE"))
    page = desk.get("/cms/leads/results/").content.decode()

    assert page.count('class="desk-tag"') == 3
    assert "and 2 more" in page


def test_a_search_without_a_match_offers_to_add_the_lead(desk: Client) -> None:
    assert "/cms/leads/new/" in desk.get("/cms/leads/results/?q=nobody").content.decode()


def test_open_work_is_what_is_neither_enrolled_nor_closed(desk: Client) -> None:
    for stage in Lead.Stage.values:
        LeadFactory(person=PersonFactory(name=stage), stage_id=stage)

    assert set(found(desk, open="true")) == {"new", "contacted", "qualified", "applied"}
    assert set(found(desk, open="false")) == {"enrolled", "closed"}
    assert set(found(desk, stage=["new", "closed"])) == {"new", "closed"}


def test_leads_are_found_by_tag_campaign_and_reason_for_closing(desk: Client) -> None:
    tagged = LeadFactory(person=PersonFactory(name="Tagged"), campaign="monsoon")
    tags = [LeadTag.objects.create(name=name) for name in ("Evening", "Online")]
    tagged.tags.set(tags)
    closed = LeadFactory(person=PersonFactory(name="Closed"), stage_id=Lead.Stage.CLOSED)

    assert found(desk, tag=[str(tag.pk) for tag in tags]) == ["Tagged"]
    assert found(desk, campaign="monsoon") == ["Tagged"]
    assert found(desk, closing_reason=str(closed.closing_reason_id)) == ["Closed"]


def test_the_newest_word_on_course_news_counts(desk: Client) -> None:
    allowed, withdrawn = PersonFactory(name="Allowed"), PersonFactory(name="Withdrawn")
    for person, said in [(withdrawn, [True, False]), (allowed, [False, True])]:
        for granted in said:
            ConsentFactory(person=person, granted=granted)
        LeadFactory(person=person)
    asked = LeadFactory(person=PersonFactory(name="Never said"))
    ConsentFactory(person=asked.person, purpose=Consent.Purpose.ENQUIRY)

    assert found(desk, news="true") == ["Allowed"]
    assert set(found(desk, news="false")) == {"Withdrawn", "Never said"}


def test_leads_of_who_left_are_found_by_their_owner(desk: Client, admissions_lead: User) -> None:
    LeadFactory(person=PersonFactory(name="Asha Devi"))
    left = UserFactory(first_name="Meena", last_name="", is_active=False)
    LeadFactory(person=PersonFactory(name="Bala Raj"), owner=left)
    link = f'href="/cms/leads/?owner={left.pk}&amp;open=true"'

    assert link in signed_in(admissions_lead).get("/cms/").content.decode()
    assert found(desk, owner=str(left.pk), open="true") == ["Bala Raj"]


@pytest.mark.parametrize("file_format", ["", "csv"])
def test_a_filter_that_makes_no_sense_shows_and_exports_nobody(
    admissions_lead: User, file_format: str
) -> None:
    LeadFactory(person=PersonFactory(name="Asha Devi"))
    query = {"stage": "gone", "export": file_format}
    response = signed_in(admissions_lead).get("/cms/leads/", query)
    shown = b"".join(response.streaming_content) if file_format else response.content

    assert b"Asha Devi" not in shown


def test_a_filter_that_makes_no_sense_is_not_a_failure(desk: Client) -> None:
    LeadFactory(person=PersonFactory(name="Asha Devi"))

    assert found(desk, owner="x' OR 1", stage="nonsense", late="maybe", p="zero") == []


@pytest.mark.parametrize("name", ["course", "owner", "source"])
def test_a_number_that_no_database_holds_is_not_a_failure(desk: Client, name: str, site: object) -> None:
    LeadFactory(person=PersonFactory(name="Asha Devi"))

    assert found(desk, **{name: "9" * 23}) == []


def test_the_list_has_a_search_box(desk: Client) -> None:
    assert 'name="q"' in desk.get("/cms/leads/").content.decode()


def about_leads(queries: CaptureQueriesContext) -> list[str]:
    """Return the queries of the desk, without those of sessions, which come when a minute has passed."""
    return [query["sql"] for query in queries if '"enrollment_' in query["sql"]]


def walk(client: Client, query: str = "") -> Iterator[list[str]]:
    """Yield the references of every page, following Next."""
    address = f"/cms/leads/?{query}"
    while address:
        page = client.get(address).text
        yield re.findall(r'data-lead="([^"]+)"', page)
        following = re.search(r'href="([^"]+after=[^"]+)" rel="next"', page)
        address = html.unescape(following[1]) if following else ""


@pytest.fixture
def sixty(db: None) -> list[Lead]:
    """Sixty leads with many ties in everything that can be sorted."""
    now = timezone.now()
    return [
        LeadFactory(
            person=PersonFactory(name=f"Name {number % 7}"),
            created_at=now - timedelta(hours=number // 9),
            answer_due_at=now + timedelta(hours=number // 9),
            next_action="Call" if number % 3 == 0 else "",
            next_action_at=now + timedelta(hours=number // 9) if number % 3 == 0 else None,
        )
        for number in range(60)
    ]


@pytest.mark.parametrize("key", ["created_at", "answer_due_at", "next_action_at", "person__name"])
def test_pages_hold_every_lead_once_in_order(desk: Client, sixty: list[Lead], key: str) -> None:
    forwards = [reference for page in walk(desk, f"ordering={key}") for reference in page]
    backwards = [reference for page in walk(desk, f"ordering=-{key}") for reference in page]

    assert len(set(forwards)) == len(forwards) == 60
    assert backwards == forwards[::-1]
    values = {
        "created_at": lambda lead: lead.created_at,
        "answer_due_at": lambda lead: lead.answer_due_at,
        "next_action_at": lambda lead: (lead.next_action_at is None, lead.next_action_at),
        "person__name": lambda lead: lead.person.name,
    }
    leads = {lead.reference: lead for lead in sixty}
    shown = [values[key](leads[reference]) for reference in forwards]
    assert [value for value in shown if value != (True, None)] == sorted(
        value for value in shown if value != (True, None)
    )


def test_leads_that_arrive_meanwhile_neither_double_nor_hide_others(desk: Client, sixty: list[Lead]) -> None:
    pages = walk(desk)
    first = next(pages)
    LeadFactory.create_batch(3, created_at=timezone.now() + timedelta(minutes=1))
    rest = [reference for page in pages for reference in page]

    assert sorted(first + rest) == sorted(lead.reference for lead in sixty)


def test_previous_leads_back_to_the_page_before(desk: Client, sixty: list[Lead]) -> None:
    LeadFactory.create_batch(60, created_at=timezone.now() - timedelta(days=3))
    pages = [desk.get("/cms/leads/")]
    for _ in range(2):
        pages.append(desk.get("/cms/leads/", {"after": pages[-1].context["page_obj"].after}))
    names = [[lead.pk for lead in page.context["page_obj"]] for page in pages]
    assert "101\N{EN DASH}120 of 120" in pages[2].text

    back = desk.get("/cms/leads/", {"before": pages[2].context["page_obj"].before})
    assert [lead.pk for lead in back.context["page_obj"]] == names[1]
    assert "51\N{EN DASH}100 of 120" in back.text
    start = desk.get("/cms/leads/", {"before": back.context["page_obj"].before})
    assert [lead.pk for lead in start.context["page_obj"]] == names[0]
    assert 'rel="prev"' not in start.text


def test_a_page_of_another_list_or_order_begins_at_the_start(desk: Client, sixty: list[Lead]) -> None:
    after = desk.get("/cms/leads/").context["page_obj"].after
    for query in [{"late": "false"}, {"ordering": "created_at"}, {"q": "name"}]:
        page = desk.get("/cms/leads/", {**query, "after": after}).context["page_obj"]
        assert page.first_number == 1
    assert desk.get("/cms/leads/", {"after": f"{after}x"}).context["page_obj"].first_number == 1


def test_a_page_whose_leads_are_gone_begins_at_the_start(desk: Client, sixty: list[Lead]) -> None:
    after = desk.get("/cms/leads/").context["page_obj"].after
    Lead.everything.filter(pk__in=[lead.pk for lead in sixty[45:]]).update(set_aside="restricted")
    page = desk.get("/cms/leads/", {"after": after}).context["page_obj"]

    assert page.first_number == 1
    assert len(page) == 45


def test_matches_are_counted_up_to_a_thousand(desk: Client, sixty: list[Lead]) -> None:
    one, *_rest = sixty
    Lead.everything.bulk_create(
        Lead(
            person=one.person,
            reference=f"MANY-{number}",
            interest="contact",
            contact_by="email",
            answer_due_at=one.answer_due_at,
        )
        for number in range(1000)
    )

    assert "1\N{EN DASH}50 of 1,000+" in desk.get("/cms/leads/").text


def test_a_page_costs_the_same_queries_however_many_leads_there_are(desk: Client, sixty: list[Lead]) -> None:
    desk.get("/cms/leads/")
    with CaptureQueriesContext(connection) as at_sixty:
        after = desk.get("/cms/leads/").context["page_obj"].after
    LeadFactory.create_batch(60)
    with CaptureQueriesContext(connection) as at_hundred_twenty:
        desk.get("/cms/leads/")
    with CaptureQueriesContext(connection) as second:
        desk.get("/cms/leads/", {"after": after})

    first, longer, later = map(about_leads, (at_sixty, at_hundred_twenty, second))
    assert len(longer) == len(first) == len(later) + 1, "the first page counts, others needn't"
    assert not any("OFFSET" in sql for sql in first + later)


def test_the_results_alone_hold_rows_pages_and_views(desk: Client, sixty: list[Lead]) -> None:
    part = desk.get("/cms/leads/results/", {"owner": "nobody", "_w_filter_fragment": "true"}).text

    assert "<html" not in part
    assert part.count("data-lead=") == 50
    assert "/cms/leads/?owner=nobody&amp;after=" in part


def test_leads_stand_newest_first_and_can_be_sorted_by_name(desk: Client) -> None:
    now = timezone.now()
    LeadFactory(person=PersonFactory(name="Asha"), created_at=now - timedelta(days=1))
    LeadFactory(person=PersonFactory(name="Bala"), created_at=now)

    assert found(desk) == ["Bala", "Asha"]
    assert found(desk, ordering="person__name") == ["Asha", "Bala"]


def test_an_empty_list_says_what_will_be_there(desk: Client) -> None:
    assert "Nobody has asked yet" in desk.get("/cms/leads/").content.decode()


@pytest.mark.parametrize("person", ["author", "reviewer", "stranger"])
@pytest.mark.parametrize("address", LEAD_ADDRESSES)
def test_who_has_no_business_with_leads_sees_none(
    person: str, address: str, request: pytest.FixtureRequest
) -> None:
    lead = LeadFactory(person=PersonFactory(name="Asha Devi"))
    client = signed_in(request.getfixturevalue(person))
    for send in (client.get, client.post):
        response = send(address.format(pk=lead.pk))
        assert response.status_code in {302, 403}
        assert "Asha Devi" not in response.content.decode()
    assert (
        client.get(address.format(pk=lead.pk), headers={"x-requested-with": "XMLHttpRequest"}).status_code
        == 403
    )


def test_a_visitor_is_asked_to_log_in(visitor: Client, site: object) -> None:
    response = visitor.get("/cms/leads/")

    assert response.status_code == 302
    assert "login" in response.url or "/cms/" in response.url


@pytest.mark.parametrize("address", FORM_ADDRESSES)
@pytest.mark.parametrize("person", ["admissions_lead", "admin"])
def test_nobody_edits_or_deletes_a_lead_by_a_form(
    person: str, address: str, request: pytest.FixtureRequest
) -> None:
    lead = LeadFactory()
    client = signed_in(request.getfixturevalue(person))
    assert client.post(address.format(pk=lead.pk), {"stage": "closed"}).status_code == 302
    client.post(f"/cms/bulk/enrollment/lead/delete/?id={lead.pk}")

    lead.refresh_from_db()
    assert lead.stage_id == Lead.Stage.NEW


@pytest.mark.parametrize("person", ["author", "reviewer"])
def test_no_other_page_of_the_cms_tells_authors_of_a_lead(
    person: str, course: SmallCourse, admissions: User, request: pytest.FixtureRequest
) -> None:
    lead = LeadFactory(person=PersonFactory(name="Asha Devi", email="asha@example.com"), course=course.page)
    place_lead(lead=lead, course=course.page, actor=admissions)
    client = signed_in(request.getfixturevalue(person))
    for address in [
        "/cms/",
        "/cms/pages/search/?q=asha",
        f"/cms/pages/{course.page.pk}/usage/",
        f"/cms/pages/{course.page.pk}/edit/",
        f"/cms/pages/{course.page.pk}/history/",
        "/cms/reports/site-history/",
        "/cms/snippets/",
        "/cms/cohorts/",
        "/cms/users/",
        "/cms/choose-page/?q=asha",
        "/cms/api/main/pages/?fields=*",
    ]:
        page = client.get(address).content.decode()
        assert "Asha" not in page, address
        assert "asha@example.com" not in page, address


@pytest.mark.parametrize("person", ["author", "admissions", "admin"])
def test_leads_have_no_chooser(person: str, request: pytest.FixtureRequest) -> None:
    client = signed_in(request.getfixturevalue(person))

    assert client.get("/cms/snippets/choose/enrollment/lead/").status_code == 404


@pytest.mark.parametrize(("person", "shown"), [("author", False), ("admissions", True), ("admin", True)])
def test_the_menu_offers_leads_to_those_who_work_them(
    person: str, shown: bool, request: pytest.FixtureRequest
) -> None:
    page = signed_in(request.getfixturevalue(person)).get("/cms/").content.decode()

    assert ("/cms/leads/" in page) is shown


def rows_of(response: object) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_an_export_is_safe_for_spreadsheets_and_logged(admissions_lead: User, course: SmallCourse) -> None:
    LeadFactory(
        person=PersonFactory(name='=HYPERLINK("http://evil.example")', email="asha@example.com"),
        message="@SUM(A1)",
        next_action="-2+3",
        course=course.page,
    )
    LeadFactory(person=PersonFactory(name="Bala", phone="+919876543210"), stage_id=Lead.Stage.CLOSED)
    response = signed_in(admissions_lead).get("/cms/leads/", {"export": "csv", "stage": "new"})

    (row,) = rows_of(response)
    assert row["Name"] == '\'=HYPERLINK("http://evil.example")'
    assert row["Message"] == "'@SUM(A1)"
    assert row["Next action"] == "'-2+3"
    assert row["E-mail"] == "asha@example.com"
    assert row["Course"] == "Python full-stack"
    access = DataAccess.objects.get()
    assert (access.actor, access.kind) == (admissions_lead, DataAccess.Kind.EXPORT)
    assert (access.count, access.query) == (1, "stage=new")


def test_a_workbook_holds_the_same_and_runs_nothing(admissions_lead: User) -> None:
    LeadFactory(person=PersonFactory(name="=1+1", phone="+919876543210"))
    response = signed_in(admissions_lead).get("/cms/leads/", {"export": "xlsx"})

    headings, row = load_workbook(io.BytesIO(response.content)).active.values
    assert dict(zip(headings, row, strict=True))["Name"] == "'=1+1"
    assert dict(zip(headings, row, strict=True))["Phone"] == "'+919876543210"
    assert DataAccess.objects.get().count == 1


def test_too_many_leads_for_a_workbook_are_refused_and_not_noted(
    admissions_lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enrollment.admin.exports.MOST_IN_XLSX", 1)
    LeadFactory.create_batch(2)
    response = signed_in(admissions_lead).get("/cms/leads/", {"export": "xlsx"}, follow=True)

    assert "Download CSV instead" in response.text
    assert not DataAccess.objects.exists()


def test_a_phone_in_an_export_is_no_formula(admissions_lead: User) -> None:
    LeadFactory(person=PersonFactory(phone="+919876543210"))
    (row,) = rows_of(signed_in(admissions_lead).get("/cms/leads/", {"export": "csv"}))

    assert row["Phone"] == "'+919876543210"


def test_only_those_who_manage_leads_export_them(desk: Client) -> None:
    LeadFactory(person=PersonFactory(name="Asha Devi"))
    response = desk.get("/cms/leads/", {"export": "csv"})

    assert response.status_code == 302
    assert "Download" not in desk.get("/cms/leads/").content.decode()
    assert not DataAccess.objects.exists()


def test_the_export_costs_the_same_queries_for_one_lead_and_for_three(admissions_lead: User) -> None:
    client = signed_in(admissions_lead)
    LeadFactory(owner=admissions_lead)
    rows_of(client.get("/cms/leads/", {"export": "csv"}))
    with CaptureQueriesContext(connection) as one:
        rows_of(client.get("/cms/leads/", {"export": "csv"}))
    LeadFactory.create_batch(2, owner=admissions_lead)
    with CaptureQueriesContext(connection) as three:
        rows_of(client.get("/cms/leads/", {"export": "csv"}))

    assert len(about_leads(three)) == len(about_leads(one)) > 0
