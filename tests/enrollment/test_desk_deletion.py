"""Pages with learners' work are not deleted in the CMS; the refusal says what to do instead."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.utils import timezone
from wagtail.models import Page

from accounts.models import User
from courses.models import Cohort
from enrollment.admin.forms import CohortForm
from enrollment.models import Lead, WaitingPlace
from lessons.models import Progress
from lessons.study import save_note
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import CohortFactory, make_course
from tests.factories.enrollment import LeadFactory
from tests.factories.work import decided

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


@pytest.mark.parametrize("whose", ["visitor", "learner"])
def test_a_lesson_with_work_and_no_progress_stays(
    desk: Client, course: SmallCourse, stranger: User, whose: str
) -> None:
    if whose == "visitor":
        decided({"visitor": uuid4()}, course.free)
    else:
        save_note(stranger, course.free, "Ask about paths.")

    response = desk.post(f"/cms/pages/{course.free.pk}/delete/", CONFIRMED)

    assert response.status_code == 302
    assert "Nothing was deleted" in message_of(desk)
    assert Page.objects.filter(pk=course.free.pk).exists()


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


@pytest.mark.parametrize("set_aside", ["", Lead.SetAside.RESTRICTED, Lead.SetAside.IMPORTING])
def test_a_course_that_somebody_asked_about_stays(desk: Client, course: SmallCourse, set_aside: str) -> None:
    LeadFactory(course=course.page, set_aside=set_aside)
    assert desk.post(f"/cms/pages/{course.page.pk}/delete/", CONFIRMED).status_code == 302
    assert "somebody asked about it" in message_of(desk)

    with pytest.raises(ProtectedError):
        course.page.delete()


@pytest.mark.parametrize("address", ["/cms/users/delete/{pk}/", "/cms/bulk/accounts/user/delete/?id={pk}"])
def test_an_account_with_enrolments_stays_and_can_be_switched_off(
    desk: Client, learner: User, address: str
) -> None:
    assert desk.post(address.format(pk=learner.pk)).status_code == 302
    assert "Switch the account off instead" in message_of(desk)
    assert User.objects.filter(pk=learner.pk).exists()


@pytest.mark.parametrize("address", ["/cms/users/delete/{pk}/", "/cms/bulk/accounts/user/delete/?id={pk}"])
def test_an_account_without_enrolments_can_be_deleted(desk: Client, stranger: User, address: str) -> None:
    desk.post(address.format(pk=stranger.pk))

    assert not User.objects.filter(pk=stranger.pk).exists()


def cohort_post(cohort: Cohort, **changes: object) -> dict[str, object]:
    values = {
        "course": cohort.course_id,
        "starts_on": cohort.starts_on,
        "mode": cohort.mode,
        "seats": cohort.seats,
        "price": "",
    }
    return values | changes


def test_the_course_of_a_cohort_with_learners_stays(desk: Client, course: SmallCourse, learner: User) -> None:
    cohort = CohortFactory(course=course.page, seats=4)
    other = make_course()
    address = f"/cms/cohorts/edit/{cohort.pk}/"
    learner.enrollments.update(cohort=cohort)
    refused = desk.post(address, cohort_post(cohort, course=other.pk))
    assert "so its course stays" in refused.content.decode()
    assert desk.post(address, cohort_post(cohort, seats=6)).status_code == 302

    learner.enrollments.update(cohort=None)
    assert desk.post(address, cohort_post(cohort, course=other.pk)).status_code == 302
    cohort.refresh_from_db()
    assert (cohort.course, cohort.seats) == (other, 4)


def test_a_price_below_nothing_is_refused(desk: Client, course: SmallCourse) -> None:
    cohort = CohortFactory(course=course.page)
    response = desk.post(f"/cms/cohorts/edit/{cohort.pk}/", cohort_post(cohort, price="-1"))

    assert "Enter a price of 0 or more." in response.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        Cohort.objects.update(price=-1)


def test_a_seat_taken_while_the_form_was_checked_is_told_at_the_field(
    desk: Client, course: SmallCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = CohortFactory(course=course.page, seats=4, seats_taken=2)
    monkeypatch.setattr(CohortForm, "clean_seats", lambda form: form.cleaned_data["seats"])
    monkeypatch.setattr(Cohort, "validate_constraints", lambda *args, **kwargs: None)
    response = desk.post(f"/cms/cohorts/edit/{cohort.pk}/", cohort_post(cohort, seats=1))

    assert response.status_code == 200
    assert "2 seats are taken. Enter 2 or more." in response.content.decode()
    cohort.refresh_from_db()
    assert cohort.seats == 4


def test_a_cohort_with_learners_stays(desk: Client, course: SmallCourse, learner: User) -> None:
    cohort = CohortFactory(course=course.page)
    learner.enrollments.update(cohort=cohort)
    response = desk.post(f"/cms/cohorts/delete/{cohort.pk}/")
    assert response.status_code == 302
    desk.post(f"/cms/bulk/courses/cohort/delete/?id={cohort.pk}")

    cohort.refresh_from_db()
    assert "learners are or were enrolled in it" in message_of(desk)


@pytest.mark.parametrize("state", WaitingPlace.State.values)
@pytest.mark.parametrize("address", ["/cms/cohorts/delete/{pk}/", "/cms/bulk/courses/cohort/delete/?id={pk}"])
def test_a_cohort_that_somebody_waits_or_waited_for_stays(
    desk: Client, course: SmallCourse, state: str, address: str
) -> None:
    cohort = CohortFactory(course=course.page)
    now = timezone.now()
    lead = LeadFactory()
    WaitingPlace.objects.create(lead=lead, cohort=cohort, state=state, offered_at=now, offer_until=now)
    desk.post(address.format(pk=cohort.pk))

    cohort.refresh_from_db()
    assert "somebody waits or waited for a seat" in message_of(desk)
