"""The outline of a course as one person sees it: what is done, open and locked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Left, Length
from django.http import HttpRequest

from courses.models import CoursePage, GlossaryPage, ModulePage
from lessons.access import Visitor
from lessons.changes import untold_change
from lessons.models import LessonPage, Progress

_GLOSSARY_BESIDE = Subquery(
    GlossaryPage.objects.live()
    .filter(path__startswith=Left(OuterRef("path"), Length(OuterRef("path")) - GlossaryPage.steplen))
    .values("url_path")[:1]
)
"""The address of the glossary of a module's course, in the query that reads the modules."""


@dataclass
class OutlineLesson:
    """A lesson in the outline. `state` is done, here, open or locked."""

    id: int
    number: int
    title: str
    url: str
    minutes: int
    is_free: bool
    locked: bool
    progress: Progress | None = None
    here: bool = False

    @property
    def done(self) -> bool:
        """Whether the learner has finished it."""
        return self.progress is not None and self.progress.done_at is not None

    @property
    def state(self) -> str:
        """What the rail shows."""
        if self.here:
            return "here"
        if self.done:
            return "done"
        return "locked" if self.locked else "open"


@dataclass
class OutlineModule:
    """A module with its published lessons."""

    id: int
    number: int
    title: str
    url: str
    summary: str
    lessons: list[OutlineLesson] = field(default_factory=list)

    @property
    def done_count(self) -> int:
        """How many of its lessons are done."""
        return sum(lesson.done for lesson in self.lessons)

    @property
    def minutes(self) -> int:
        """Reading time of all its lessons."""
        return sum(lesson.minutes for lesson in self.lessons)


@dataclass
class CourseOutline:
    """A course with its live modules. `opens` says whether its locked lessons are open to the visitor."""

    course: CoursePage
    url: str
    opens: bool
    modules: list[OutlineModule] = field(default_factory=list)
    glossary_url: str = ""

    @property
    def lessons(self) -> list[OutlineLesson]:
        """All lessons in reading order."""
        return [lesson for module in self.modules for lesson in module.lessons]

    @property
    def lesson_count(self) -> int:
        """How many lessons there are."""
        return len(self.lessons)

    @property
    def done_count(self) -> int:
        """How many lessons are done."""
        return sum(lesson.done for lesson in self.lessons)

    @property
    def minutes(self) -> int:
        """Reading time of the whole course."""
        return sum(module.minutes for module in self.modules)

    @property
    def minutes_left(self) -> int:
        """Reading time of the lessons that aren't done."""
        return sum(lesson.minutes for lesson in self.lessons if not lesson.done)

    @property
    def next_lesson(self) -> OutlineLesson | None:
        """The first open lesson that isn't done, in reading order, or None."""
        return next((item for item in self.lessons if not item.done and not item.locked), None)

    @property
    def last_visited(self) -> OutlineLesson | None:
        """The lesson the learner was in last, or None."""
        visited = [item for item in self.lessons if item.progress]
        return max(visited, key=lambda item: item.progress.visited_at, default=None)  # type: ignore[union-attr]

    @property
    def resume_lesson(self) -> OutlineLesson | None:
        """Where the learner goes on: the unfinished lesson visited last, else the next one."""
        last = self.last_visited
        return last if last and not last.done and not last.locked else self.next_lesson

    def module(self, module_id: int) -> OutlineModule | None:
        """The module with this page id, or None."""
        return next((module for module in self.modules if module.id == module_id), None)

    def module_of(self, lesson_id: int) -> OutlineModule | None:
        """The module that holds a lesson, or None."""
        return next((m for m in self.modules if any(item.id == lesson_id for item in m.lessons)), None)

    def neighbours(self, lesson_id: int) -> tuple[OutlineLesson | None, OutlineLesson | None]:
        """The lessons before and after one."""
        lessons = self.lessons
        at = next((index for index, item in enumerate(lessons) if item.id == lesson_id), None)
        if at is None:
            return None, None
        return (
            lessons[at - 1] if at else None,
            lessons[at + 1] if at + 1 < len(lessons) else None,
        )


def build_outline(
    course: CoursePage, *, request: HttpRequest, opens: bool, here: int | None = None
) -> CourseOutline:
    """Return the outline of one course: two queries, and one for a learner's progress."""
    return build_outlines([course], request=request, opened={course.pk} if opens else set(), here=here)[0]


def build_outlines(
    courses: Sequence[CoursePage],
    *,
    request: HttpRequest,
    opened: Iterable[int],
    here: int | None = None,
) -> list[CourseOutline]:
    """Return the outlines of several courses with the same number of queries as for one."""
    opened = set(opened)
    outlines = [
        CourseOutline(course=course, url=course.get_url(request), opens=course.pk in opened)
        for course in courses
    ]
    if not outlines:
        return []
    below = reduce(or_, (Q(path__startswith=course.path) for course in courses))
    module_rows = list(
        ModulePage.objects.live()
        .filter(below)
        .order_by("path")
        .values_list("path", "pk", "title", "url_path", "summary", _GLOSSARY_BESIDE)
    )
    lesson_rows = list(
        LessonPage.objects.published()
        .filter(below)
        .order_by("path")
        .values_list("path", "pk", "title", "url_path", "minutes", "is_free")
    )
    progress = _progress_of(request.user, below)
    for outline in outlines:
        course = outline.course
        modules: dict[str, OutlineModule] = {}
        for path, pk, title, url_path, summary, glossary in module_rows:
            if path.startswith(course.path):
                if glossary:
                    outline.glossary_url = outline.url + glossary.removeprefix(course.url_path)
                modules[path] = OutlineModule(
                    id=pk,
                    number=len(modules) + 1,
                    title=title,
                    url=outline.url + url_path.removeprefix(course.url_path),
                    summary=summary,
                )
        number = 0
        for path, pk, title, url_path, minutes, is_free in lesson_rows:
            module = modules.get(path[: -LessonPage.steplen])
            if module is None:
                continue
            number += 1
            module.lessons.append(
                OutlineLesson(
                    id=pk,
                    number=number,
                    title=title,
                    url=outline.url + url_path.removeprefix(course.url_path),
                    minutes=minutes,
                    is_free=is_free,
                    locked=not is_free and not outline.opens,
                    progress=progress.get(pk),
                    here=pk == here,
                )
            )
        outline.modules = list(modules.values())
    return outlines


def _progress_of(user: Visitor, below: Q) -> dict[int, Progress]:
    if not user.is_authenticated:
        return {}
    mine = Progress.objects.filter(learner=user, lesson__in=LessonPage.objects.filter(below).values("pk"))
    rows = mine.annotate(untold=untold_change())
    return {row.lesson_id: row for row in rows}
