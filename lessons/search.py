"""Search in the words of lessons, for those who may open them."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.db import transaction
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.html import strip_tags

from courses import markdown
from courses.models import CoursePage
from lessons.models import LessonPage, PassageText
from lessons.passages import Section, sections_of

MOST_WORDS = 6
MOST_RESULTS = 30
AROUND = 90
"""Characters shown on each side of the first word that was found."""


@dataclass(frozen=True)
class Found:
    """A passage with the words; `excerpt` is cut into what stands before, in and after the first hit."""

    row: PassageText
    excerpt: tuple[str, str, str]

    @property
    def lesson(self) -> LessonPage:
        """The lesson that holds it."""
        return self.row.lesson


def search_lessons(text: str, *, opened: Collection[CoursePage]) -> list[Found]:
    """Return passages of published lessons that are free or in an opened course and hold every word.

    Titles come before texts; MOST_RESULTS at most. Two queries.
    """
    words = re.findall(r"[^\s\0]+", text)[:MOST_WORDS]
    if not words:
        return []
    open_below = Q(is_free=True)
    for course in opened:
        open_below |= Q(path__startswith=course.path)
    lessons = LessonPage.objects.published().public().filter(open_below)
    rows = PassageText.objects.filter(lesson__in=lessons.values("pk"))
    in_title = Q()
    for word in words:
        titled = Q(title__icontains=word) | Q(lesson__title__icontains=word)
        rows = rows.filter(Q(text__icontains=word) | titled)
        in_title &= titled
    rank = Case(When(in_title, then=Value(0)), default=Value(1), output_field=IntegerField())
    found = rows.select_related("lesson").defer("lesson__body").order_by(rank, "lesson__path", "number")
    return [Found(row, _excerpt(row.text, words)) for row in found[:MOST_RESULTS]]


@transaction.atomic
def keep_words(lesson: LessonPage) -> None:
    """Store the words of a published lesson, a row a passage, in place of those of the last publication."""
    sections = sections_of(lesson.body)
    if not sections or sections[0].number:
        sections = [Section(None, "", ""), *sections]
    PassageText.objects.filter(lesson=lesson).delete()
    PassageText.objects.bulk_create(
        PassageText(
            lesson=lesson,
            number=section.number or 0,
            passage=section.id,
            title=section.title,
            text=words_of(section, intro="" if section.number else lesson.intro),
        )
        for section in sections
    )


def words_of(section: Section, *, intro: str = "") -> str:
    """Return what a reader sees of a passage, as plain text; quiz keys and solutions are no part of it."""
    parts = [_plain(intro)] if intro else []
    for block in section.blocks:
        parts += _words_of_block(block.block_type, block.value)
    return "\n".join(part for part in parts if part)


def _words_of_block(kind: str, value: Any) -> list[str]:
    reader = _READERS.get(kind)
    return reader(value) if reader else []


def _plain(text: object) -> str:
    return unescape(strip_tags(markdown.render(str(text)))).strip()


def _words_of_pair(value: Any) -> list[str]:
    files = [file["code"] for side in ("django", "flask") for file in value[side]]
    return files + [match["text"] for match in value["matches"]]


def _words_of_interview(value: Any) -> list[str]:
    questions = [question.value for question in value["questions"]]
    return [value["title"], *(part for said in questions for part in (said["text"], _plain(said["answer"])))]


_READERS: dict[str, Callable[[Any], list[str]]] = {
    "prose": lambda value: [_plain(value)],
    "callout": lambda value: [_plain(value["text"])],
    "figure": lambda value: [value["alt"], value["caption"]],
    "code": lambda value: [*(file["code"] for file in value["files"]), value["caption"]],
    "parallel": _words_of_pair,
    "exercise": lambda value: [value["title"], _plain(value["statement"])],
    "quiz": lambda value: [value["title"]],
    "interview": _words_of_interview,
}


def _excerpt(text: str, words: list[str]) -> tuple[str, str, str]:
    lowered = text.lower()
    places = [(place, word) for word in words if (place := lowered.find(word.lower())) >= 0]
    if not places:
        return _shortened(text[: 2 * AROUND], right=len(text) > 2 * AROUND), "", ""
    place, word = min(places)
    end = place + len(word)
    before, after = text[max(0, place - AROUND) : place], text[end : end + AROUND]
    return (
        _shortened(before, left=place > AROUND),
        text[place:end],
        _shortened(after, right=end + AROUND < len(text)),
    )


def _shortened(text: str, *, left: bool = False, right: bool = False) -> str:
    return ("…" if left else "") + text + ("…" if right else "")
