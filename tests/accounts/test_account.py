"""What people change about their own account."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.models import User
from accounts.templatetags.devices import device_name
from tests.accounts.conftest import QueuedMail, log_in
from tests.conftest import signed_in
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def confirmed(user: User) -> Client:
    """Return a browser that signed in and gave the password once more, as sensitive pages ask."""
    client = Client()
    log_in(client, user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def test_visitor_is_sent_to_the_login(client: Client) -> None:
    assert client.get("/accounts/")["Location"] == "/accounts/login/?next=/accounts/"


def test_name_is_changed(stranger: User) -> None:
    browser = signed_in(stranger)
    assert browser.post("/accounts/", {"name": "Murugan"})["Location"] == "/accounts/"
    stranger.refresh_from_db()
    assert (stranger.name, stranger.first_name, stranger.last_name) == ("Murugan", "Murugan", "")


def test_empty_name_answers_422(stranger: User) -> None:
    page = signed_in(stranger).post("/accounts/", {"name": " "})
    assert page.status_code == 422
    assert "<title>Error: Your account" in page.text
    assert "Enter your name" in page.text


def test_only_staff_see_the_way_to_the_editing_desk(stranger: User, author: User) -> None:
    assert "Open the editing desk" not in signed_in(stranger).get("/accounts/").text
    assert "Open the editing desk" in signed_in(author).get("/accounts/").text


def test_account_page_takes_seven_queries_at_most(stranger: User, django_assert_max_num_queries: Any) -> None:
    browser = signed_in(stranger)
    with django_assert_max_num_queries(7):  # session, user, 2 permissions, factors, site, institute
        browser.get("/accounts/")


def test_password_change_needs_the_old_one(stranger: User, queued: list[QueuedMail]) -> None:
    browser = confirmed(stranger)
    new = "some other long words"
    page = browser.post("/accounts/password/change/", {"oldpassword": "wrong", "password1": new})
    assert page.status_code == 422
    browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new})
    stranger.refresh_from_db()
    assert stranger.check_password(new)
    assert queued[-1].subject == "Your password was changed"
    assert "127.0.0.1" in queued[-1].text


def test_new_address_counts_once_its_code_is_entered(stranger: User, queued: list[QueuedMail]) -> None:
    browser = confirmed(stranger)
    response = browser.post("/accounts/email/", {"email": "new@example.com", "action_add": "1"})
    assert response["Location"] == "/accounts/confirm-email/"
    stranger.refresh_from_db()
    assert stranger.email == "stranger@example.com"
    [mail] = queued
    assert mail.to == "new@example.com"

    browser.post("/accounts/confirm-email/", {"code": mail.code})
    stranger.refresh_from_db()
    assert stranger.email == "new@example.com"
    assert list(EmailAddress.objects.filter(user=stranger).values_list("email", "verified")) == [
        ("new@example.com", True)
    ]
    assert queued[-1].to == "stranger@example.com"
    assert "new@example.com instead of stranger@example.com" in queued[-1].text


def test_address_of_another_account_is_not_revealed(stranger: User, queued: list[QueuedMail]) -> None:
    other = UserFactory(email="other@example.com")
    browser = confirmed(stranger)
    response = browser.post("/accounts/email/", {"email": other.email, "action_add": "1"})
    assert response["Location"] == "/accounts/confirm-email/"
    browser.post("/accounts/confirm-email/", {"code": queued[-1].private.get("code", "ABCDEF")})
    stranger.refresh_from_db()
    assert stranger.email == "stranger@example.com"


def test_devices_are_listed_and_one_is_ended(stranger: User) -> None:
    here, there = confirmed(stranger), confirmed(stranger)
    assert here.get("/accounts/sessions/").text.count("<li>\n        <h2>") == 2
    other = UserSession.objects.get(session_key=there.session.session_key)
    response = here.post(f"/accounts/sessions/{other.pk}/end/")
    assert response["Location"] == "/accounts/sessions/"
    assert there.get("/accounts/").status_code == 302
    assert here.get("/accounts/").status_code == 200


def test_nobody_ends_the_session_of_another(stranger: User, author: User) -> None:
    confirmed(author)
    session = UserSession.objects.get(user=author)
    assert confirmed(stranger).post(f"/accounts/sessions/{session.pk}/end/").status_code == 404
    assert UserSession.objects.filter(pk=session.pk).exists()


def test_pages_of_the_account_open(stranger: User, queued: list[QueuedMail]) -> None:
    browser = confirmed(stranger)
    for address in ("password/change", "email", "2fa", "2fa/totp/activate", "2fa/webauthn/add", "sessions"):
        page = browser.get(f"/accounts/{address}/")
        assert page.status_code == 200, address
        assert "placeholder=" not in page.text
        assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari",
            "Chrome on Android",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari Edg/140", "Edge on Windows"),
        ("", "Another browser on another device"),
    ],
)
def test_devices_are_named(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name
