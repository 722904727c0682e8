"""Importing leads: from the file over columns and a dry run to leads, all or nothing, and back."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from structlog.testing import capture_logs

from accounts.models import User
from enrollment import tasks
from enrollment.importing import finishing, staging, working
from enrollment.models import (
    ClosingReason,
    Consent,
    ContactPoint,
    DataAccess,
    ImportedRow,
    Lead,
    LeadEvent,
    LeadImport,
    Person,
    StageChange,
)
from enrollment.models.desk import private_storage
from enrollment.spreadsheets import defuse
from outbox.models import Message
from tests.conftest import SmallCourse, signed_in
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db

PEOPLE = """Full name,E-mail ID,Mobile No.,Course interested,Remarks
Asha Devi,asha@example.com,98765 43210,Python full-stack,Wants evenings
Ravi Iyer,ravi@example.com,,,
Meena Pillai,,+91 98400 11111,python-full-stack,
"""


class Killed(BaseException):
    """What a worker gets that is killed: nothing catches it."""


@pytest.fixture
def desk(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


def upload(client: Client, text: str | bytes, name: str = "fair.csv") -> LeadImport:
    content = text.encode() if isinstance(text, str) else text
    response = client.post("/cms/leads/import/", {"file": SimpleUploadedFile(name, content)})
    assert response.status_code == 302, response.context["form"].errors
    return LeadImport.objects.latest("pk")


def check(client: Client, job: LeadImport, **more: str) -> LeadImport:
    """Take the guessed columns, with other values where given, and let the worker check every row."""
    page = client.get(f"/cms/leads/import/{job.pk}/columns/")
    form = page.context["form"]
    data = {field.html_name: field.value() or "" for field in form} | {"stage": "new"} | more
    response = client.post(f"/cms/leads/import/{job.pk}/columns/", data)
    assert response.status_code == 302, response.context["form"].errors
    tasks.import_leads()
    job.refresh_from_db()
    return job


def start(client: Client, job: LeadImport) -> LeadImport:
    assert client.post(f"/cms/leads/import/{job.pk}/start/").status_code == 302
    tasks.import_leads()
    job.refresh_from_db()
    return job


def bring_in(client: Client, text: str | bytes, name: str = "fair.csv", **more: str) -> LeadImport:
    return start(client, check(client, upload(client, text, name), **more))


def many(count: int) -> str:
    rows = "".join(f"Person {at:04},person{at}@example.com\n" for at in range(count))
    return f"Name,Email\n{rows}"


def counts(job: LeadImport) -> tuple[int, int, int]:
    return job.rows_new, job.rows_known, job.rows_refused


def test_a_file_becomes_leads_after_a_dry_run(
    desk: Client, course: SmallCourse, admissions_lead: User
) -> None:
    job = check(desk, upload(desk, PEOPLE), owner=str(admissions_lead.pk), tag="Fair", stage="contacted")
    assert job.state == "checked"
    assert counts(job) == (3, 0, 0)
    assert not Lead.everything.exists()
    assert "Import 3 leads" in desk.get(f"/cms/leads/import/{job.pk}/").content.decode()

    job = start(desk, job)
    assert job.state == "done"
    asha = Lead.objects.get(person__name="Asha Devi")
    assert (asha.email, asha.phone, asha.message) == ("asha@example.com", "98765 43210", "Wants evenings")
    assert (asha.course, asha.source, asha.stage_id) == (course.page.coursepage, "import", "contacted")
    assert (asha.owner, [tag.name for tag in asha.tags.all()]) == (admissions_lead, ["Fair"])
    assert StageChange.objects.filter(lead=asha, before="new", after="contacted").exists()
    event = asha.events.get(kind="import")
    assert event.text.startswith("“fair.csv”, row 2")
    assert event.actor == admissions_lead
    assert Lead.objects.get(person__name="Meena Pillai").contact_by == "phone"
    assert len(set(Lead.objects.values_list("reference", flat=True))) == 3


def test_imported_leads_never_turn_late_and_nobody_gets_mail(desk: Client) -> None:
    bring_in(desk, many(2))
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        assert Lead.objects.late().count() == 0
        tasks.escalate()
    assert not Message.objects.exists()


def test_an_import_leads_to_its_own_leads_in_the_list(desk: Client, course: SmallCourse) -> None:
    first = bring_in(desk, PEOPLE)
    bring_in(desk, many(2), name="later.csv")

    page = desk.get(f"/cms/leads/import/{first.pk}/").content.decode()
    address = f"/cms/leads/?lead_import={first.pk}"
    assert f'href="{address}"' in page
    listed = desk.get(address)
    names = {lead.person.name for lead in listed.context["object_list"]}
    assert names == {"Asha Devi", "Ravi Iyer", "Meena Pillai"}
    assert "fair.csv" in listed.content.decode()
    assert not desk.get("/cms/leads/?lead_import=999999").context["object_list"]


def test_imported_leads_are_found_in_the_list(desk: Client, course: SmallCourse) -> None:
    bring_in(desk, PEOPLE)
    page = desk.get("/cms/leads/", {"q": "9840011111"}).content.decode()
    assert "Meena Pillai" in page
    assert "Ravi Iyer" not in page


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        ("utf-8", ","),
        ("utf-8-sig", ";"),
        ("utf-16", "\t"),
        ("utf-16-le", ";"),
        ("cp1252", ";"),
        ("utf-8", "|"),
    ],
)
def test_files_of_any_program_are_read(desk: Client, encoding: str, delimiter: str) -> None:
    rows = [
        ["Student Name", "Email Address"],
        ["Zoë Müller", "zoe@example.com"],
        ["Ana, the second", "a@example.com"],
    ]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    bring_in(desk, text.getvalue().encode(encoding))
    assert set(Lead.objects.values_list("person__name", flat=True)) == {"Zoë Müller", "Ana, the second"}


def test_line_breaks_in_cells_and_blank_rows_keep_the_numbers_that_excel_shows(desk: Client) -> None:
    text = 'sep=;\r\nName;Email;Notes\r\n"Asha Devi";asha@example.com;"one\r\ntwo"\r\n\r\nRavi;wrong;\r\n'
    job = bring_in(desk, text)
    assert Lead.objects.get().message.split() == ["one", "two"]
    assert problems(desk, job)[1][-2] == "4"


def workbook(*rows: list[object]) -> bytes:
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def test_a_workbook_is_read_with_its_numbers_and_dates(desk: Client) -> None:
    from datetime import datetime

    data = workbook(
        ["Name", "Phone", "Created time", "Consent"],
        ["Asha Devi", 9876543210.0, datetime(2026, 10, 2, 14, 30), True],  # noqa: DTZ001 - as Excel has it
    )
    job = bring_in(desk, data, "fair.xlsx")
    assert job.state == "done"
    lead = Lead.objects.get()
    assert lead.phone == "9876543210"
    assert timezone.localtime(lead.created_at).strftime("%Y-%m-%d %H:%M") == "2026-10-02 14:30"
    consent = Consent.objects.get()
    assert (consent.purpose, consent.notice_version) == ("news", f"import:{job.pk}")


def test_formulas_are_text_and_leave_defused(desk: Client) -> None:
    cell = '=HYPERLINK("http://bad.example";"x")'
    text = io.StringIO()
    csv.writer(text).writerows(
        [["Name", "Email", "Remarks"], ["Asha", "nobody", cell], ["Ravi", "r@example.com", cell]]
    )
    job = bring_in(desk, text.getvalue())
    assert Lead.objects.get().message == cell
    assert problems(desk, job)[1][2] == f"'{cell}"


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_every_beginning_that_a_spreadsheet_may_run_is_defused(start: str) -> None:
    assert defuse(f"{start}1+1") == f"'{start}1+1"


def test_a_failure_is_logged_without_what_the_row_says(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("Key (value)=(asha@example.com) already exists.")

    monkeypatch.setattr(working, "reveal", fail)
    with capture_logs() as logs:
        job = start(desk, check(desk, upload(desk, many(1))))
    failed = [line for line in logs if line["event"] == "lead_import_failed"]
    assert failed == [
        {
            "event": "lead_import_failed",
            "log_level": "error",
            "lead_import": job.pk,
            "error": "RuntimeError",
        }
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"Name,Email\n", "no row below its headings"),
        (b"PK\x03\x04 not a workbook", "can&#x27;t be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel file"),
        (b"\x89PNG\r\n\x1a\n\x00\x01\x02", "a table"),
        (b"Name,Email\n" + b'"' + b"x" * 6000 + b'",a\n', "more than 5,000 characters"),
        (b'Name,Email\n"Asha,asha@example.com\n' + b"Ravi,ravi@example.com\n" * 9000, "quotation mark"),
        (",".join(f"c{at}" for at in range(101)).encode() + b"\nx\n", "more than 100 columns"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_in_words(desk: Client, content: bytes, words: str) -> None:
    response = desk.post("/cms/leads/import/", {"file": SimpleUploadedFile("fair.csv", content)})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not LeadImport.objects.exists()


def test_too_many_rows_and_bombs_are_refused(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("enrollment.importing.reading.MAX_ROWS", 2)
    monkeypatch.setattr("enrollment.importing.reading.MAX_UNPACKED", 500)
    for content, words in [(many(3).encode(), "more than 2 rows"), (workbook(["Name"], ["x"]), "too large")]:
        response = desk.post("/cms/leads/import/", {"file": SimpleUploadedFile("fair", content)})
        assert response.status_code == 422
        assert words in response.content.decode()


def with_part(name: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a workbook one of whose parts was changed by hand."""
    out = io.BytesIO()
    known = io.BytesIO(workbook(["Name", "Email"], ["Asha", "asha@example.com"]))
    with ZipFile(known) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, change(content) if part == name else content)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BOMBS = {
    "one row of many cells": (SHEET, b"<sheetData>", b"<sheetData><row>" + b"<c/>" * 60_000 + b"</row>"),
    "many things that are no rows": (
        SHEET,
        b"<sheetData>",
        b"<sheetData>" + b"<x/>" * 60_000,
    ),
    "many styles": ("xl/styles.xml", b"<cellXfs", b"<cellXfs>" + b"<xf/>" * 60_000 + b"</cellXfs><cellXfs"),
    "one endless comment": (SHEET, b"<sheetData>", b"<!--" + b"-x" * 60_000 + b"--><sheetData>"),
    "a document type": (SHEET, b"<worksheet", b"<!DOCTYPE worksheet><worksheet"),
    "far cells in many rows": (SHEET, b"<sheetData>", b"<sheetData>" + b'<row><c r="ZZZ1"/></row>' * 200),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_workbook_that_would_fill_the_memory_is_refused(
    desk: Client, monkeypatch: pytest.MonkeyPatch, bomb: str
) -> None:
    for limit in ("MAX_KEPT", "MAX_WHOLE", "MAX_STILL"):
        monkeypatch.setattr(f"enrollment.importing.workbooks.{limit}", 50_000)
    monkeypatch.setattr("enrollment.importing.reading.MAX_CELLS", 1_000_000)
    part, before, after = BOMBS[bomb]

    content = with_part(part, lambda xml: xml.replace(before, after, 1))

    response = desk.post("/cms/leads/import/", {"file": SimpleUploadedFile("fair.xlsx", content)})
    assert response.status_code == 422
    assert "too large" in response.content.decode()


def problems(client: Client, job: LeadImport) -> list[list[str]]:
    response = client.get(f"/cms/leads/import/{job.pk}/problems/")
    assert response.headers["Content-Disposition"].startswith("attachment")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_each_refused_row_says_why_in_a_file(
    desk: Client, course: SmallCourse, admissions_lead: User
) -> None:
    text = """Name,Email,Phone,Course,Date,Owner,Source
,a@example.com,,,,,
www.spam.example,b@example.com,,,,,
Asha,not-an-address,,,,,
Ravi,,9.87654E+09,,,,
Meena,,,,,,
Kiran,c@example.com,,No such course,,,
Latha,d@example.com,,,31/31/2026,,
Manu,e@example.com,,,23/11/2099,,
Nila,f@example.com,,,,Nobody Known,
Omar,g@example.com,,,,,Carrier pigeon
Priya,h@example.com,,,,,,more
Good,i@example.com,,Python full-stack,02/10/2026,lead@example.com,Walk-in
Good,I@example.com,,Python full-stack,,,
"""
    job = check(desk, upload(desk, text))
    assert counts(job) == (1, 0, 12)
    rows = problems(desk, job)
    assert rows[0][-2:] == ["Row", "Problem"]
    said = {int(row[-2]): row[-1] for row in rows[1:]}
    wanted = {
        2: "Name: Enter the person's name",
        3: "without a web address",
        4: "like name@example.com",
        5: "Enter a phone number",
        6: "neither an e-mail address nor a phone number",
        7: "title of a published course",
        8: "23/11/2026",
        9: "Enter a date that is past",
        10: "somebody who works leads",
        11: "Walk-in",
        12: "more cells",
        14: "as in row 13",
    }
    for number, words in wanted.items():
        assert words in said[number], number
    assert DataAccess.objects.get().count == 12
    start(desk, job)
    lead = Lead.objects.get()
    assert (lead.owner, lead.source) == (admissions_lead, "walk-in")
    assert timezone.localtime(lead.created_at).strftime("%d %m %Y") == "02 10 2026"


def test_addresses_and_numbers_under_unknown_headings_are_not_left_out(desk: Client) -> None:
    job = upload(
        desk,
        "Name,Aadhaar,Téléphone,Correo,Fee,On\n"
        "Asha Devi,123412341234,98765 43210,asha@example.org,45000,20/11/2026\n"
        "Ravi Kumar,123412341235,,ravi@example.org,45000,21/11/2026\n",
    )

    assert job.mapping["columns"] == {"Name": "name", "Téléphone": "phone", "Correo": "email"}


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\n1 0 obj\n<<>>\n", b"\r\n<html><table><tr><td>Name</td></tr>"]
)
def test_a_document_named_like_a_table_is_refused_with_what_to_do(desk: Client, content: bytes) -> None:
    file = SimpleUploadedFile("leads.xlsx", content)
    page = desk.post("/cms/leads/import/", {"file": file}).content.decode()

    assert "Open it in your spreadsheet program, save it as CSV or XLSX" in page
    assert not LeadImport.objects.exists()


def test_columns_must_make_sense(desk: Client) -> None:
    job = upload(desk, "A,B\nAsha,asha@example.com\n")
    url = f"/cms/leads/import/{job.pk}/columns/"
    values = {"source": "import", "stage": "new"}
    page = desk.post(url, values | {"column-0": "email", "column-1": "email"})
    assert page.status_code == 422
    assert "Choose the column that holds the name" in page.content.decode()
    assert "“A” fills this already" in page.content.decode()
    assert desk.post(url, values | {"column-0": "name", "column-1": "email"}).status_code == 302
    assert desk.post(url, values | {"column-0": "name", "column-1": "email"}).url.endswith(f"/{job.pk}/")


def test_a_known_persons_row_is_added_to_their_lead(desk: Client, course: SmallCourse) -> None:
    known = LeadFactory(
        person=PersonFactory(name="Asha  Devi", email="Asha@example.com"), course=course.page.coursepage
    )
    job = check(desk, upload(desk, PEOPLE.replace("asha@", "ASHA@")))
    assert counts(job) == (2, 1, 0)
    start(desk, job)
    assert Lead.objects.count() == 3
    event = known.events.get(kind="import")
    assert "Wants evenings" in event.text
    assert set(known.person.contact_points.values_list("value", flat=True)) == {
        "asha@example.com",
        "+919876543210",
    }
    assert [lead.person_id for lead in Lead.objects.filter(search_text__contains="919876543210")] == [
        known.person_id
    ]


def test_families_who_share_an_address_stay_two_people(desk: Client) -> None:
    LeadFactory(person=PersonFactory(name="Father Kumar", email="home@example.com", phone="+919876543210"))
    job = bring_in(desk, "Name,Email,Phone\nSon Kumar,home@example.com,98765 43210\n")
    assert counts(job) == (1, 0, 0)
    assert Person.objects.count() == 2


def test_another_course_is_another_lead_of_the_same_person(desk: Client, course: SmallCourse) -> None:
    old = LeadFactory(person=PersonFactory(name="Asha Devi", email="asha@example.com"), stage_id="closed")
    job = bring_in(desk, PEOPLE)
    assert job.rows_new == 3
    assert old.person.leads.count() == 2
    assert Person.objects.count() == 3


def test_two_wishes_of_one_person_in_a_file_are_two_leads_of_one_person(
    desk: Client, course: SmallCourse
) -> None:
    text = (
        "Name,Email,Course\nAsha,a@example.com,\nAsha,a@example.com,Python full-stack\nAsha,A@example.com,\n"
    )
    job = bring_in(desk, text)
    assert counts(job) == (2, 0, 1)
    assert (Person.objects.count(), ContactPoint.objects.count()) == (1, 1)


def test_who_asked_to_be_left_alone_is_not_imported_again(desk: Client) -> None:
    person = PersonFactory(name="Asha Devi", email="asha@example.com")
    LeadFactory(person=person, set_aside="restricted")
    Person.objects.filter(pk=person.pk).update(restricted_at=timezone.now())
    job = bring_in(desk, "Name,Email\nAsha Devi,asha@example.com\n")
    assert counts(job) == (0, 0, 1)
    assert Lead.everything.count() == 1


def test_the_same_file_again_makes_no_lead_and_says_so(desk: Client, course: SmallCourse) -> None:
    bring_in(desk, PEOPLE)
    reason = ClosingReason.objects.first()
    Lead.objects.filter(person__name="Ravi Iyer").update(stage="closed", closing_reason=reason)
    before = LeadEvent.objects.count()
    again = upload(desk, PEOPLE.replace(",", ";"), "fair.csv")
    assert "was imported before" in desk.get(f"/cms/leads/import/{again.pk}/columns/").content.decode()
    again = start(desk, check(desk, again))
    assert counts(again) == (0, 3, 0)
    assert Lead.everything.count() == 3
    assert LeadEvent.objects.count() == before


def test_nobody_sees_a_lead_before_all_are_there(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    stage = staging.Stager.stage

    def watch(self: staging.Stager, verdicts: object) -> None:
        stage(self, verdicts)
        seen.append(Lead.objects.count())

    monkeypatch.setattr(working, "CHUNK", 3)
    monkeypatch.setattr(staging.Stager, "stage", watch)
    job = bring_in(desk, many(10))
    assert seen == [0, 0, 0, 0]
    assert Lead.objects.count() == job.rows_new == 10


@pytest.fixture(params=["before", "after"])
def killed(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Kill the worker once at the named place of the code, before or after what it does there."""
    places = {
        "chunk": (staging.Stager, "stage"),
        "progress": (working, "_count"),
        "file": (working, "save_problems"),
        "end": (working, "reveal"),
    }

    def kill_at(place: str, times_spared: int = 1) -> None:
        owner, name = places[place]
        real = getattr(owner, name)
        calls = iter(range(100))

        def fatal(*args: object, **kwargs: object) -> object:
            now = next(calls) == times_spared
            if now and request.param == "before":
                raise Killed
            result = real(*args, **kwargs)
            if now:
                raise Killed
            return result

        monkeypatch.setattr(owner, name, fatal)

    return kill_at


@pytest.mark.parametrize(("place", "spared"), [("chunk", 1), ("progress", 1), ("file", 0), ("end", 0)])
def test_a_worker_killed_anywhere_loses_and_doubles_nothing(
    desk: Client, monkeypatch: pytest.MonkeyPatch, killed: Callable[..., None], place: str, spared: int
) -> None:
    monkeypatch.setattr(working, "CHUNK", 3)
    text = f"{many(8)}Bad,nothing\n"
    LeadFactory(person=PersonFactory(name="Person 0001", email="person1@example.com"))
    job = check(desk, upload(desk, text))
    killed(place, spared)
    desk.post(f"/cms/leads/import/{job.pk}/start/")
    with pytest.raises(Killed):
        tasks.import_leads()
    tasks.import_leads()
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        tasks.import_leads()
        tasks.import_leads()
    job.refresh_from_db()
    assert (job.state, counts(job)) == ("done", (7, 1, 1))
    assert Lead.objects.count() == Lead.everything.count() == Person.objects.count() == 8
    assert LeadEvent.objects.filter(kind="import").count() == 8
    assert len(problems(desk, job)) == 2
    assert not ImportedRow.objects.exists()


def test_a_lease_that_is_held_is_left_alone(desk: Client) -> None:
    job = upload(desk, many(2))
    LeadImport.objects.filter(pk=job.pk).update(
        state="checking", leased_until=timezone.now() + timedelta(minutes=1)
    )
    tasks.import_leads()
    job.refresh_from_db()
    assert (job.state, job.rows_done) == ("checking", 0)


def test_a_worker_whose_lease_was_taken_writes_nothing(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job = check(desk, upload(desk, many(3)))
    stage = staging.Stager.stage

    def lose(self: staging.Stager, verdicts: object) -> None:
        stage(self, verdicts)
        LeadImport.objects.filter(pk=job.pk).update(lease_token=None)

    monkeypatch.setattr(staging.Stager, "stage", lose)
    desk.post(f"/cms/leads/import/{job.pk}/start/")
    tasks.import_leads()
    assert not Lead.everything.exists()


def test_cancelling_takes_everything_away_that_was_staged(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CHUNK", 3)
    monkeypatch.setattr(tasks, "work", lambda seconds: working.work(seconds=0.000001))
    kept = LeadFactory(person=PersonFactory(name="Person 0001", email="person1@example.com"))
    job = upload(desk, many(8))
    check(desk, job)
    for _round in range(5):
        tasks.import_leads()
    desk.post(f"/cms/leads/import/{job.pk}/start/")
    tasks.import_leads()
    assert Lead.everything.count() > 1
    page = desk.get(f"/cms/leads/import/{job.pk}/").content.decode()
    assert "3 of 8 rows" in page
    assert 'http-equiv="refresh"' in page
    assert desk.post(f"/cms/leads/import/{job.pk}/cancel/", follow=True).status_code == 200
    for _round in range(5):
        tasks.import_leads()
    job.refresh_from_db()
    assert (job.state, job.leased_until) == ("cancelled", None)
    assert list(Lead.everything.all()) == [kept]
    assert list(Person.objects.all()) == [kept.person]
    assert not ImportedRow.objects.exists()
    assert "Nothing of it was imported" in desk.get(f"/cms/leads/import/{job.pk}/").content.decode()


def test_cancelling_in_the_last_moment_wins(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job = check(desk, upload(desk, many(3)))

    def cancel_first(*args: object, **kwargs: object) -> None:
        desk.post(f"/cms/leads/import/{job.pk}/cancel/")
        finishing.reveal(*args, **kwargs)

    monkeypatch.setattr(working, "reveal", cancel_first)
    start(desk, job)
    tasks.import_leads()
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert not Lead.everything.exists()


def test_what_is_over_cannot_be_cancelled_or_started_again(desk: Client) -> None:
    job = bring_in(desk, many(2))
    for step in ("cancel", "start"):
        response = desk.post(f"/cms/leads/import/{job.pk}/{step}/")
        assert response.status_code == 409
        assert "has moved on meanwhile" in response.content.decode()
    assert Lead.objects.count() == 2


def test_a_failing_import_is_given_up_and_taken_away(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(working, "reveal", fail)
    job = start(desk, check(desk, upload(desk, many(3))))
    assert job.state == "importing"
    for minute in range(1, 7):
        with time_machine.travel(timezone.now() + timedelta(minutes=6 * minute)):
            tasks.import_leads()
    job.refresh_from_db()
    assert job.state == "failed"
    assert not Lead.everything.exists()
    page = desk.get(f"/cms/leads/import/{job.pk}/").content.decode()
    assert "RuntimeError" in page
    assert "Try again" in page


def test_undo_removes_what_nobody_worked_and_lists_the_rest(desk: Client, admissions_lead: User) -> None:
    from enrollment.desk import add_note

    known = LeadFactory(person=PersonFactory(name="Person 0000", email="person0@example.com"))
    job = bring_in(desk, many(4))
    worked = Lead.objects.get(person__name="Person 0002")
    add_note(lead=worked, text="Called.", actor=admissions_lead)
    page = desk.get(f"/cms/leads/import/{job.pk}/undo/").content.decode()
    assert "Remove 2 leads" in page
    desk.post(f"/cms/leads/import/{job.pk}/undo/")
    tasks.import_leads()
    assert set(Lead.everything.all()) == {known, worked}
    assert set(Person.objects.all()) == {known.person, worked.person}
    page = desk.get(f"/cms/leads/import/{job.pk}/").content.decode()
    assert "2 leads were removed" in page
    assert "Person 0002" in page
    assert "Person 0000" not in page


def test_an_import_that_made_no_lead_offers_nothing_to_undo(desk: Client) -> None:
    bring_in(desk, many(2))
    job = bring_in(desk, many(2))
    assert counts(job) == (0, 2, 0)

    page = desk.get(f"/cms/leads/import/{job.pk}/").content.decode()
    assert "Undo this import" not in page
    assert "there is nothing to undo" in page
    assert desk.get(f"/cms/leads/import/{job.pk}/undo/").status_code == 302
    desk.post(f"/cms/leads/import/{job.pk}/undo/")
    job.refresh_from_db()
    assert job.state == "done"


def test_undo_is_over_after_thirty_days(desk: Client) -> None:
    job = bring_in(desk, many(2))
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert desk.post(f"/cms/leads/import/{job.pk}/undo/").status_code in {302, 409}
        tasks.import_leads()
    assert Lead.objects.count() == 2


def test_files_are_deleted_two_weeks_after_the_end(desk: Client) -> None:
    done = bring_in(desk, f"{many(2)}Bad,nothing\n")
    waiting = upload(desk, many(1))
    names = [done.file.name, done.problems.name, waiting.file.name]
    tasks.forget_imports()
    assert all(private_storage().exists(name) for name in names)
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        tasks.forget_imports()
        tasks.forget_imports()
    assert not any(private_storage().exists(name) for name in names)
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert desk.get(f"/cms/leads/import/{done.pk}/problems/").status_code == 404
    assert "The file was deleted" in desk.get(f"/cms/leads/import/{done.pk}/").content.decode()


def test_leads_go_to_counsellors_in_turn_or_to_nobody(
    desk: Client, admissions: User, admissions_lead: User
) -> None:
    from enrollment.models import Counsellor

    Counsellor.objects.create(user=admissions, capacity=3)
    Counsellor.objects.create(user=admissions_lead)
    bring_in(desk, many(8), owner="round-robin")
    assert Lead.objects.filter(owner=admissions).count() == 3
    assert Lead.objects.filter(owner=admissions_lead).count() == 5
    bring_in(desk, "Name,Email\nZoe,zoe@example.com\n")
    tasks.assign()
    assert Lead.objects.get(person__name="Zoe").owner is None


@pytest.mark.parametrize("who", ["author", "reviewer", "admissions"])
def test_only_admissions_leads_import(who: str, desk: Client, request: pytest.FixtureRequest) -> None:
    job = bring_in(desk, f"{many(1)}Bad,nothing\n")
    client = signed_in(request.getfixturevalue(who))
    for step in ("", "columns/", "progress/", "undo/", "problems/"):
        for path in (f"/cms/leads/import/{job.pk}/{step}", "/cms/leads/import/"):
            response = client.get(path)
            assert (response.status_code, response.url) == (302, "/cms/")
    for step in ("start/", "cancel/", "undo/", "columns/"):
        assert client.post(f"/cms/leads/import/{job.pk}/{step}").url == "/cms/"
    job.refresh_from_db()
    assert job.state == "done"


def test_a_chunk_costs_the_same_queries_however_many_rows(desk: Client, course: SmallCourse) -> None:
    def cost(rows: int, start_at: int) -> int:
        text = "Name,Email,Phone,Course,Consent\n" + "".join(
            f"P {at},p{at}@example.com,98765{at:05},Python full-stack,yes\n"
            for at in range(start_at, start_at + rows)
        )
        job = check(desk, upload(desk, text), tag="Fair", stage="contacted")
        desk.post(f"/cms/leads/import/{job.pk}/start/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            tasks.import_leads()
        return len(queries)

    cost(1, 0)
    assert cost(2, 10) == cost(200, 20)


def test_the_list_of_imports_costs_the_same_for_one_and_three(desk: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            desk.get("/cms/leads/import/")
        return len(queries)

    upload(desk, many(1))
    desk.get("/cms/leads/import/")
    one = cost()
    upload(desk, many(1))
    upload(desk, many(1))
    assert cost() == one


def test_control_characters_of_a_file_break_no_export(desk: Client) -> None:
    bring_in(desk, "Name,Phone\nAsha\x01 Devi,98765 43210 \x02\n")

    assert Lead.objects.get().phone == "98765 43210"
    assert desk.get("/cms/leads/?export=xlsx").status_code == 200
