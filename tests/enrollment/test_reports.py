"""Reports as an admissions lead reads them, takes them away and narrows them."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from time_machine import travel

from accounts.models import User
from enrollment.admin.reports import REPORTS
from enrollment.admin.reports.plots import Value, bars, lines
from enrollment.admin.reports.words import NONE, Kind, change, days, write
from enrollment.figures.periods import Period
from enrollment.models import (
    ClosingReason,
    ContactClick,
    DataAccess,
    Lead,
    LeadEvent,
    PipelineStage,
    StageChange,
)
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import EnrollmentFactory, LeadEventFactory, LeadFactory

pytestmark = pytest.mark.django_db

INDIA = ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=INDIA)
REPORT = "/cms/leads/reports/"


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with travel(NOW, tick=False):
        yield


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


def lead(day: int, *, month: int = 11, stage: str = "new", hours: float = 2, **fields: object) -> Lead:
    """Make a lead that asked on this day at ten and moved to the stage after so many hours."""
    asked_at = datetime(2026, month, day, 10, tzinfo=INDIA)
    moved_at = asked_at + timedelta(hours=hours)
    found = LeadFactory(
        created_at=asked_at, answered_at=None if stage == "new" else moved_at, stage_id=stage, **fields
    )
    if stage != "new":
        StageChange.objects.create(
            lead=found, before_id="new", after_id=stage, stayed=moved_at - asked_at, created_at=moved_at
        )
    return found


def text(response: HttpResponseBase) -> str:
    """Return the page with white space made single, as a reader sees it."""
    return " ".join(response.content.decode().split())  # type: ignore[attr-defined]


def table(response: HttpResponseBase) -> list[list[str]]:
    body = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.reader(StringIO(body.removeprefix("\ufeff"))))


def test_the_funnel_of_this_month_stands_against_the_same_days_of_last_month(manager: Client) -> None:
    for day in (2, 3, 4, 5):
        lead(day)
    lead(6, stage="contacted")
    lead(6, stage="contacted", hours=4)
    lead(6, month=10, stage="contacted")
    lead(30, month=10)
    page = text(manager.get(REPORT))

    assert "1 to 23 November 2026, compared with 1 to 23 October 2026" in page
    assert "<strong>New</strong> 6</span>" in page
    assert "<strong>Contacted</strong> 2 (33 % of new) · median 3 h</span>" in page
    assert "Outlined: 1 to 23 October 2026" in page
    assert "5 more (1 before)" in page


def test_the_comparison_can_be_a_year_before_or_left_out(manager: Client) -> None:
    lead(2)
    year = text(manager.get(f"{REPORT}?compare=year"))
    nothing = text(manager.get(f"{REPORT}?compare=none"))

    assert "compared with 1 to 23 November 2025" in year
    assert "compared with" not in nothing
    assert "Outlined" not in nothing
    assert "report-before" not in nothing


def test_own_dates_are_counted_with_both_days(manager: Client) -> None:
    lead(9)
    lead(10)
    lead(12)
    lead(13)
    page = text(manager.get(f"{REPORT}?period=custom&first=2026-11-10&last=2026-11-12"))

    assert "10 to 12 November 2026, compared with 7 to 9 November 2026" in page
    assert "<strong>New</strong> 2</span>" in page


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        ("period=custom", "Enter the first day"),
        ("period=custom&first=2026-11-10", "Enter the last day"),
        ("period=custom&first=2026-11-10&last=2026-11-01", "Enter a last day that is not before the first."),
        ("period=custom&first=2026-11-10&last=2026-12-01", "Enter a day that is not in the future."),
        ("period=custom&first=0001-01-01&last=2026-11-01", "Enter a day in or after the year 2000."),
        ("period=forever", "Choose one from the list"),
        ("course=99999999999999999999999", "Choose one from the list"),
        ("owner=somebody", "Choose one from the list"),
    ],
)
def test_filters_that_cannot_be_read_are_told_and_count_nothing(
    manager: Client, query: str, advice: str
) -> None:
    lead(2)
    answer = manager.get(f"{REPORT}?{query}")

    assert answer.status_code == 422
    assert advice in text(answer)
    assert "<strong>New</strong>" not in text(answer)
    assert manager.get(f"{REPORT}funnel/stages.csv/?{query}").status_code == 422
    assert not DataAccess.objects.exists()


def test_the_same_filters_narrow_every_report(manager: Client, course: SmallCourse, admissions: User) -> None:
    reason = ClosingReason.objects.all()[0]
    for number in range(3):
        found = {"course": course.page, "source": "referral", "owner": admissions} if number == 0 else {}
        lead(2, stage="closed", closing_reason=reason, **found)
    query = f"?course={course.page.pk}&source=referral&owner={admissions.pk}"

    assert table(manager.get(f"{REPORT}funnel/stages.csv/{query}"))[1][1] == "1"
    assert table(manager.get(f"{REPORT}split/parts.csv/{query}"))[1][:2] == ["Referral", "1"]
    assert table(manager.get(f"{REPORT}responses/owners.csv/{query}"))[1][1] == "1"
    assert table(manager.get(f"{REPORT}workload/done.csv/{query}"))[1][1] == "1"
    assert table(manager.get(f"{REPORT}closing/reasons.csv/{query}"))[1][:2] == [reason.name, "1"]
    assert f'href="/cms/leads/reports/closing/{query.replace("&", "&amp;")}"' in text(
        manager.get(f"{REPORT}funnel/{query}")
    )


@pytest.mark.parametrize("split", ["source", "course", "owner", "month", "campaign"])
def test_the_funnel_is_split_by_what_was_chosen(
    manager: Client, course: SmallCourse, admissions: User, split: str
) -> None:
    lead(2, stage="enrolled", course=course.page, owner=admissions, source="partner", campaign="diwali")
    lead(2)
    rows = table(manager.get(f"{REPORT}split/parts.csv/?split={split}&compare=none"))
    found = {row[0]: row[1] for row in rows[1:]}

    assert (
        found
        == {
            "source": {"Partner": "1", "Website": "1"},
            "course": {course.page.title: "1", "Not chosen": "1"},
            "owner": {str(admissions): "1", "Nobody": "1"},
            "month": {"November 2026": "2"},
            "campaign": {"diwali": "1", "No campaign": "1"},
        }[split]
    )


def test_months_without_a_lead_are_there_with_nought(manager: Client) -> None:
    lead(2, month=9)
    rows = table(manager.get(f"{REPORT}split/parts.csv/?split=month&period=90-days&compare=none"))

    assert [row[:2] for row in rows[1:]] == [
        ["August 2026", "0"], ["September 2026", "1"], ["October 2026", "0"], ["November 2026", "0"],
    ]  # fmt: skip


def test_a_download_has_plain_numbers_with_units_and_both_periods(manager: Client) -> None:
    lead(2, stage="contacted", hours=3)
    lead(2)
    lead(2, month=10)
    headings, new, contacted, *_rest = table(manager.get(f"{REPORT}funnel/stages.csv/"))

    assert headings[:7] == [
        "Stage", "Reached", "Reached, before", "Reached, change",
        "Of all that asked (%)", "Of all that asked (%), before", "Of all that asked (%), change",
    ]  # fmt: skip
    assert new[:4] == ["New", "2", "1", "1"]
    assert contacted[:7] == ["Contacted", "1", "0", "1", "50.0", "0.0", "50.0"]
    assert contacted[headings.index("Median time to reach it (h)")] == "3.0"


def test_downloads_are_noted_and_formulas_in_them_defused(manager: Client, admissions_lead: User) -> None:
    lead(2, campaign="=HYPERLINK(1)")
    address = f"{REPORT}split/parts.xlsx/?split=campaign"
    workbook = load_workbook(BytesIO(manager.get(address).content))
    access = DataAccess.objects.get()

    assert workbook.active["A2"].value == "'=HYPERLINK(1)"
    assert workbook.active["A2"].data_type == "s"
    assert workbook.active["B2"].value == 1
    assert (access.actor, access.kind) == (admissions_lead, DataAccess.Kind.REPORT)
    assert access.query == "split/parts?split=campaign"
    assert access.count == 1


def test_leads_of_who_left_can_still_be_asked_for(manager: Client, admissions: User) -> None:
    lead(2, owner=admissions)
    User.objects.filter(pk=admissions.pk).update(is_active=False)

    assert manager.get(f"{REPORT}?owner={admissions.pk}").status_code == 200


def test_every_table_on_every_report_can_be_downloaded(manager: Client, course: SmallCourse) -> None:
    lead(2, stage="closed", course=course.page, closing_reason=ClosingReason.objects.all()[0])
    lead(3, stage="contacted", course=course.page)
    cohort = CohortFactory(course=course.page)
    EnrollmentFactory(learner=UserFactory(email="l@example.com"), course=course.page, cohort=cohort,
                      price_agreed=45000, created_at=NOW)  # fmt: skip
    ContactClick.objects.create(day=NOW.date(), channel="call", page="/", count=3)
    links = []
    for name in REPORTS:
        page = manager.get(f"{REPORT}{name}/").content.decode()
        links += [part.split('"')[0] for part in page.split('href="') if part.startswith(f"{REPORT}{name}/")
                  and part.split('"')[0].endswith((".csv/", ".xlsx/"))]  # fmt: skip

    assert len(links) == len(set(links)) == 2 * 14
    for link in links:
        answer = manager.get(link)
        assert answer.status_code == 200, link
        assert "attachment" in answer.headers["Content-Disposition"], link
        if link.endswith(".csv/"):
            assert len(table(answer)) > 1, link


def test_counsellors_and_authors_see_no_report_and_no_funnel(
    admissions: User, author: User, manager: Client
) -> None:
    lead(2, campaign="secret-campaign")
    for person in (admissions, author):
        client = signed_in(person)
        for address in (REPORT, f"{REPORT}split/?split=campaign", f"{REPORT}split/parts.csv/?split=campaign"):
            answer = client.get(address)
            assert (answer.status_code, answer.headers["Location"]) == (302, "/cms/")
        assert "this-month" not in client.get("/cms/").content.decode()
    assert not DataAccess.objects.exists()
    assert "secret-campaign" in text(manager.get(f"{REPORT}split/?split=campaign"))


def test_managers_see_this_month_on_the_home_page(manager: Client) -> None:
    assert "Nobody has asked this month" in text(manager.get("/cms/"))
    lead(2, stage="contacted")
    lead(3, month=10)
    page = text(manager.get("/cms/"))

    assert "<strong>Contacted</strong> 1 (100 % of new) · median 2 h</span>" in page
    assert "Outlined: 1 to 23 October 2026" in page


def test_a_product_without_leads_explains_what_will_be_seen(manager: Client) -> None:
    for name, words in {
        "funnel": "Nobody asked in this period.",
        "split": "Nobody asked in this period.",
        "responses": "moving the lead on from New counts as the answer",
        "workload": "No lead is open.",
        "forecast": "Add one under Cohorts to see its forecast.",
        "cohorts": "No cohort started in this period or starts later.",
        "closing": "No lead was closed in this period.",
        "clicks": "Nobody pressed Call or WhatsApp in this period.",
    }.items():
        assert words in text(manager.get(f"{REPORT}{name}/")), name


def test_presses_are_offered_as_a_report_once_there_are_some(manager: Client) -> None:
    assert "/reports/clicks/" not in text(manager.get(REPORT))
    ContactClick.objects.create(day=date(2026, 11, 3), channel="call", page="/", count=3)
    ContactClick.objects.create(day=date(2026, 11, 3), channel="whatsapp", page="/placement/", count=5)
    rows = table(manager.get(f"{REPORT}clicks/days.csv/"))

    assert "/reports/clicks/" in text(manager.get(REPORT))
    assert rows[3] == ["2026-11-03", "3", "5"]
    assert len(rows) == 1 + 23


def test_a_cohort_says_too_few_to_tell_instead_of_a_number(manager: Client, course: SmallCourse) -> None:
    CohortFactory(course=course.page, seats=10, seats_taken=4)
    lead(2, course=course.page)

    assert "4 of 10 taken · too few leads to tell" in text(manager.get(f"{REPORT}forecast/"))


def test_unknown_reports_tables_and_formats_are_not_found(manager: Client) -> None:
    for address in ("nothing/", "funnel/nothing.csv/", "funnel/stages.pdf/"):
        assert manager.get(f"{REPORT}{address}").status_code == 404, address
    assert not DataAccess.objects.exists()


@pytest.mark.parametrize("name", [*REPORTS])
def test_a_report_costs_the_same_queries_for_one_row_and_for_three(
    manager: Client, course: SmallCourse, name: str
) -> None:
    queries = []
    for number, added in ((1, 1), (2, 2)):
        for more in range(added):
            person = UserFactory(email=f"c{number}{more}@example.com")
            reason = ClosingReason.objects.all()[number + more]
            found = {"course": course.page, "owner": person, "campaign": f"c{number}{more}"}
            lead(2, stage="closed", closing_reason=reason, **found)
            called = lead(3, stage="contacted", **found)
            LeadEventFactory(lead=called, kind=LeadEvent.Kind.CALL, actor=person)
            cohort = CohortFactory(
                course=course.page, starts_on=date(2026, 12, 10 * number + more), seats_taken=1
            )
            EnrollmentFactory(learner=person, course=course.page, cohort=cohort, price_agreed=1)
            ContactClick.objects.create(day=NOW.date(), channel="call", page=f"/{number}{more}/", count=1)
        manager.get(f"{REPORT}{name}/?split=owner")
        with CaptureQueriesContext(connection) as captured:
            assert manager.get(f"{REPORT}{name}/?split=owner").status_code == 200
        queries.append(len(captured))

    assert queries[0] == queries[1]


# Words and plots -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (None, Kind.COUNT, NONE),
        (1234, Kind.COUNT, "1,234"),
        (0.624, Kind.SHARE, "62 %"),
        (0.0777, Kind.SHARE, "7.8 %"),
        (timedelta(minutes=35), Kind.TIME, "35 min"),
        (timedelta(hours=2, minutes=30), Kind.TIME, "2.5 h"),
        (timedelta(hours=47), Kind.TIME, "47 h"),
        (timedelta(days=2, hours=12), Kind.TIME, "2.5 d"),
        (60.0, Kind.HOURS, "60 h"),
        (120000, Kind.MONEY, "₹1,20,000"),
    ],
)
def test_numbers_are_written_for_people(value: object, kind: Kind, words: str) -> None:
    assert write(value, kind) == words


@pytest.mark.parametrize(
    ("now", "before", "kind", "words"),
    [
        (5, None, Kind.COUNT, ""),
        (5, 5, Kind.COUNT, "no change"),
        (12, 0, Kind.COUNT, "12 more (0 before)"),
        (15, 5, Kind.COUNT, "10 more (5 before)"),
        (150, 100, Kind.COUNT, "50 more (50 %)"),
        (80, 100, Kind.COUNT, "20 fewer (20 %)"),
        (0.30, 0.25, Kind.SHARE, "5 points higher"),
        (timedelta(hours=1), timedelta(hours=3), Kind.TIME, "2 h shorter"),
        (0.5, 2.0, Kind.HOURS, "1.5 h shorter"),
        (30000, 45000, Kind.MONEY, "₹15,000 less (33 %)"),
    ],
)
def test_a_change_is_told_in_words_without_a_doubled_minus(
    now: object, before: object, kind: Kind, words: str
) -> None:
    assert change(now, before, kind) == words


def test_periods_are_written_without_repeating_what_both_days_share() -> None:
    assert days(Period(date(2026, 11, 1), date(2026, 11, 23))) == "1 to 23 November 2026"
    assert days(Period(date(2026, 1, 1), date(2026, 11, 23))) == "1 January to 23 November 2026"
    assert days(Period(date(2025, 12, 1), date(2026, 1, 2))) == "1 December 2025 to 2 January 2026"
    assert days(Period(date(2026, 11, 1), date(2026, 11, 1))) == "1 November 2026"


def test_bars_share_one_scale_with_what_they_are_compared_with() -> None:
    long, short = bars(
        [Value("a", "", [(30, "main"), (20, "part")], 100), Value("b", "", [(0, "main")])]
    ).bars

    assert [(piece.start, piece.length) for piece in long.pieces] == [
        ("0.00%", "30.00%"),
        ("30.00%", "20.00%"),
    ]
    assert (long.before, short.before) == ("100.00%", None)
    assert bars([Value("nothing", "", [(0, "main")], 0)]).bars[0].pieces[0].length == "0.00%"


def test_lines_go_from_nought_at_the_bottom_to_the_top() -> None:
    (line,) = lines(["a", "b"], [("Asked", "main", [0, 4])]).lines

    assert [(dot.x, dot.y) for dot in line.dots] == [("25.00%", "100.00%"), ("75.00%", "0.00%")]
    assert lines(["a"], [("Asked", "main", [0])]).lines[0].dots[0].y == "100.00%"


def test_stages_that_an_institute_adds_are_in_the_report(manager: Client) -> None:
    PipelineStage.objects.create(key="interview", name="Interview", position=45)
    lead(2, stage="interview")

    assert "<strong>Interview</strong> 1 (100 % of new) · median 2 h</span>" in text(manager.get(REPORT))
