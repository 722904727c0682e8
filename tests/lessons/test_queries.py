"""How many queries pages cost; each budget is the issue's, and none grows with the course."""

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from courses.models import CoursePage, HomePage, ModulePage
from enrollment.models import Enrollment
from lessons.views.lookup import find_lesson
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import make_course, make_module
from tests.factories.lessons import make_lesson

pytestmark = pytest.mark.django_db


def queries(client: Client, url: str) -> int:
    """Count the queries of a page that has been opened once before."""
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_a_lesson_costs_a_visitor_at_most_eight_queries(visitor: Client, course: SmallCourse) -> None:
    assert queries(visitor, course.free.url) <= 8


def test_a_lesson_costs_a_learner_at_most_twelve_queries(learner: User, course: SmallCourse) -> None:
    assert queries(signed_in(learner), course.locked.url) <= 12


def test_a_lesson_is_found_with_one_query(course: SmallCourse) -> None:
    request = RequestFactory().get(course.free.url)
    find_lesson(request, "python-full-stack", "first-pages", "why")
    with CaptureQueriesContext(connection) as captured:
        find_lesson(request, "python-full-stack", "first-pages", "why")
    assert len(captured) == 1


def test_the_course_page_asks_the_access_policy_once(learner: User, course: SmallCourse) -> None:
    client = signed_in(learner)
    with CaptureQueriesContext(connection) as captured:
        client.get(course.page.url)
    assert sum('FROM "enrollment_enrollment"' in query["sql"] for query in captured) == 1


def test_the_home_page_reads_the_bodies_of_five_lessons_at_most(visitor: Client, course: SmallCourse) -> None:
    fill_free(course.module, lessons=8)
    HomePage.objects.update(course=course.page)
    visitor.get("/")
    with CaptureQueriesContext(connection) as captured:
        assert visitor.get("/").status_code == 200
    reads = [query["sql"] for query in captured if '"lessons_lessonpage"."body"' in query["sql"]]
    assert len(reads) == 1
    assert "LIMIT 5" in reads[0]


@pytest.mark.parametrize("who", ["visitor", "learner"])
def test_the_course_page_costs_the_same_from_5_to_500_lessons(
    who: str, course: SmallCourse, request: pytest.FixtureRequest
) -> None:
    person = request.getfixturevalue(who)
    small, large = make_course(slug="small"), make_course(slug="large")
    fill(small, modules=1, lessons=5)
    fill(large, modules=20, lessons=25)
    if isinstance(person, Client):
        client = person
    else:
        client = signed_in(person)
        Enrollment.objects.create(learner=person, course=small)
        Enrollment.objects.create(learner=person, course=large)

    assert queries(client, small.url) == queries(client, large.url)


def test_the_dashboard_costs_the_same_for_one_course_and_for_three(
    learner: User, course: SmallCourse
) -> None:
    client = signed_in(learner)
    one = queries(client, "/learn/")
    for _ in range(2):
        page = make_course()
        fill(page, modules=2, lessons=2)
        Enrollment.objects.create(learner=learner, course=page)

    assert queries(client, "/learn/") == one


def test_the_catalogue_costs_the_same_for_one_course_and_for_three(
    visitor: Client, course: SmallCourse
) -> None:
    one = queries(visitor, "/courses/")
    make_course()
    make_course()

    assert queries(visitor, "/courses/") == one


def fill_free(module: ModulePage, *, lessons: int) -> None:
    """Put free lessons into a module."""
    for _ in range(lessons):
        make_lesson(module, is_free=True)


def fill(course: CoursePage, *, modules: int, lessons: int) -> None:
    """Put modules of lessons below a course."""
    for _ in range(modules):
        module = make_module(course)
        for number in range(lessons):
            make_lesson(module, is_free=number == 0, body=[])
