"""What Wagtail's own pages would show to people in the CMS who have no business with it."""

import pytest

from accounts.models import User
from lessons.models import LessonPage
from tests.conftest import SmallCourse, signed_in
from tests.factories.enrollment import LeadFactory
from tests.factories.lessons import make_lesson

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(course: SmallCourse) -> LessonPage:
    return make_lesson(course.module, slug="next", title="Not announced yet", live=False)


@pytest.mark.parametrize("who", ["author", "reviewer", "admissions", "admin"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_bulk_action_names_a_lead(who: str, method: str, request: pytest.FixtureRequest) -> None:
    client = signed_in(request.getfixturevalue(who))
    lead = LeadFactory(person__name="Asha Venkatesan")

    response = getattr(client, method)(f"/cms/bulk/enrollment/lead/delete/?id={lead.pk}")

    assert response.status_code == 302
    assert "Asha" not in response.content.decode()
    lead.refresh_from_db()


@pytest.mark.parametrize("address", ["bulk/wagtailcore/page/publish", "choose-page/chosen-multiple"])
def test_admissions_read_no_title_of_a_draft(admissions: User, draft: LessonPage, address: str) -> None:
    response = signed_in(admissions).get(f"/cms/{address}/?id={draft.pk}")

    assert response.status_code == 302
    assert draft.title not in response.content.decode()


@pytest.mark.parametrize("address", ["bulk/wagtailcore/page/publish", "choose-page/chosen-multiple"])
def test_reviewer_still_reaches_pages(reviewer: User, draft: LessonPage, address: str) -> None:
    assert draft.title in signed_in(reviewer).get(f"/cms/{address}/?id={draft.pk}").content.decode()


def test_unknown_kind_of_object_is_not_found(admin: User) -> None:
    assert signed_in(admin).get("/cms/bulk/no/such/delete/?id=1").status_code == 404


def test_bulk_actions_need_the_cms(stranger: User) -> None:
    assert signed_in(stranger).get("/cms/bulk/enrollment/lead/delete/?id=1").status_code == 302
