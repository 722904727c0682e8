"""`course_report SLUG`: what a course holds, module by module, and how hard it is to read."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.models import CoursePage, GlossaryPage, ModulePage
from lessons.figures import LONG_SENTENCE, figures_of, lix
from lessons.models import LessonPage

COUNTED = (
    "lessons", "minutes", "examples", "pairs", "exercises", "both", "milestones", "questions", "interview",
)  # fmt: skip
MINUTES = range(6, 13)
"""How long a lesson should take."""


class Command(BaseCommand):
    """Prints two tables, and the lessons that somebody should look at."""

    help = "Count what the published lessons of a course hold, and measure how hard they are to read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("course", help="the last part of the course's address")

    def handle(self, *args: Any, **options: Any) -> None:
        course = CoursePage.objects.live().filter(slug=options["course"]).first()
        if course is None:
            known = ", ".join(CoursePage.objects.live().order_by("slug").values_list("slug", flat=True))
            raise CommandError(f"There is no published course “{options['course']}”. There are: {known}.")
        modules = list(ModulePage.objects.live().child_of(course).order_by("path"))
        lessons = list(LessonPage.objects.published().descendant_of(course).order_by("path"))
        figures = {lesson.pk: figures_of(lesson) for lesson in lessons}
        rows = []
        for number, module in enumerate(modules, start=1):
            own = [figures[lesson.pk] for lesson in lessons if lesson.path.startswith(module.path)]
            rows.append((f"{number}. {module.title}", sum(own, Counter())))
        rows.append(("All", sum(figures.values(), Counter())))
        self.stdout.write(f"{course.title}\n\n{_table('Module', COUNTED, rows)}\n")
        self.stdout.write(_reading_table(rows))
        self._say_rest(course, rows[-1][1])
        for lesson in lessons:
            for note in _notes(lesson):
                self.stdout.write(f"To look at: {lesson.title} ({lesson.url_path}): {note}")

    def _say_rest(self, course: CoursePage, total: Counter[str]) -> None:
        glossary = GlossaryPage.objects.live().child_of(course).first()
        self.stdout.write(
            f"\nPrograms that run in examples: {total['programs']}. "
            f"Pairs with matched lines: {total['matched']}. Quizzes: {total['quizzes']}. "
            f"Sources: {total['sources']}. Terms in the glossary: {len(glossary.terms) if glossary else 0}."
        )


def _table(first: str, names: tuple[str, ...], rows: list[tuple[str, Counter[str]]]) -> str:
    return _aligned([(first, *names), *((title, *(str(row[name]) for name in names)) for title, row in rows)])


def _reading_table(rows: list[tuple[str, Counter[str]]]) -> str:
    head = ("Reading", "words", "words/sentence", f"over {LONG_SENTENCE} words", "LIX")
    lines = []
    for title, row in rows:
        sentences = row["sentences"] or 1
        long_share = row["long_sentences"] / sentences
        per_sentence = row["words"] / sentences
        lines.append(
            (title, str(row["words"]), f"{per_sentence:.1f}", f"{long_share:.1%}", f"{lix(row):.0f}")
        )
    return _aligned([head, *lines])


def _aligned(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _notes(lesson: LessonPage) -> list[str]:
    notes = []
    if lesson.minutes not in MINUTES:
        notes.append(f"takes {lesson.minutes} minutes.")
    if not lesson.source_list:
        notes.append("names no source.")
    return notes
