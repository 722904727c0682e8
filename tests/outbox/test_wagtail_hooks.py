import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories.accounts import UserFactory
from tests.factories.outbox import MessageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(site, client):
    """A signed-in person who may enter the CMS and view messages."""
    user = UserFactory()
    user.user_permissions.add(
        Permission.objects.get(codename="access_admin"), Permission.objects.get(codename="view_message")
    )
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def superuser(site, client, django_user_model):
    user = django_user_model.objects.create_superuser("root@example.com", "learn-both-2026")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def address(action: str, *args: object) -> str:
    return reverse(f"messages:{action}", args=args)


def test_list_finds_and_filters(clerk) -> None:
    MessageFactory(to="asha@example.com", state="failed")
    MessageFactory(to="ravi@example.com")

    assert "ravi@example.com" in clerk.get(address("index")).text
    found = clerk.get(address("index"), {"q": "asha@"}).text
    assert "asha@example.com" in found
    assert "ravi@example.com" not in found
    assert "ravi@example.com" not in clerk.get(address("index"), {"state": "failed"}).text


def test_list_costs_the_same_for_one_and_three(clerk) -> None:
    counts = []
    for more in (1, 2):
        MessageFactory.create_batch(more)
        clerk.get(address("index"))
        with CaptureQueriesContext(connection) as queries:
            clerk.get(address("index"))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_inspect_shows_the_text_but_no_private_value(clerk) -> None:
    message = MessageFactory(text="Your code is [[code]].", private={"code": "482913"})
    page = clerk.get(address("inspect", message.pk)).text

    assert "Your code is [[code]]." in page
    assert "482913" not in page


@pytest.mark.parametrize("path", ["new/", "edit/{}/", "delete/{}/", "copy/{}/", "history/{}/", "usage/{}/"])
def test_no_address_changes_a_message(superuser, path) -> None:
    message = MessageFactory()

    assert superuser.get(address("index") + path.format(message.pk)).status_code == 404


def test_admin_sees_the_list_without_any_button_that_changes(superuser) -> None:
    MessageFactory()
    page = superuser.get(address("index")).text

    assert "We have your enquiry" in page
    assert "/cms/messages/new/" not in page
    assert "data-bulk-action-button" not in page


def test_author_sees_no_message(author, client) -> None:
    client.force_login(author, backend="allauth.account.auth_backends.AuthenticationBackend")
    message = MessageFactory()

    for path in (address("index"), address("inspect", message.pk)):
        response = client.get(path)
        assert response.status_code == 302
