"""How visitors found the site, and presses of Call and WhatsApp."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
import time_machine
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from enrollment.attribution import LONGEST_COOKIE, TOUCH_COOKIE
from enrollment.clicks import count_click
from enrollment.models import ContactClick, Lead, Submission
from tests.conftest import SmallCourse

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
CAMPAIGN = "?utm_source=google&utm_medium=cpc&utm_campaign=Diwali"


@pytest.fixture(autouse=True)
def _site(course: SmallCourse) -> None:
    pass


def enquire(client: Client) -> Lead:
    """Send the enquiry form and return the lead that it made."""
    data = {"name": "Kavitha", "email": f"{uuid.uuid4()}@example.com", "contact_by": "email"}
    response = client.post("/enquire/", data | {"key": str(uuid.uuid4())})
    assert response.status_code == 302
    return Lead.objects.latest("pk")


def set_cookie(client: Client, value: object) -> None:
    text = value if isinstance(value, str) else base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
    client.cookies[TOUCH_COOKIE] = text


def test_first_and_last_touch_reach_the_lead(visitor: Client) -> None:
    with time_machine.travel(DAY, tick=False):
        visitor.get("/", headers={"Referer": "https://www.blog.example/python?q=mani"})
    with time_machine.travel(DAY + timedelta(days=3), tick=False):
        visitor.get(f"/courses/python-full-stack/{CAMPAIGN}&utm_other=x")
        visitor.get("/courses/")
        lead = enquire(visitor)

    assert lead.attribution == {
        "first": {"at": "2026-11-23", "page": "/", "referrer": "www.blog.example"},
        "last": {
            "at": "2026-11-26",
            "page": "/courses/python-full-stack/",
            "utm_source": "google",
            "utm_medium": "cpc",
            "utm_campaign": "Diwali",
        },
    }
    assert (lead.source, lead.campaign) == (Lead.Source.CAMPAIGN, "Diwali")
    assert Submission.objects.get().attribution == lead.attribution


def test_a_link_of_another_site_is_no_campaign(visitor: Client) -> None:
    visitor.get("/", headers={"Referer": "https://www.blog.example/"})

    lead = enquire(visitor)

    assert (lead.source, lead.campaign) == (Lead.Source.WEBSITE, "")
    assert lead.attribution["last"]["referrer"] == "www.blog.example"


def test_the_first_touch_counts_for_ninety_days(visitor: Client) -> None:
    with time_machine.travel(DAY, tick=False):
        visitor.get("/?utm_source=old")
    with time_machine.travel(DAY + timedelta(days=89), tick=False):
        visitor.get("/?utm_source=newer")
        assert enquire(visitor).attribution["first"]["utm_source"] == "old"
    with time_machine.travel(DAY + timedelta(days=91), tick=False):
        visitor.get("/?utm_source=newest")
        assert enquire(visitor).attribution["first"]["utm_source"] == "newer"


def test_plain_pages_set_no_cookie_and_touched_ones_a_careful_one(visitor: Client) -> None:
    plain = [
        visitor.get("/"),
        visitor.get("/courses/", headers={"Referer": "http://testserver/"}),
        visitor.get("/accounts/login/?utm_source=x"),
        visitor.get("/no-such-page/?utm_source=x"),
    ]
    touched = visitor.get("/courses/?utm_source=x", secure=True)

    assert not any(TOUCH_COOKIE in response.cookies for response in plain)
    cookie = touched.cookies[TOUCH_COOKIE]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert (cookie["samesite"], cookie["max-age"]) == ("Lax", 90 * 24 * 3600)
    assert "private" in touched.headers["Cache-Control"]


@pytest.mark.parametrize("refusal", [{"DNT": "1"}, {"Sec-GPC": "1"}])
def test_who_does_not_want_to_be_followed_is_not(visitor: Client, refusal: dict[str, str]) -> None:
    asked = visitor.get(f"/{CAMPAIGN}", headers=refusal)
    assert TOUCH_COOKIE not in asked.cookies

    visitor.get(f"/{CAMPAIGN}")
    later = visitor.get("/", headers=refusal)

    assert later.cookies[TOUCH_COOKIE]["max-age"] == 0
    set_cookie(visitor, {"first": {}, "last": {"utm_source": "kept"}})
    data = {"name": "Kavitha", "email": "kavitha@example.com", "contact_by": "email"}
    visitor.post("/enquire/", data | {"key": str(uuid.uuid4())}, headers=refusal)
    assert Lead.objects.get().attribution is None


@pytest.mark.parametrize(
    "value",
    [
        "nonsense",
        "%%%",
        "",
        "A" * (LONGEST_COOKIE + 1),
        [1, 2],
        {"last": "text"},
        {"last": {"utm_campaign": {"a": 1}}},
        "W1tbW1tbW1tb" * 300,
        {"last": {"evil": "x"}},
    ],
)
def test_a_broken_cookie_says_nothing(visitor: Client, value: object) -> None:
    set_cookie(visitor, value)

    assert enquire(visitor).attribution is None


def test_a_forged_cookie_is_cleaned(visitor: Client) -> None:
    touch = {"utm_campaign": "a\x00b\n" + "c" * 500, "evil": "x", "at": "2999-01-01", "page": 7}
    set_cookie(visitor, {"first": touch, "last": touch, "more": 1})

    lead = enquire(visitor)

    assert lead.campaign == "a b " + "c" * 96
    assert set(lead.attribution) == {"first", "last"}
    assert set(lead.attribution["first"]) == {"utm_campaign", "at"}


def test_the_longest_touches_fit_into_a_cookie(visitor: Client) -> None:
    long = "&".join(f"utm_{name}={'த' * 300}" for name in ("source", "medium", "campaign", "term", "content"))
    first = visitor.get(f"/?{long}")
    second = visitor.get(f"/?{long}")

    assert max(len(answer.cookies[TOUCH_COOKIE].value) for answer in (first, second)) <= LONGEST_COOKIE
    assert enquire(visitor).campaign == "த" * 100


def press(page: str = "/courses/python-full-stack/", channel: str = "call", **headers: str) -> HttpResponse:
    headers = headers or {"Sec-Fetch-Site": "same-origin"}
    client = Client(enforce_csrf_checks=True)
    return client.post("/enquire/clicks/", {"channel": channel, "page": page}, headers=headers)


def test_presses_are_counted_by_day_page_and_channel_and_by_nothing_else() -> None:
    with time_machine.travel(DAY, tick=False):
        answers = [press(), press(), press(channel="whatsapp"), press("/enquire/")]
    with time_machine.travel(DAY + timedelta(days=1), tick=False):
        answers.append(press())

    assert {answer.status_code for answer in answers} == {204}
    assert not any(answer.cookies for answer in answers)
    rows = ContactClick.objects.order_by("day", "page", "channel").values_list(
        "day", "page", "channel", "count"
    )
    assert [(f"{day:%d}", *row) for day, *row in rows] == [
        ("23", "/courses/python-full-stack/", "call", 2),
        ("23", "/courses/python-full-stack/", "whatsapp", 1),
        ("23", "/enquire/", "call", 1),
        ("24", "/courses/python-full-stack/", "call", 1),
    ]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"X-Nothing": "said"}, 403),
        ({"Origin": "http://testserver"}, 204),
    ],
)
def test_only_our_own_pages_may_report(headers: dict[str, str], status: int) -> None:
    assert press(**headers).status_code == status
    assert ContactClick.objects.exists() == (status == 204)


@pytest.mark.parametrize(
    ("page", "channel"),
    [
        ("/no-such-page/", "call"),
        ("/cms/leads/", "call"),
        ("/learn/", "call"),
        ("courses/", "call"),
        ("https://elsewhere.example/", "call"),
        ("/" + "x" * 250, "call"),
        ("/courses/\x00", "call"),
        ("", "call"),
        ("/courses/", "fax"),
        ("/courses/", ""),
    ],
)
def test_unknown_pages_and_channels_are_not_counted(page: str, channel: str) -> None:
    assert press(page, channel).status_code == 400
    assert not ContactClick.objects.exists()


def test_one_network_can_not_press_for_ever() -> None:
    with time_machine.travel(DAY, tick=False):
        answers = [press().status_code for _number in range(31)]

    assert answers == [204] * 30 + [429]
    assert ContactClick.objects.get().count == 30


@pytest.mark.django_db(transaction=True)
def test_presses_at_the_same_moment_are_all_counted(admin: User) -> None:
    def press_often() -> None:
        for _number in range(5):
            count_click(channel="call", page="/")
        connections.close_all()

    threads = [Thread(target=press_often) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ContactClick.objects.get().count == 20
