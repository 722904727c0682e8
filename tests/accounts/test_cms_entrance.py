"""Who comes into the CMS, and how."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.roles import Role, assign_role
from outbox.models import Message
from tests.accounts.conftest import log_in
from tests.conftest import signed_in
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.django_db


def app_code(secret: str) -> str:
    """Return what an authenticator app shows now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


@pytest.fixture
def forced(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR_REQUIRED = True


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/cms/", "/cms/login/?next=/cms/"),
        ("/cms/pages/", "/cms/login/?next=/cms/pages/"),
        ("/cms/login/?next=/cms/pages/", "/accounts/login/?next=%2Fcms%2Fpages%2F"),
        ("/cms/login/", "/accounts/login/?next=%2Fcms%2F"),
        ("/cms/login/?next=https://evil.example/", "/accounts/login/?next=%2Fcms%2F"),
        ("/cms/login/?next=//evil.example/", "/accounts/login/?next=%2Fcms%2F"),
        ("/cms/login/?next=/cms/login/", "/accounts/login/?next=%2Fcms%2F"),
        ("/cms/password_reset/", "/accounts/password/reset/"),
        ("/cms/password_reset/confirm/MQ/set-password/", "/accounts/password/reset/"),
    ],
)
def test_every_door_leads_to_the_one_login(client: Client, address: str, target: str) -> None:
    assert client.get(address)["Location"] == target


def test_wagtail_login_form_is_not_there(client: Client, author: User) -> None:
    response = client.post("/cms/login/", {"username": author.email, "password": PASSWORD})
    assert response.status_code == 302
    assert "_auth_user_id" not in client.session


def test_author_arrives_where_they_wanted(client: Client, author: User) -> None:
    client.get("/cms/pages/", follow=True)
    assert log_in(client, author, next="/cms/pages/")["Location"] == "/cms/pages/"
    assert client.get("/cms/").status_code == 200


def test_learner_is_told_what_is_missing(stranger: User) -> None:
    page = signed_in(stranger).get("/cms/pages/", follow=True)
    assert page.status_code == 403
    assert len(page.redirect_chain) == 1
    assert "has no role in the editing desk" in page.text
    assert "An administrator of" in page.text


def test_leaving_the_cms_ends_the_session(author: User) -> None:
    browser = signed_in(author)
    assert browser.get("/cms/logout/").status_code == 405
    response = browser.post("/cms/logout/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/")
    assert "_auth_user_id" not in browser.session


def test_settings_of_a_person_with_one_name_can_be_saved(author: User) -> None:
    User.objects.filter(pk=author.pk).update(first_name="Murugan", last_name="")
    browser = signed_in(author)
    page = browser.get("/cms/account/")
    assert page.status_code == 200
    assert "last_name" not in page.text


@pytest.mark.usefixtures("forced")
class TestSecondFactor:
    @pytest.mark.parametrize(
        "address", ["/cms/", "/cms/pages/", "/cms/account/", "/cms/login/", "/cms/jsi18n/", "/cms/nowhere/"]
    )
    def test_staff_without_one_are_sent_to_set_it_up(self, author: User, address: str) -> None:
        response = signed_in(author).get(address, follow=True)
        assert response.redirect_chain == [("/accounts/2fa/", 302)]
        assert "Set up two-step sign-in first" in response.text

    def test_nothing_can_be_posted_either(self, author: User) -> None:
        assert signed_in(author).post("/cms/pages/3/edit/", {"title": "x"})["Location"] == "/accounts/2fa/"

    @pytest.mark.parametrize(
        "headers", [{"X-Requested-With": "XMLHttpRequest"}, {"Accept": "application/json"}]
    )
    def test_scripts_get_403(self, author: User, headers: dict[str, str]) -> None:
        assert signed_in(author).get("/cms/choose-page/", headers=headers).status_code == 403

    def test_admins_need_one_too(self, admin: User) -> None:
        assert signed_in(admin).get("/cms/")["Location"] == "/accounts/2fa/"

    def test_leaving_stays_possible(self, author: User) -> None:
        browser = signed_in(author)
        browser.post("/cms/logout/")
        assert "_auth_user_id" not in browser.session

    def test_learners_are_not_asked(self, stranger: User) -> None:
        assert signed_in(stranger).get("/accounts/").status_code == 200

    def test_setting_up_an_app_opens_the_cms(
        self, client: Client, author: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log_in(client, author)
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        client.get("/accounts/2fa/totp/activate/")
        wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
        assert wrong.status_code == 422
        assert wrong.text.count("data:image/svg+xml") == 1
        secret = wrong.context["form"].secret
        monkeypatch.setattr("django.db.transaction.on_commit", lambda callback, **options: callback())
        assert client.post("/accounts/2fa/totp/activate/", {"code": app_code(secret)}).status_code == 302
        assert client.get("/cms/").status_code == 200

    def test_password_alone_no_longer_signs_in(self, client: Client, author: User) -> None:
        secret = generate_totp_secret()
        TOTP.activate(author, secret)
        assert log_in(client, author, next="/cms/")["Location"] == "/accounts/2fa/authenticate/"
        assert "_auth_user_id" not in client.session
        assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 422
        assert client.post("/accounts/2fa/authenticate/", {"code": app_code(secret)})["Location"] == "/cms/"
        assert client.get("/cms/").status_code == 200

    def test_session_from_before_proves_itself_first(self, author: User) -> None:
        TOTP.activate(author, generate_totp_secret())
        response = signed_in(author).get("/cms/pages/")
        assert response["Location"] == "/accounts/2fa/reauthenticate/?next=%2Fcms%2Fpages%2F"

    @pytest.mark.parametrize(
        "address",
        [
            "webauthn/add/",
            "recovery-codes/",
            "recovery-codes/generate/",
            "totp/activate/",
            "totp/deactivate/",
        ],
    )
    def test_session_from_before_changes_no_factor(self, author: User, address: str) -> None:
        browser = Client()
        log_in(browser, author)
        TOTP.activate(author, generate_totp_secret())
        browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
        address = f"/accounts/2fa/{address}"

        for response in (browser.get(address), browser.post(address)):
            assert response["Location"].startswith("/accounts/2fa/reauthenticate/")
        assert Authenticator.objects.filter(user=author).count() == 1

    def test_session_that_proved_itself_changes_factors(self, client: Client, author: User) -> None:
        secret = generate_totp_secret()
        TOTP.activate(author, secret)
        log_in(client, author)
        client.post("/accounts/2fa/authenticate/", {"code": app_code(secret)})
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})

        assert client.get("/accounts/2fa/webauthn/add/").status_code == 200

    def test_code_by_mail_does_not_go_round_it(self, client: Client, stranger: User) -> None:
        client.post("/accounts/login/code/", {"email": stranger.email})
        assign_role(stranger, Role.AUTHOR)
        code = Message.objects.get(to=stranger.email).private["code"]
        client.post("/accounts/login/code/confirm/", {"code": code})
        assert client.get("/cms/")["Location"] == "/accounts/2fa/"
