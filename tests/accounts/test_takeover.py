"""Ways to get at somebody else's account that stay shut."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from enrollment.enrolling import place_lead
from enrollment.models import Enrollment
from outbox.models import Message
from tests.accounts.conftest import QueuedMail
from tests.conftest import SmallCourse
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def squatter(site: object) -> User:
    """Made by somebody with another person's address: a password is set, the address was never proven."""
    user = User.objects.create_user("kavitha@example.com", "the-squatter-knows-it")
    EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)
    return user


def test_the_reset_link_never_leads_to_a_host_or_port_of_the_senders_choice(
    stranger: User, queued: list[QueuedMail], settings: Settings
) -> None:
    settings.SITE_URL = "https://learn.example.com"
    browser = Client(headers={"host": "testserver:31337"})

    browser.post("/accounts/password/reset/", {"email": stranger.email})

    link = queued[-1].private["password_reset_url"]
    assert link.startswith("https://learn.example.com/accounts/password/reset/key/")
    assert browser.get(link.removeprefix("https://learn.example.com"))["Location"].endswith("set-password/")


def test_a_code_opens_no_account_whose_password_a_stranger_may_have_set(
    client: Client, squatter: User, queued: list[QueuedMail]
) -> None:
    client.post("/accounts/login/code/", {"email": squatter.email})

    assert "code" not in queued[-1].private
    assert not EmailAddress.objects.get(user=squatter).verified


def test_enrolling_invites_the_owner_of_an_address_that_was_never_proven(
    course: SmallCourse, squatter: User
) -> None:
    lead = LeadFactory(person=PersonFactory(email=squatter.email))

    enrollment = place_lead(lead=lead, course=course.page).enrollment

    assert enrollment.learner == squatter
    assert enrollment.state == Enrollment.State.INVITED
    assert "set_password_url" in Message.objects.get(to=squatter.email).private
