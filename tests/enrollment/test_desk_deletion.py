"""Pages with learners' work are not deleted in the CMS; the refusal says what to do instead."""

import pytest
from django.test import Client
from django.utils import timezone
from wagtail.models import Page

from accounts.models import User
from lessons.models import Progress
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import CohortFactory

pytestmark = pytest.mark.django_db

CONFIRMED = {"wagtail_site_name": "Osiz Labs", "confirm_site_name": "Osiz Labs"}


@pytest.fixture
def desk(admin: User) -> Client:
    return signed_in(admin)


@pytest.fixture
def _studied(course: SmallCourse, stranger: User) -> None:
    now = timezone.now()
    Progress.objects.create(learner=stranger, lesson=course.locked, opened_at=now, visited_at=now)


def message_of(client: Client) -> str:
    return client.get("/cms/").content.decode()


@pytest.mark.usefixtures("_studied")
@pytest.mark.parametrize("which", ["locked", "module", "page"])
def test_a_lesson_with_progress_stays_with_everything_above_it(
    desk: Client, course: SmallCourse, which: str
) -> None:
    page = getattr(course, which)
    for send in (desk.get, desk.post):
        assert send(f"/cms/pages/{page.pk}/delete/", CONFIRMED).status_code == 302
        assert "learners have progress in “URLs and views”" in message_of(desk)
    assert Page.objects.filter(pk=course.locked.pk).exists()


@pytest.mark.usefixtures("_studied")
@pytest.mark.parametrize("which", ["locked", "module"])
def test_a_bulk_deletion_with_such_a_lesson_deletes_nothing(
    desk: Client, course: SmallCourse, which: str
) -> None:
    ids = f"id={course.last.pk}&id={getattr(course, which).pk}"
    response = desk.post(f"/cms/bulk/wagtailcore/page/delete/?{ids}", CONFIRMED)

    assert response.status_code == 302
    assert "Unpublish instead" in message_of(desk)
    assert Page.objects.filter(pk__in=[course.last.pk, course.locked.pk]).count() == 2


@pytest.mark.usefixtures("_studied")
def test_other_lessons_can_be_deleted(desk: Client, course: SmallCourse) -> None:
    desk.post(f"/cms/pages/{course.last.pk}/delete/", CONFIRMED)
    desk.post(f"/cms/bulk/wagtailcore/page/delete/?id={course.free.pk}", CONFIRMED)

    assert not Page.objects.filter(pk__in=[course.last.pk, course.free.pk]).exists()


def test_a_course_with_learners_or_cohorts_stays(desk: Client, course: SmallCourse, learner: User) -> None:
    for address in (
        f"/cms/pages/{course.page.pk}/delete/",
        f"/cms/bulk/wagtailcore/page/delete/?id={course.page.pk}",
        f"/cms/pages/{course.page.get_parent().pk}/delete/",
    ):
        assert desk.post(address, CONFIRMED).status_code == 302
        assert "learners are enrolled in it" in message_of(desk)
    assert Page.objects.filter(pk=course.page.pk).exists()


def test_a_course_with_a_cohort_stays(desk: Client, course: SmallCourse) -> None:
    CohortFactory(course=course.page)
    desk.post(f"/cms/pages/{course.page.pk}/delete/", CONFIRMED)

    assert Page.objects.filter(pk=course.page.pk).exists()


def test_a_cohort_with_learners_stays(desk: Client, course: SmallCourse, learner: User) -> None:
    cohort = CohortFactory(course=course.page)
    learner.enrollments.update(cohort=cohort)
    response = desk.post(f"/cms/cohorts/delete/{cohort.pk}/")
    assert response.status_code == 302
    desk.post(f"/cms/bulk/courses/cohort/delete/?id={cohort.pk}")

    cohort.refresh_from_db()
    assert "learners are or were enrolled in it" in message_of(desk)
