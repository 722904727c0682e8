"""Pages for requests that can't be answered."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.test import Client

from courses import views
from tests.conftest import SmallCourse

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(course: SmallCourse) -> Client:
    return Client(raise_request_exception=False)


def failing(error: Exception) -> object:
    def view(*args: object, **kwargs: object) -> None:
        raise error

    return view


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (RuntimeError("boom"), 500, "Something failed on our side"),
        (OperationalError("connection refused"), 503, "back"),
        (PermissionDenied(), 403, "<h1"),
    ],
)
def test_failures_have_a_page_of_their_own(
    browser: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, words: str
) -> None:
    monkeypatch.setattr(views, "serve", failing(error))

    response = browser.get("/courses/")

    assert response.status_code == status
    assert words in response.content.decode()
    assert "boom" not in response.content.decode()
    assert (response.headers.get("Retry-After") == "30") == (status == 503)


def test_an_unknown_address_offers_ways_on(browser: Client) -> None:
    response = browser.get("/no-such-page/")

    assert response.status_code == 404
    page = response.content.decode()
    assert "Page not found" in page
    assert 'href="/courses/"' in page


def test_a_form_without_token_says_how_to_go_on(course: SmallCourse) -> None:
    response = Client(enforce_csrf_checks=True).post("/enquire/", {"name": "Kavitha"})

    assert response.status_code == 403
    assert "<h1" in response.content.decode()


def test_failure_pages_need_no_database(course: SmallCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "serve", failing(OperationalError("gone")))
    browser = Client(raise_request_exception=False)
    with monkeypatch.context() as patch:
        patch.setattr("courses.models.InstituteSettings.for_request", failing(OperationalError("gone")))
        assert browser.get("/courses/").status_code == 503
