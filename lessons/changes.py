"""What learners are told when a lesson they have finished is published again."""

from collections.abc import Iterable

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from wagtail.models import Revision

from accounts.models import User
from lessons.models import ChangeKind, LessonChange, LessonPage, Progress


def note_publication(lesson: LessonPage, revision: Revision | None) -> LessonChange | None:
    """Record an edit that isn't cosmetic, once a revision, and make the next edit cosmetic by default.

    Progress itself is not touched: what was earned stays earned. Two or three queries.
    """
    kind, note = lesson.change_kind, lesson.change_note
    if kind == ChangeKind.COSMETIC:
        return None
    LessonPage.objects.filter(pk=lesson.pk).update(change_kind=ChangeKind.COSMETIC, change_note="")
    change, _created = LessonChange.objects.get_or_create(
        revision=revision,
        lesson=lesson,
        defaults={"kind": kind, "note": note, "published_at": timezone.now()},
    )
    return change


def untold_change() -> Subquery:
    """Return, for a query of progress, the newest change since it was finished that was not put aside."""
    changes = LessonChange.objects.filter(
        lesson=OuterRef("lesson"),
        published_at__gt=OuterRef("done_at"),
        pk__gt=Coalesce(OuterRef("seen_change"), 0),
    )
    return Subquery(changes.order_by("-pk").values("pk")[:1])


def changes_to_tell(progress: Iterable[Progress]) -> dict[int, LessonChange]:
    """Return the change to tell of for each lesson; no query where there is none, else one.

    The rows must come from `lessons.outline`, which asks for `untold` with them.
    """
    ids = [found for row in progress if (found := getattr(row, "untold", None))]
    if not ids:
        return {}
    return {change.lesson_id: change for change in LessonChange.objects.filter(pk__in=ids)}


def put_aside(learner: User, lesson: LessonPage) -> None:
    """Remember that the learner knows of all changes so far; progress stays as it is."""
    latest = LessonChange.objects.filter(lesson=lesson).order_by("-pk").first()
    if latest is not None:
        Progress.objects.filter(learner=learner, lesson=lesson).update(seen_change=latest)
