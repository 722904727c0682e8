"""What a lead's person did in the lessons, summed by lesson and day; read only, computed when looked at."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.models import Attempt, Progress

MOST_ROWS = 300
"""Newest lessons, and newest sums of attempts, that are looked at."""


@dataclass
class LessonDay:
    """One lesson on one day of one learner."""

    lesson: int
    title: str
    moments: list[datetime] = field(default_factory=list)
    opened: bool = False
    done_by: str = ""
    exercises: tuple[int, int] = (0, 0)
    """Tries, and how many of them passed."""
    quizzes: tuple[int, int | None] = (0, None)
    """Tries, and the best score in per cent."""

    @property
    def at(self) -> datetime:
        """The last thing that happened."""
        return max(self.moments)

    def in_words(self) -> str:
        """Return what was done, in one line."""
        return ", ".join(self._said())

    def _said(self) -> Iterator[str]:
        if self.opened:
            yield _("opened")
        tries, passed = self.exercises
        if tries:
            said = ngettext("%(tries)d try at an exercise", "%(tries)d tries at exercises", tries)
            yield f"{said}, {_('%(passed)d passed')}" % {"tries": tries, "passed": passed}
        tries, best = self.quizzes
        if tries:
            said = ngettext("%(tries)d try at a quiz", "%(tries)d tries at quizzes", tries) % {"tries": tries}
            yield said if best is None else f"{said}, {_('best %(best)d %%') % {'best': best}}"
        if self.done_by:
            yield _("finished (%(rule)s)") % {"rule": self.done_by.lower()}


def lesson_days(learner: int, *, until: datetime | None = None) -> list[LessonDay]:
    """Return what a learner did, whole days up to that of `until`; two queries."""
    days: dict[tuple[int, date], LessonDay] = {}
    end = _next_midnight(until) if until else timezone.now() + timedelta(days=1)

    def day_of(lesson: int, title: str, moment: datetime) -> LessonDay:
        day = days.setdefault((lesson, timezone.localdate(moment)), LessonDay(lesson, title))
        day.moments.append(moment)
        return day

    for row in _progress(learner, end):
        if row.opened_at < end:
            day_of(row.lesson_id, row.lesson.title, row.opened_at).opened = True
        if row.done_at and row.done_at < end:
            day_of(row.lesson_id, row.lesson.title, row.done_at).done_by = str(row.get_rule_display())
    for sum_ in _attempts(learner, end):
        day = day_of(sum_["lesson_id"], sum_["lesson__title"], sum_["last"])
        if sum_["kind"] == Attempt.Kind.EXERCISE:
            day.exercises = (sum_["tries"], sum_["passed"])
        else:
            day.quizzes = (sum_["tries"], sum_["best"])
    return list(days.values())


def _progress(learner: int, end: datetime) -> list[Progress]:
    rows = Progress.objects.filter(Q(opened_at__lt=end) | Q(done_at__lt=end), learner=learner)
    rows = rows.select_related("lesson").only("opened_at", "done_at", "rule", "lesson__title")
    return list(rows.order_by("-visited_at")[:MOST_ROWS])


def _attempts(learner: int, end: datetime) -> list[Any]:
    handed_in = Attempt.objects.filter(learner=learner, started_at__lt=end).exclude(state=Attempt.State.OPEN)
    by_day = handed_in.annotate(day=TruncDate("started_at")).values(
        "lesson_id", "lesson__title", "kind", "day"
    )
    sums = by_day.annotate(
        tries=Count("pk"),
        passed=Count("pk", filter=Q(state=Attempt.State.PASSED)),
        best=Max("score"),
        last=Max("started_at"),
    )
    return list(sums.order_by("-last")[:MOST_ROWS])


def _next_midnight(moment: datetime) -> datetime:
    local = timezone.localtime(moment)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
