"""Addresses and posts that no page of ours makes: told off, never a failure of the server."""

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import signed_in
from tests.factories.enrollment import LeadFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/enquire/thanks/%00/", "/enquire/thanks/ENQ-%C3%A9/"])
def test_a_reference_that_nobody_gave_out_is_not_found(site: object, visitor: Client, address: str) -> None:
    assert visitor.get(address).status_code == 404


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/cms/leads/reconciliation/posts/%00/", 404),
        ("/cms/leads/reconciliation/?first=9999-12-31&last=9999-12-31", 422),
        ("/cms/leads/duplicates/compare/?kept=%00&other=ENQ-1", 302),
    ],
)
def test_odd_addresses_of_the_desk_get_an_answer(
    site: object, admissions_lead: User, address: str, status: int
) -> None:
    assert signed_in(admissions_lead).get(address).status_code == status


def test_an_endless_number_ticks_no_contact(site: object, admissions_lead: User) -> None:
    kept, other = LeadFactory(), LeadFactory()

    response = signed_in(admissions_lead).post(
        f"/cms/leads/merge/{kept.pk}/{other.pk}/", {"points": "9" * 5000, "shown": "x"}
    )

    assert response.status_code == 409
