"""Setting up the texts that counsellors start a message from."""

import pytest
from django.test import Client

from accounts.models import User
from enrollment.models import MessageTemplate
from enrollment.wording import PLACES, ensure_templates, fill, unknown_places
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


def data(**changes: str) -> dict[str, str]:
    template = {"name": "Seat", "channel": "email", "subject": "Seat for {name}", "body": "Hello {name}"}
    return template | {"position": "5"} | changes


def test_an_admissions_lead_adds_a_text_and_sees_the_places(manager: Client) -> None:
    page = manager.get("/cms/leads/texts/add/").content.decode()
    for place in PLACES:
        assert f"{{{place}}}" in page
    manager.post("/cms/leads/texts/add/", data())

    assert MessageTemplate.objects.get(name="Seat").body == "Hello {name}"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body": "Hello {nickname}"}, "Nothing can fill {nickname}"),
        ({"body": "Hello {0.__class__}"}, "Nothing can fill {0.__class__}"),
        ({"subject": "For {}"}, "Nothing can fill {}"),
        ({"subject": ""}, "Enter a subject for the mail"),
        ({"body": "x" * 2001}, "2000"),
    ],
)
def test_a_text_that_cannot_be_filled_is_refused(manager: Client, changes: dict[str, str], said: str) -> None:
    page = manager.post("/cms/leads/texts/add/", data(**changes)).content.decode()

    assert said in page
    assert not MessageTemplate.objects.filter(name="Seat").exists()


def test_plain_admissions_and_authors_set_up_nothing(admissions: User, author: User) -> None:
    template = MessageTemplate.objects.first()
    for user in (admissions, author):
        client = signed_in(user)
        for path in ("", "add/", f"edit/{template.pk}/", f"delete/{template.pk}/", f"history/{template.pk}/"):
            assert client.get(f"/cms/leads/texts/{path}").status_code == 302
        client.post("/cms/leads/texts/add/", data())
    assert not MessageTemplate.objects.filter(name="Seat").exists()


def test_every_first_text_has_known_places_only_and_is_made_once() -> None:
    before = MessageTemplate.objects.count()
    ensure_templates()

    assert MessageTemplate.objects.count() == before > 0
    for template in MessageTemplate.objects.all():
        assert unknown_places(f"{template.subject}\n{template.body}") == []
        assert "{" not in fill(template.body, dict.fromkeys(PLACES, "x"))


def test_what_a_person_typed_is_never_filled_again() -> None:
    assert fill("Hello {name}", {"name": "{staff}", "staff": "Ravi"}) == "Hello {staff}"
