"""Getting in and out: password, code by mail, reset link, invitation."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone
from wagtail.models import Site

from accounts.invitations import set_password_url
from accounts.models import User
from accounts.tokens import PasswordLinks
from tests.accounts.conftest import QueuedMail, log_in
from tests.conftest import signed_in
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "some other long words"


def test_password_opens_and_next_is_kept(client: Client, stranger: User) -> None:
    assert log_in(client, stranger, next="/courses/")["Location"] == "/courses/"
    assert client.session["_auth_user_id"] == str(stranger.pk)


def test_next_never_leads_to_another_site(client: Client, stranger: User) -> None:
    assert log_in(client, stranger, next="https://evil.example/")["Location"] == "/learn/"


def test_wrong_password_and_unknown_address_look_alike(client: Client, stranger: User) -> None:
    wrong = log_in(client, stranger, "not the password")
    unknown = log_in(client, User(email="nobody@example.com"), "not the password")
    for page in (wrong, unknown):
        assert page.status_code == 422
        assert "The email address or the password is not right" in page.text
    assert 'value="stranger@example.com"' in wrong.text


def test_sixth_wrong_password_locks_the_address_for_a_while(client: Client, stranger: User) -> None:
    for _try in range(5):
        log_in(client, stranger, "not the password")
    page = log_in(client, stranger)
    assert page.status_code == 422
    assert "Too many tries" in page.text
    assert "_auth_user_id" not in client.session


def test_logout_needs_a_post(stranger: User) -> None:
    browser = signed_in(stranger)
    assert browser.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in browser.session
    assert browser.post("/accounts/logout/").status_code == 302
    assert "_auth_user_id" not in browser.session


def test_learner_gets_in_by_code(client: Client, stranger: User, queued: list[QueuedMail]) -> None:
    response = client.post("/accounts/login/code/", {"email": stranger.email})
    assert response["Location"] == "/accounts/login/code/confirm/"
    response = client.post("/accounts/login/code/confirm/", {"code": queued[0].code})
    assert response["Location"] == "/learn/"
    assert client.session["_auth_user_id"] == str(stranger.pk)


@pytest.mark.parametrize("who", ["author", "nobody"])
def test_staff_and_strangers_get_no_code(
    client: Client, author: User, queued: list[QueuedMail], who: str
) -> None:
    email = author.email if who == "author" else "nobody@example.com"
    response = client.post("/accounts/login/code/", {"email": email})
    assert response["Location"] == "/accounts/login/code/confirm/"
    [mail] = queued
    assert mail.private == {}
    assert "codes by email are for learners" in mail.text
    assert client.post("/accounts/login/code/confirm/", {"code": "ABCDEF"}).status_code == 422
    assert "_auth_user_id" not in client.session


def test_reset_says_the_same_for_known_and_unknown_addresses(
    client: Client, stranger: User, queued: list[QueuedMail]
) -> None:
    pages = []
    for email in (stranger.email, "nobody@example.com"):
        response = client.post("/accounts/password/reset/", {"email": email}, follow=True)
        assert "If this address has an account, we have sent a message" in response.text
        pages.append(response.redirect_chain)
    assert pages[0] == pages[1]
    assert "password_reset_url" in queued[0].private
    assert queued[1].private == {}


def test_reset_link_sets_the_password_once(client: Client, stranger: User, queued: list[QueuedMail]) -> None:
    client.post("/accounts/password/reset/", {"email": stranger.email})
    link = queued[0].link
    assert link not in queued[0].text
    assert link in queued[0].delivered_text

    form = client.get(link, follow=True)
    assert form.redirect_chain[-1][0].endswith("-set-password/")
    response = client.post(form.redirect_chain[-1][0], {"password1": NEW_PASSWORD})
    assert response["Location"] == "/learn/"
    stranger.refresh_from_db()
    assert stranger.check_password(NEW_PASSWORD)
    assert "This link no longer works" in Client().get(link, follow=True).text


def test_weak_new_password_answers_422(client: Client, stranger: User) -> None:
    form = client.get(set_password_url(stranger).removeprefix("http://testserver"), follow=True)
    page = client.post(form.redirect_chain[-1][0], {"password1": "short"})
    assert page.status_code == 422
    assert "There is a problem" in page.text


@pytest.mark.usefixtures("site")
def test_invited_person_chooses_a_password_and_is_in(client: Client, queued: list[QueuedMail]) -> None:
    user = User.objects.create_user("Invited@example.com")
    url = set_password_url(user)
    assert url.startswith("http://testserver/accounts/password/reset/key/")

    form = client.get(url.removeprefix("http://testserver"), follow=True)
    assert "Choose your password" in form.text
    response = client.post(form.redirect_chain[-1][0], {"password1": NEW_PASSWORD})
    assert response["Location"] == "/learn/"
    assert client.session["_auth_user_id"] == str(user.pk)
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified, address.primary) == ("invited@example.com", True, True)
    assert [mail.subject for mail in queued] == ["Your password was changed"]
    assert log_in(Client(), user, NEW_PASSWORD)["Location"] == "/learn/"


def test_link_for_somebody_else_ends_the_session_of_the_first(stranger: User, author: User) -> None:
    browser = signed_in(stranger)
    form = browser.get(set_password_url(author).removeprefix("http://testserver"), follow=True)
    assert form.status_code == 200
    assert "_auth_user_id" not in browser.session


def test_inactive_account_stays_out(client: Client, stranger: User) -> None:
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    log_in(client, stranger, PASSWORD)
    assert "_auth_user_id" not in client.session


def still_opens(user: User, *, after: timedelta) -> bool:
    token = PasswordLinks().make_token(user)
    with time_machine.travel(timezone.localtime() + after):
        return PasswordLinks().check_token(user, token)


def test_the_link_of_a_forgotten_password_is_good_for_an_hour(stranger: User) -> None:
    assert still_opens(stranger, after=timedelta(minutes=50))
    assert not still_opens(stranger, after=timedelta(hours=2))


def test_an_invitation_is_good_for_days(site: Site) -> None:
    invited = User.objects.create_user("invited@example.com")

    assert still_opens(invited, after=timedelta(days=6))
    assert not still_opens(invited, after=timedelta(days=8))
