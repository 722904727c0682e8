"""Logs and error reports tell nobody a secret."""

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from pytest_django import Settings
from structlog.testing import capture_logs

from accounts.invitations import set_password_url
from accounts.models import User
from lms.logs import RequestLog
from lms.masking import scrub_report

pytestmark = pytest.mark.django_db


def test_no_reset_link_and_no_search_is_logged(visitor: Client, stranger: User) -> None:
    link = set_password_url(stranger).removeprefix(settings.SITE_URL)
    key = link.rstrip("/").rpartition("/")[2]

    with capture_logs() as lines:
        visitor.get(link)
        visitor.get("/courses/?q=98765+43210")

    requests = {line["request"] for line in lines if "request" in line}
    assert requests == {"GET /accounts/password/reset/key/-/", "GET /courses/"}
    assert key not in str(lines)
    assert "98765" not in str(lines)


@pytest.mark.parametrize(("count", "logged"), [(0, "127.0.0.1"), (1, "198.51.100.4")])
def test_the_logged_address_is_what_our_proxies_say(settings: Settings, count: int, logged: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = count
    request = RequestFactory().get("/", headers={"x-forwarded-for": "10.9.8.7, 198.51.100.4"})
    bound: dict[str, object] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "lms.logs.structlog.contextvars.bind_contextvars", lambda **values: bound.update(values)
        )
        RequestLog.bind_ip(request)
    assert bound == {"ip": logged}


def test_an_error_report_carries_no_form_cookie_query_or_key() -> None:
    event = {
        "request": {
            "method": "POST",
            "url": "https://learn.example.com/accounts/password/reset/key/1-abc-def/?next=/x",
            "query_string": "q=98765",
            "cookies": {"sessionid": "secret"},
            "headers": {"Cookie": "sessionid=secret"},
            "data": {"password1": "secret"},
        }
    }
    assert scrub_report(event, {}) == {
        "request": {"method": "POST", "url": "https://learn.example.com/accounts/password/reset/key/-/"}
    }


def test_strangers_cannot_push_counters_out_of_the_database_cache() -> None:
    from lms.settings import base

    cache = base.CACHES["default"]
    assert "redis" in cache["BACKEND"] or cache["OPTIONS"]["MAX_ENTRIES"] >= 100_000
