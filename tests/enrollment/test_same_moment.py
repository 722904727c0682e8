"""Posts that come at the very same moment: one person, one lead, and one who is told to be the first."""

import uuid
from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.http import HttpResponse, QueryDict

from enrollment import intake, posts
from enrollment.models import CaptureSource, Lead, Person, Submission
from tests.conftest import SmallCourse
from tests.enrollment.test_capture import send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _site(course: SmallCourse) -> None:
    pass


def together(work: Callable[[], object], *, count: int) -> None:
    """Do the work in several threads at one moment."""
    start = Barrier(count)

    def run() -> None:
        try:
            start.wait()
            work()
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_two_equal_posts_of_a_source_one_is_told_to_be_a_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    source = CaptureSource.objects.create(name="Course portal", key="portal")
    answers: list[HttpResponse] = []
    both_looked, find = Barrier(2), posts.find_repeat

    def look(data: QueryDict) -> Submission | None:
        found = find(data)
        both_looked.wait()
        return found

    monkeypatch.setattr(posts, "find_repeat", look)

    together(lambda: answers.append(send(source)), count=2)

    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert sorted(answer.json()["repeated"] for answer in answers) == [False, True]
    assert {answer.json()["reference"] for answer in answers} == {Lead.objects.get().reference}


def test_first_posts_of_somebody_unknown_make_one_person() -> None:
    def ask() -> None:
        data = QueryDict(mutable=True)
        data.update({
            "name": "Kavitha Selvam", "email": "Kavitha@example.com", "contact_by": "email",
            "key": str(uuid.uuid4()),
        })  # fmt: skip
        intake.settle(intake.record(form="enquiry", data=data, address=None))

    together(ask, count=6)

    assert Person.objects.count() == 1
    assert Lead.objects.count() == 1
    assert Submission.objects.filter(lead=Lead.objects.get()).count() == 6
