"""What visitors leave behind."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from lessons.models import Attempt
from lessons.tasks import forget_visitors
from tests.conftest import SmallCourse
from tests.factories.lessons import make_lesson
from tests.factories.work import decided, exercise

pytestmark = pytest.mark.django_db


def test_attempts_that_no_visitor_came_back_for_are_deleted_and_nothing_else(
    learner: User, course: SmallCourse
) -> None:
    lesson = make_lesson(course.module, is_free=True, body=[exercise()])
    long_ago = timezone.now() - timedelta(days=61)
    decided({"visitor": uuid4()}, lesson, started_at=long_ago)
    recent = decided({"visitor": uuid4()}, lesson)
    of_learner = decided(learner, lesson, started_at=long_ago)

    forget_visitors()
    forget_visitors()

    assert set(Attempt.objects.all()) == {recent, of_learner}
