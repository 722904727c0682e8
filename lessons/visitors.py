"""Whose work it is: a learner's, or a visitor's until they have an account."""

from collections import defaultdict
from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from lessons import completion
from lessons.models import Attempt, LessonPage, Owner

log = structlog.get_logger(__name__)

SESSION_KEY = "visitor"
KEPT_FOR = timedelta(days=60)
"""How long the attempts of a visitor wait for an account; a session ends long before."""


def owner_of(request: HttpRequest) -> Owner:
    """Return whose work this request does; a visitor without a key is given one in the session."""
    if owner := known_owner(request):
        return owner
    visitor = uuid4()
    request.session[SESSION_KEY] = str(visitor)
    return {"visitor": visitor}


def known_owner(request: HttpRequest) -> Owner | None:
    """Return whose work may exist, or None for a visitor who has done none; sets no cookie."""
    if request.user.is_authenticated:
        return {"learner": request.user}
    key = request.session.get(SESSION_KEY)
    return {"visitor": UUID(key)} if key else None


def bring_work(request: HttpRequest, learner: User) -> None:
    """Move what was done in this session before signing in into the account; without any, no query."""
    if key := request.session.pop(SESSION_KEY, None):
        move_work(UUID(key), learner)


@transaction.atomic
def move_work(visitor: UUID, learner: User) -> int:
    """Give a visitor's attempts to a learner and return how many; a second call moves nothing.

    They are numbered after the learner's own. What they complete is completed. Five queries, and those of
    `completion.settle` for each lesson.
    """
    User.objects.select_for_update().get(pk=learner.pk)
    brought = list(
        Attempt.objects.filter(visitor=visitor)
        .select_for_update()
        .only("lesson_id", "block_id", "number")
        .order_by("number")
    )
    if not brought:
        return 0
    taken = defaultdict(int, _highest_numbers(learner, {attempt.lesson_id for attempt in brought}))
    for attempt in brought:
        place = attempt.lesson_id, attempt.block_id
        taken[place] += 1
        attempt.learner, attempt.visitor, attempt.number = learner, None, taken[place]
    Attempt.objects.bulk_update(brought, ["learner", "visitor", "number"])
    for lesson in LessonPage.objects.filter(pk__in={attempt.lesson_id for attempt in brought}):
        completion.settle(learner, lesson)
    log.info("visitor_work_moved", learner=learner.pk, attempts=len(brought))
    return len(brought)


def forget_visitors() -> int:
    """Delete the attempts of visitors that nobody has brought into an account in time; return how many."""
    before = timezone.now() - KEPT_FOR
    deleted, _kinds = Attempt.objects.filter(visitor__isnull=False, started_at__lt=before).delete()
    return deleted


def _highest_numbers(learner: User, lessons: set[int]) -> dict[tuple[int, str], int]:
    rows = (
        Attempt.objects.filter(learner=learner, lesson__in=lessons)
        .values("lesson", "block_id")
        .annotate(highest=Max("number"))
    )
    return {(row["lesson"], row["block_id"]): row["highest"] for row in rows}
