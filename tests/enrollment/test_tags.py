"""Tags of a lead."""

import pytest
from django.test import Client

from accounts.models import User
from enrollment.models import Lead, LeadEvent, LeadTag
from enrollment.tagging import add_tags
from tests.conftest import signed_in
from tests.factories.enrollment import LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(site: object) -> Lead:
    return LeadFactory()


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def names(lead: Lead) -> list[str]:
    return [tag.name for tag in lead.tags.all()]


def test_several_tags_are_added_at_once_and_told_on_the_timeline(desk: Client, lead: Lead) -> None:
    page = desk.post(
        f"/cms/leads/tag/{lead.pk}/", {"names": " weekend ,Scholarship,, evening  class"}, follow=True
    ).content.decode()

    assert sorted(names(lead)) == ["Scholarship", "evening class", "weekend"]
    assert lead.events.get().kind == LeadEvent.Kind.TAGS
    assert "Remove the tag weekend" in page
    assert '<option value="weekend">' in page


def test_case_makes_no_new_tag_and_adding_again_no_new_line(desk: Client, lead: Lead) -> None:
    other = LeadFactory()
    add_tags(lead=other, names=["Weekend"], actor=None)
    for _ in range(2):
        desk.post(f"/cms/leads/tag/{lead.pk}/", {"names": "WEEKEND, weekend"})

    assert names(lead) == ["Weekend"]
    assert LeadTag.objects.count() == 1
    assert lead.events.count() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter a tag"),
        (" , ", "Enter a tag"),
        ("x" * 41, "Shorten each tag to 40 characters"),
        (",".join("abcdefghijklmnopqrstuvw"), "Enter at most 20 tags"),
        ("x" * 401, "Enter at most 400 characters"),
    ],
)
def test_tags_that_cannot_be_kept_are_refused(desk: Client, lead: Lead, typed: str, said: str) -> None:
    response = desk.post(f"/cms/leads/tag/{lead.pk}/", {"names": typed})

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not LeadTag.objects.exists()


@pytest.mark.parametrize("typed", ["x" * 41, ",".join(map(str, range(21))), ", ,"])
def test_the_tags_of_many_leads_are_refused_as_those_of_one(desk: Client, lead: Lead, typed: str) -> None:
    data = {"keys": str(lead.pk), "confirmed": "1", "add": typed}
    response = desk.post("/cms/leads/bulk/tag/", data)

    assert response.status_code == 422
    assert not LeadTag.objects.exists()


def test_a_tag_is_removed_in_one_press_and_goes_when_nobody_has_it(desk: Client, lead: Lead) -> None:
    other = LeadFactory()
    for one in (lead, other):
        add_tags(lead=one, names=["weekend"], actor=None)
    tag = LeadTag.objects.get()

    desk.post(f"/cms/leads/untag/{lead.pk}/", {"tag": str(tag.pk)})
    assert names(lead) == []
    assert names(other) == ["weekend"]

    desk.post(f"/cms/leads/untag/{other.pk}/", {"tag": str(tag.pk)})
    assert not LeadTag.objects.exists()
    again = desk.post(f"/cms/leads/untag/{other.pk}/", {"tag": str(tag.pk)})
    assert "This tag is gone already" in again.content.decode()


def test_a_tag_of_a_lead_that_is_set_aside_stays(desk: Client, lead: Lead) -> None:
    hidden = LeadFactory()
    for one in (lead, hidden):
        add_tags(lead=one, names=["weekend"], actor=None)
    Lead.everything.filter(pk=hidden.pk).update(set_aside=Lead.SetAside.RESTRICTED)
    desk.post(f"/cms/leads/untag/{lead.pk}/", {"tag": str(LeadTag.objects.get().pk)})

    assert LeadTag.objects.get().name == "weekend"
