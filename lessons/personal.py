"""What a learner left in lessons: for them to take away, and to be forgotten."""

from typing import Any

from django.db import transaction

from accounts.models import User
from lessons.models import Attempt, Draft, Note, Progress, StudyPlan


def learner_data(user: User) -> dict[str, Any]:
    """Return the learner's progress, work and notes; keys of quizzes stay out. Four queries."""
    progress = Progress.objects.filter(learner=user).select_related("lesson")
    attempts = Attempt.objects.filter(learner=user).select_related("lesson").order_by("started_at")
    return {
        "progress": [
            {"lesson": row.lesson.title, "opened": row.opened_at, "done": row.done_at} for row in progress
        ],
        "attempts": [
            {
                "lesson": attempt.lesson.title,
                "kind": attempt.kind,
                "number": attempt.number,
                "answers": attempt.answers,
                "state": attempt.state,
                "score": attempt.score,
                "started": attempt.started_at,
            }
            for attempt in attempts
        ],
        "drafts": list(Draft.objects.filter(learner=user).values("lesson__title", "content", "saved_at")),
        "notes": list(Note.objects.filter(learner=user).values("lesson__title", "text", "saved_at")),
    }


@transaction.atomic
def forget_learner(user: User) -> None:
    """Delete what the learner wrote; which lessons an account without a name finished stays countable."""
    for model in (Draft, Attempt, Note, StudyPlan):
        model.objects.filter(learner=user).delete()
    Progress.objects.filter(learner=user).update(bookmarks=[])
