"""What a device may keep: whose it is, what it may hold, and that signing out empties it."""

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import SmallCourse, signed_in

pytestmark = pytest.mark.django_db


def plan(client: Client, course: SmallCourse) -> dict:
    return client.get(f"{course.module.url}offline.json").json()


def test_a_learner_may_keep_every_lesson_of_an_open_module(learner: User, course: SmallCourse) -> None:
    found = plan(signed_in(learner), course)

    assert found["pages"] == [course.page.url, course.free.url, course.locked.url, course.last.url]
    assert found["bytes"] > 0


def test_locked_lessons_are_not_offered(stranger: User, course: SmallCourse) -> None:
    assert plan(signed_in(stranger), course)["pages"] == [course.page.url, course.free.url]


def test_a_module_that_is_not_live_offers_nothing(learner: User, course: SmallCourse) -> None:
    course.module.unpublish()

    assert signed_in(learner).get(f"{course.module.url}offline.json").status_code == 404


@pytest.mark.parametrize(
    "address", ["/learn/", "/courses/python-full-stack/", "/courses/python-full-stack/first-pages/why/"]
)
def test_pages_name_the_account_that_they_are_for(
    learner: User, stranger: User, course: SmallCourse, address: str
) -> None:
    keys = {signed_in(user).get(address)["X-Offline-Key"] for user in (learner, stranger)}

    assert len(keys) == 2
    assert "none" not in keys
    assert not any(str(user.email) in key for user in (learner, stranger) for key in keys)


def test_pages_without_an_account_say_so(visitor: Client, course: SmallCourse) -> None:
    assert visitor.get(course.free.url)["X-Offline-Key"] == "none"
    assert visitor.get("/accounts/login/")["X-Offline-Key"] == "none"


def test_account_pages_are_not_kept(learner: User) -> None:
    response = signed_in(learner).get("/accounts/")

    assert response.status_code == 200
    assert "X-Offline-Key" not in response


def test_the_plan_and_the_pages_name_the_same_account(learner: User, course: SmallCourse) -> None:
    client = signed_in(learner)

    assert plan(client, course)["account"] == client.get("/learn/")["X-Offline-Key"]


def test_signing_out_empties_the_device(learner: User) -> None:
    response = signed_in(learner).post("/accounts/logout/")

    assert response["Clear-Site-Data"] == '"cache", "storage"'


def test_other_posts_leave_the_device_alone(learner: User, visitor: Client, course: SmallCourse) -> None:
    assert "Clear-Site-Data" not in signed_in(learner).post("/learn/goal/", {"goal": "2"})
    assert "Clear-Site-Data" not in visitor.post("/accounts/logout/")


def test_visitors_get_no_service_worker(visitor: Client, course: SmallCourse) -> None:
    assert "js/offline.js" not in visitor.get(course.free.url).content.decode()


def test_the_service_worker_is_served_from_the_root_and_never_kept(visitor: Client, db: None) -> None:
    response = visitor.get("/sw.js")
    response.close()

    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cache-Control"] == "no-cache"
    assert "default-src 'none'" in response["Content-Security-Policy"]
