"""Every attempt can be looked at again as it was handed in, by its learner only."""

import pytest

from accounts.models import User
from enrollment.models import Enrollment
from lessons.models import LessonPage
from lessons.tasks import grade
from tests.conftest import SmallCourse, signed_in
from tests.factories.work import HIDDEN_WORD
from tests.lessons.conftest import FakeGrader
from tests.lessons.test_attempts import hand_in

pytestmark = pytest.mark.django_db


def test_an_older_attempt_shows_its_own_code_and_results(
    learner: User, lesson: LessonPage, grader: FakeGrader
) -> None:
    client = signed_in(learner)
    hand_in(client, lesson, "first = 'try'")
    grade()
    hand_in(client, lesson, "second = 'try'")

    page = client.get(f"{lesson.url}work/say-hello/1/").content.decode()

    assert "first" in page
    assert "second" not in page
    assert 'data-check="' in page
    assert HIDDEN_WORD not in page
    assert f'href="{lesson.url}work/say-hello/1/"' in client.get(lesson.url).content.decode()


def test_nobody_else_sees_it(
    learner: User, admin: User, lesson: LessonPage, course: SmallCourse, grader: FakeGrader
) -> None:
    hand_in(signed_in(learner), lesson)
    Enrollment.objects.create(learner=admin, course=course.page)

    assert signed_in(admin).get(f"{lesson.url}work/say-hello/1/").status_code == 404
