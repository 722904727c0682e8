"""How many posts one sender may make, and what doesn't help against it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import signing
from django.test import Client
from pytest_django import Settings

from enrollment.limits import POSTS_PER_WINDOW, seconds_to_wait
from enrollment.models import Lead
from enrollment.views.enquiries import OWN_ENQUIRY_SECONDS
from tests.conftest import SmallCourse


def use_up(address: str) -> None:
    for _post in range(POSTS_PER_WINDOW):
        assert seconds_to_wait(address) == 0


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7", "::ffff:203.0.113.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2:aaaa:bbbb:cccc:dddd"),
        ("unknown", "unknown"),
    ],
)
def test_the_same_sender_waits_under_each_of_their_addresses(first: str, again: str) -> None:
    use_up(first)
    assert 0 < seconds_to_wait(again) <= 600


@pytest.mark.parametrize("other", ["203.0.113.8", "2001:db8:1:3::1"])
def test_another_sender_does_not_wait(other: str) -> None:
    use_up("203.0.113.7")
    use_up("2001:db8:1:2::1")
    assert seconds_to_wait(other) == 0


def test_posts_at_the_same_moment_count_too() -> None:
    with ThreadPoolExecutor(max_workers=16) as pool:
        waits = list(pool.map(seconds_to_wait, ["203.0.113.9"] * 64))
    assert waits.count(0) == POSTS_PER_WINDOW


@pytest.mark.django_db
@pytest.mark.parametrize(("count", "forwarded"), [(0, "10.0.0.{}"), (1, "10.0.0.{}, 203.0.113.7")])
def test_a_made_up_forwarding_header_gives_no_new_posts(
    course: SmallCourse, settings: Settings, count: int, forwarded: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = count
    statuses = [
        Client(headers={"x-forwarded-for": forwarded.format(number)}).post("/enquire/", {}).status_code
        for number in range(POSTS_PER_WINDOW + 1)
    ]
    assert statuses == [422] * POSTS_PER_WINDOW + [429]


@pytest.mark.django_db
def test_a_proxy_count_that_is_too_high_loses_no_enquiry(course: SmallCourse, settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    answers = {"name": "Kavitha", "email": "kavitha@example.com", "contact_by": "email", "message": "When?"}

    response = Client(headers={"x-forwarded-for": "203.0.113.7"}).post("/enquire/", answers)

    assert response.status_code == 302
    assert Lead.objects.get().message == "When?"


@pytest.mark.django_db
def test_a_kept_cookie_shows_the_enquiry_for_an_hour_only(
    course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Client()
    post = {"name": "Asha Venkatesan", "email": "asha@example.com", "contact_by": "email"}
    address = browser.post("/enquire/", post)["Location"]
    assert "Asha" in browser.get(address).text
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + OWN_ENQUIRY_SECONDS + 5)

    assert "Asha" not in browser.get(address).text


def test_copies_of_one_post_count_once_and_a_refused_one_stays_refused() -> None:
    assert [seconds_to_wait("192.0.2.1", post="one") for _ in range(8)] == [0] * 8
    assert [seconds_to_wait("192.0.2.1", post=f"other-{number}") for number in range(4)] == [0] * 4

    assert [seconds_to_wait("192.0.2.1", post="late") > 0 for _ in range(2)] == [True, True]
