"""A course from the CMS as a folder of files."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wagtail.models import Page

from content.bodies import Block
from content.documents import CourseFile, GlossaryFile, LessonFile, ModuleFile
from content.errors import CourseFileError
from content.folder import CourseFolder, ModuleFolder, write_course
from content.images import paths_of
from content.streams import Raw, blocks_of, one_line_end
from courses.models import CoursePage, GlossaryPage, ModulePage
from lessons.models import LessonPage


def export_course(slug: str, path: Path, *, force: bool = False) -> int:
    """Write the live pages of a course below a folder; return how many there were.

    Raises CourseFileError, and writes nothing, when the folder holds anything (unless forced: then
    an earlier export in it is replaced) or a page can't be written so that it reads back the same.
    """
    page = CoursePage.objects.live().filter(slug=slug).first()
    if page is None:
        raise CourseFileError(slug, 0, "There is no live course with this address.")
    if path.exists() and (not path.is_dir() or (any(path.iterdir()) and not force)):
        raise CourseFileError(path, 0, "This folder is not empty. Give another, or --force to replace it.")
    modules = list(ModulePage.objects.live().child_of(page).order_by("path"))
    lessons = list(LessonPage.objects.published().descendant_of(page).order_by("path"))
    glossary = GlossaryPage.objects.live().child_of(page).first()
    bodies = {lesson.pk: _raw(lesson) for lesson in lessons}
    images, files = paths_of(_pictures(bodies.values()))
    course = CourseFolder(
        slug=page.slug,
        file=_course(page, slug="" if path.resolve().name == page.slug else page.slug),
        modules=tuple(
            ModuleFolder(
                module.slug,
                ModuleFile(**_common(module), summary=module.summary),
                tuple(
                    (lesson.slug, _lesson(lesson, blocks_of(bodies[lesson.pk], images)))
                    for lesson in lessons
                    if lesson.path.startswith(module.path)
                ),
            )
            for module in modules
        ),
        images=files,
        glossary=_glossary(glossary) if glossary else None,
    )
    write_course(course, path)
    return 1 + len(modules) + len(lessons) + bool(glossary)


def _raw(page: LessonPage | CoursePage) -> Raw:
    """Return the body with every value that a block has, also those that older data left out."""
    return [
        {"type": child.block_type, "id": child.id, "value": child.block.get_prep_value(child.value)}
        for child in page.body
    ]


def _pictures(bodies: Iterable[Raw]) -> set[int]:
    return {item["value"]["image"] for body in bodies for item in body if item["type"] == "figure"}


def _common(page: Page) -> dict[str, Any]:
    return {
        "id": page.translation_key,
        "title": page.title,
        "search_title": page.seo_title,
        "search_description": one_line_end(page.search_description).strip(),
        "path": page.url_path,
    }


def _lesson(page: LessonPage, blocks: tuple[Block, ...]) -> LessonFile:
    return LessonFile(
        **_common(page),
        minutes=page.minutes,
        free=page.is_free,
        needs_checks=page.needs_checks,
        quiz_share=page.quiz_share,
        outcomes=tuple(page.outcome_list),
        sources=tuple(page.source_list),
        intro=one_line_end(page.intro).strip("\n"),
        blocks=blocks,
    )


def _glossary(page: GlossaryPage) -> GlossaryFile:
    values = [child.value for child in page.terms]
    return GlossaryFile(
        **_common(page),
        intro_line=page.intro,
        terms=tuple((said["term"], one_line_end(said["text"]), said["lesson"]) for said in values),
    )


def _course(page: CoursePage, *, slug: str) -> CourseFile:
    entries: dict[str, Any] = {
        name: tuple(
            (child.value["title"], one_line_end(child.value["text"])) for child in getattr(page, name)
        )
        for name in ("projects", "roles", "questions")
    }
    return CourseFile(
        **_common(page),
        **entries,
        slug=slug,
        summary=page.summary,
        level=page.level,
        framework=page.framework,
        hours=page.hours,
        price=page.price,
        outcomes=tuple(page.outcome_list),
        needs=tuple(page.need_list),
        blocks=blocks_of(_raw(page), {}),
    )
