"""The lists that set up the desk, before anything is in them."""

import pytest
from django.test import Client

from accounts.models import User
from enrollment.models import Counsellor, MessageTemplate, Sequence
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
    Sequence.objects.all().delete()
    MessageTemplate.objects.all().delete()

    assert said in manager.get(f"/cms/leads/{path}/").content.decode()


def test_a_text_that_a_sequence_sends_stays_and_the_refusal_names_the_sequence(manager: Client) -> None:
    text = MessageTemplate.objects.get(name="Welcome")

    response = manager.post(f"/cms/leads/texts/delete/{text.pk}/", follow=True)

    assert "the sequence “Welcome and first lesson” sends it" in response.content.decode()
    assert MessageTemplate.objects.filter(pk=text.pk).exists()
