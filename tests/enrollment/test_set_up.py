"""The lists that set up the desk, before anything is in them."""

import pytest
from django.test import Client

from accounts.models import User
from enrollment.models import Counsellor, MessageTemplate
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("counsellors", "every lead waits without an owner"),
        ("sources", "you get the address, key and secret to hand on"),
        ("texts", "starts a message from one"),
    ],
)
def test_an_empty_list_says_what_it_is_good_for(manager: Client, path: str, said: str) -> None:
    Counsellor.objects.all().delete()
    MessageTemplate.objects.all().delete()

    assert said in manager.get(f"/cms/leads/{path}/").content.decode()
