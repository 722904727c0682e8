"""The four kinds of files: a course, a module, a lesson and a page of text. Text to data and back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Self
from uuid import UUID

from content import frontmatter
from content.bodies import Block, Directive, parse_body, write_body
from content.directives import LESSON_DIRECTIVES, PAGE_DIRECTIVES
from content.errors import CourseFileError
from content.frontmatter import FrontMatter
from courses.models import CoursePage

ENTRY = ("title", "text")
TERM = ("term", "text", "lesson")


@dataclass(frozen=True, kw_only=True)
class Document:
    """What every file has. `path` and `lines` say where an error is and don't count as content."""

    id: UUID
    title: str
    search_title: str = ""
    search_description: str = ""
    path: str = field(default="", compare=False)
    lines: dict[str, int] = field(default_factory=dict, compare=False)

    kinds: ClassVar[Sequence[str]] = ()
    directives: ClassVar[dict[str, Directive]] = {}
    has_lead: ClassVar[bool] = False

    @classmethod
    def parse(cls, text: str, path: str) -> Self:
        """Return the content of a file; raises CourseFileError with the line and what to do."""
        head, body, first_line = frontmatter.split(text, path)
        values = {"id": head.uuid("id"), "title": head.text("title"), **cls._read(head)}
        values |= {name: head.text(name, "") for name in ("search_title", "search_description")}
        head.finish()
        lead, blocks = parse_body(
            body, path=path, first_line=first_line, kinds=cls.kinds, directives=cls.directives,
            has_lead=cls.has_lead,
        )  # fmt: skip
        if cls.kinds:
            values["blocks"] = tuple(blocks)
        if cls.has_lead:
            values["intro"] = lead
        return cls(**values, path=path, lines=head.lines)

    def write(self) -> str:
        """Return the file's text; raises CourseFileError where it would not read back the same."""
        head = {"id": str(self.id), "title": self.title} | self._head()
        head |= {"search_title": self.search_title, "search_description": self.search_description}
        blocks: tuple[Block, ...] = getattr(self, "blocks", ())
        body = write_body(getattr(self, "intro", None), blocks, self.directives)
        text = frontmatter.dump(head) + body
        try:
            same = type(self).parse(text, self.path) == self
        except CourseFileError as error:
            raise CourseFileError(
                self.path, 0, f"“{self.title}” can't be written as a file: {error.message}"
            ) from error
        if not same:
            raise CourseFileError(
                self.path, 0, f"“{self.title}” would not read back the same. Edit it in the CMS first."
            )
        return text

    def fail(self, name: str, message: str) -> CourseFileError:
        """Return the error for a value of the head, at its line."""
        return CourseFileError(self.path, self.lines.get(name, 1), f"{name}: {message}")

    @classmethod
    def _read(cls, head: FrontMatter) -> dict[str, Any]:
        return {}

    def _head(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, kw_only=True)
class LessonFile(Document):
    """A lesson."""

    minutes: int = 8
    free: bool = False
    needs_checks: bool = False
    quiz_share: int = 0
    outcomes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    intro: str = ""
    blocks: tuple[Block, ...] = ()

    kinds = ("passage", "prose", *LESSON_DIRECTIVES)
    directives = LESSON_DIRECTIVES
    has_lead = True

    @classmethod
    def _read(cls, head: FrontMatter) -> dict[str, Any]:
        return {
            "minutes": head.number("minutes", 8),
            "free": head.flag("free"),
            "needs_checks": head.flag("needs_checks"),
            "quiz_share": head.number("quiz_share", 0),
            "outcomes": tuple(head.strings("outcomes")),
            "sources": tuple(head.strings("sources")),
        }

    def _head(self) -> dict[str, Any]:
        return {
            "minutes": self.minutes,
            "free": self.free,
            "needs_checks": self.needs_checks or "",
            "quiz_share": self.quiz_share or "",
            "outcomes": list(self.outcomes),
            "sources": list(self.sources),
        }


@dataclass(frozen=True, kw_only=True)
class ModuleFile(Document):
    """A module; it has no body."""

    summary: str = ""

    @classmethod
    def _read(cls, head: FrontMatter) -> dict[str, Any]:
        return {"summary": head.text("summary", "")}

    def _head(self) -> dict[str, Any]:
        return {"summary": self.summary}


@dataclass(frozen=True, kw_only=True)
class GlossaryFile(Document):
    """The glossary of a course: each term with what it means and the lesson that explains it."""

    intro_line: str = ""
    terms: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def _read(cls, head: FrontMatter) -> dict[str, Any]:
        rows = head.entries("terms", TERM)
        return {
            "intro_line": head.text("intro", ""),
            "terms": tuple((row["term"], row["text"], row["lesson"]) for row in rows),
        }

    def _head(self) -> dict[str, Any]:
        rows = (dict(zip(TERM, row, strict=True)) for row in self.terms)
        terms = [{name: text for name, text in row.items() if text} for row in rows]
        return {"intro": self.intro_line, "terms": terms}


@dataclass(frozen=True, kw_only=True)
class CourseFile(Document):
    """A course. `slug` is empty where the folder has the name."""

    slug: str = ""
    summary: str = ""
    level: str = CoursePage.Level.BEGINNER.value
    framework: str = CoursePage.Framework.BOTH.value
    hours: int = 1
    price: Decimal
    outcomes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    projects: tuple[tuple[str, str], ...] = ()
    roles: tuple[tuple[str, str], ...] = ()
    questions: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Block, ...] = ()

    kinds = ("prose",)

    @classmethod
    def _read(cls, head: FrontMatter) -> dict[str, Any]:
        entries = {
            name: tuple((entry["title"], entry["text"]) for entry in head.entries(name, ENTRY))
            for name in ("projects", "roles", "questions")
        }
        return entries | {
            "slug": head.text("slug", ""),
            "summary": head.text("summary"),
            "level": head.choice("level", CoursePage.Level.values, "beginner"),
            "framework": head.choice("framework", CoursePage.Framework.values, "both"),
            "hours": head.number("hours"),
            "price": head.amount("price"),
            "outcomes": tuple(head.strings("outcomes")),
            "needs": tuple(head.strings("needs")),
        }

    def _head(self) -> dict[str, Any]:
        price = self.price
        return {
            "slug": self.slug,
            "summary": self.summary,
            "level": self.level,
            "framework": self.framework,
            "hours": self.hours,
            "price": int(price) if price == int(price) else f"{price:.2f}",
            "outcomes": list(self.outcomes),
            "needs": list(self.needs),
        } | {
            name: [dict(zip(ENTRY, entry, strict=True)) for entry in getattr(self, name)]
            for name in ("projects", "roles", "questions")
        }


@dataclass(frozen=True, kw_only=True)
class PageFile(Document):
    """A page of text."""

    intro_line: str = ""
    blocks: tuple[Block, ...] = ()

    kinds = ("prose", *PAGE_DIRECTIVES)
    directives = PAGE_DIRECTIVES

    @classmethod
    def _read(cls, head: FrontMatter) -> dict[str, Any]:
        return {"intro_line": head.text("intro", "")}

    def _head(self) -> dict[str, Any]:
        return {"intro": self.intro_line}
