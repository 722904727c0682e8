"""People in the CMS, made and changed by admins."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import QueuedMail, log_in
from tests.conftest import signed_in
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def test_only_admins_see_the_people(admin: User, author: User, admissions_lead: User) -> None:
    assert signed_in(admin).get("/cms/users/").status_code == 200
    for person in (author, admissions_lead):
        assert signed_in(person).get("/cms/users/")["Location"] == "/cms/"


def test_new_author_gets_a_link_and_is_in(admin: User, queued: list[QueuedMail]) -> None:
    page = signed_in(admin).get("/cms/users/new/")
    assert "password1" not in page.text
    authors = Group.objects.get(name="Authors")
    response = signed_in(admin).post(
        "/cms/users/new/",
        {"email": "Murugan@Example.com", "first_name": "Murugan", "last_name": "", "groups": [authors.pk]},
    )
    assert response["Location"] == "/cms/users/"
    user = User.objects.get(email="murugan@example.com")
    assert (user.name, user.is_staff, user.has_usable_password()) == ("Murugan", True, False)
    assert EmailAddress.objects.get(user=user).verified

    [mail] = queued
    assert mail.subject == "Your account: choose a password"
    browser = Client()
    form = browser.get(mail.link, follow=True)
    browser.post(form.redirect_chain[-1][0], {"password1": "four words in a row"})
    assert browser.get("/cms/").status_code == 200


def test_taken_address_is_refused(admin: User, queued: list[QueuedMail]) -> None:
    UserFactory(email="taken@example.com")
    page = signed_in(admin).post("/cms/users/new/", {"email": "Taken@example.com", "first_name": "Two"})
    assert page.status_code == 200
    assert User.objects.filter(email__iexact="taken@example.com").count() == 1
    assert not queued


def test_changed_address_is_the_one_to_log_in_with(admin: User, author: User) -> None:
    response = signed_in(admin).post(
        f"/cms/users/edit/{author.pk}/",
        {
            "email": "renamed@example.com",
            "first_name": "Meena",
            "last_name": "",
            "is_active": "on",
            "groups": [group.pk for group in author.groups.all()],
        },
    )
    assert response["Location"] == "/cms/users/"
    author.refresh_from_db()
    assert author.email == "renamed@example.com"
    assert author.is_staff
    assert list(EmailAddress.objects.filter(user=author).values_list("email", "verified", "primary")) == [
        ("renamed@example.com", True, True)
    ]
    assert log_in(Client(), author)["Location"] == "/learn/"
