"""Opening an account: name, address, password, code."""

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from outbox.models import Message
from tests.accounts.conftest import QueuedMail, log_in

pytestmark = pytest.mark.django_db
FORM = {"name": "Kavitha  Selvam", "email": "Kavitha@Example.com", "password1": "four words in a row"}


def sign_up(client: Client, **changes: str) -> object:
    return client.post("/accounts/signup/", FORM | changes)


@pytest.mark.usefixtures("site")
def test_code_from_the_mail_opens_the_account(client: Client, queued: list[QueuedMail]) -> None:
    response = sign_up(client)
    assert response.status_code == 302
    assert response["Location"] == "/accounts/confirm-email/"

    user = User.objects.get(email="kavitha@example.com")
    assert user.name == "Kavitha Selvam"
    [mail] = queued
    assert mail.to == "kavitha@example.com"
    assert len(mail.code) == 6

    page = client.get("/accounts/confirm-email/")
    assert 'autocomplete="one-time-code"' in page.text
    response = client.post("/accounts/confirm-email/", {"code": mail.code.lower()})
    assert response["Location"] == "/learn/"
    assert client.session["_auth_user_id"] == str(user.pk)
    assert EmailAddress.objects.get(user=user).verified


@pytest.mark.usefixtures("site")
def test_code_is_kept_out_of_the_text_that_is_stored(client: Client) -> None:
    sign_up(client)
    message = Message.objects.get(to="kavitha@example.com")
    code = message.private["code"]
    assert code not in message.text + message.html + message.subject
    assert "[[code]]" in message.text
    assert "[[code]]" in message.html
    assert message.purpose == "account"


@pytest.mark.usefixtures("site")
def test_wrong_code_is_refused_and_three_of_them_end_it(client: Client, queued: list[QueuedMail]) -> None:
    sign_up(client)
    for _try in range(2):
        page = client.post("/accounts/confirm-email/", {"code": "WRONGX"})
        assert page.status_code == 422
        assert "<title>Error: Check your email" in page.text
        assert 'href="#id_code"' in page.text
    assert client.post("/accounts/confirm-email/", {"code": "WRONGX"})["Location"] == "/accounts/login/"
    response = client.post("/accounts/confirm-email/", {"code": queued[0].code})
    assert response["Location"] == "/accounts/login/"
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("site")
def test_new_code_replaces_the_old_one(client: Client, queued: list[QueuedMail]) -> None:
    sign_up(client)
    cache.clear()
    client.post("/accounts/confirm-email/", {"action": "resend"})
    old, new = queued
    assert old.code != new.code
    assert client.post("/accounts/confirm-email/", {"code": old.code}).status_code == 422
    assert client.post("/accounts/confirm-email/", {"code": new.code})["Location"] == "/learn/"


def test_known_address_gets_the_same_pages_and_another_mail(
    client: Client, stranger: User, queued: list[QueuedMail]
) -> None:
    known = sign_up(client, email=stranger.email)
    fresh_client = Client()
    fresh = sign_up(fresh_client)
    assert (known.status_code, known["Location"]) == (fresh.status_code, fresh["Location"])

    def shown(browser: Client, email: str) -> str:
        page = browser.get("/accounts/confirm-email/")
        body = page.text[page.text.index("<main") : page.text.index("</main>")]
        return "".join(line for line in body.splitlines(keepends=True) if "csrf" not in line).replace(
            email, ""
        )

    assert shown(client, stranger.email) == shown(fresh_client, "kavitha@example.com")
    assert [mail.to for mail in queued] == [stranger.email, "kavitha@example.com"]
    assert "code" not in queued[0].private
    assert "has one already" in queued[0].text
    assert client.post("/accounts/confirm-email/", {"code": "ABCDEF"}).status_code == 422
    assert User.objects.filter(email=stranger.email).count() == 1


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "Enter your name"),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"email": ""}, "Enter your email address"),
        ({"email": "kavitha"}, "Enter an email address in the correct format"),
        ({"email": "a@b.c\nBcc: x@y.z"}, "Enter an email address in the correct format"),
        ({"password1": ""}, "Enter a password"),
        ({"password1": "tooshort"}, "too short"),
        ({"password1": "q1w2e3r4t5y6"}, "too common"),
    ],
)
def test_bad_input_answers_422_and_keeps_what_was_typed(
    client: Client, queued: list[QueuedMail], changes: dict[str, str], message: str
) -> None:
    page = sign_up(client, **changes)
    assert page.status_code == 422
    assert message in page.text
    assert "There is a problem" in page.text
    assert page.text.count("<title>Error:") == 1
    if "name" not in changes:
        assert "Kavitha" in page.text
    assert not User.objects.exists()
    assert not queued


@pytest.mark.usefixtures("site")
def test_name_loses_line_breaks_and_control_characters(client: Client, queued: list[QueuedMail]) -> None:
    sign_up(client, name="Kavitha\r\nBcc:\x1b evil")
    assert User.objects.get().name == "Kavitha Bcc: evil"


@pytest.mark.usefixtures("site")
def test_unconfirmed_account_is_asked_for_the_code_at_login(client: Client, queued: list[QueuedMail]) -> None:
    sign_up(client)
    cache.clear()
    browser = Client()
    response = log_in(browser, User.objects.get(), FORM["password1"])
    assert response["Location"] == "/accounts/confirm-email/"
    assert "_auth_user_id" not in browser.session


@pytest.mark.usefixtures("site")
def test_pages_have_no_placeholders_and_no_inline_scripts(client: Client) -> None:
    for address in ("login", "signup", "password/reset", "login/code"):
        page = client.get(f"/accounts/{address}/")
        assert page.status_code == 200
        assert "placeholder=" not in page.text
        assert "<script>" not in page.text


@pytest.mark.usefixtures("site")
def test_control_characters_in_a_name_become_a_clean_name(client: Client) -> None:
    answers = {"name": "Meena\x00\r\n Raman", "email": "meena@example.com", "password1": "two-frameworks-one"}

    assert client.post("/accounts/signup/", answers).status_code == 302
    assert User.objects.get(email="meena@example.com").name == "Meena Raman"
