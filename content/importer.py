"""A course folder and pages of text as Wagtail pages."""

from pathlib import Path
from typing import Any

from django.db import transaction
from wagtail.models import Page

from content import folder as folders
from content.documents import CourseFile, Document, GlossaryFile, LessonFile, ModuleFile, PageFile
from content.errors import CourseFileError
from content.images import load_images
from content.streams import raw_entries, raw_stream
from content.sync import PageSync, Report, Wanted
from courses.models import CataloguePage, CoursePage, GlossaryPage, HomePage, ModulePage, StandardPage
from lessons.models import ChangeKind, LessonPage

GLOSSARY_SLUG = "glossary"
"""The end of a glossary's address; the folder has no name for it."""


def import_course(path: Path, *, force: bool = False) -> Report:
    """Create or update a course from its folder, all or nothing; raises CourseFileError.

    Pages that were changed in the CMS since the last import are left alone unless forced. Pages
    that the folder doesn't have are kept. A second run changes nothing.
    """
    course = folders.read_course(path)
    with transaction.atomic():
        catalogue = CataloguePage.objects.first()
        if catalogue is None:
            raise CourseFileError(path, 0, "There is no catalogue page to put it under. Run load_demo first.")
        images, added = load_images(_shown(course))
        wanted = {document.id: _wanted(document, slug, images) for slug, document in _slugs(course)}
        sync = PageSync(list(wanted.values()), force=force)
        sync.report.images = added
        course_page = sync.place(wanted[course.file.id], catalogue)
        if course.glossary:
            sync.place(wanted[course.glossary.id], course_page)
        for module in course.modules:
            module_page = sync.place(wanted[module.file.id], course_page)
            for _slug, lesson in module.lessons:
                sync.place(wanted[lesson.id], module_page)
            sync.arrange(module_page, [lesson.id for _slug, lesson in module.lessons])
        sync.arrange(course_page, [module.file.id for module in course.modules])
        sync.report.missing = [
            f"{page.title} ({page.url_path})"
            for page in Page.objects.descendant_of(course_page).exclude(translation_key__in=wanted)
        ]
    return sync.report


def import_pages(path: Path, *, force: bool = False) -> Report:
    """Create or update the pages of text in a folder, below the home page; all or nothing."""
    files = folders.read_pages(path)
    with transaction.atomic():
        wanted = [_wanted(document, slug, {}) for slug, document in files]
        sync = PageSync(wanted, force=force)
        home = HomePage.objects.get()
        for item in wanted:
            sync.place(item, home)
    return sync.report


def _slugs(course: folders.CourseFolder) -> list[tuple[str, Document]]:
    found: list[tuple[str, Document]] = [(course.slug, course.file)]
    if course.glossary:
        found.append((GLOSSARY_SLUG, course.glossary))
    for module in course.modules:
        found += [(module.slug, module.file), *module.lessons]
    return found


def _shown(course: folders.CourseFolder) -> dict[str, bytes]:
    """Return the pictures that a lesson shows."""
    shown = {
        block.value["image"]
        for document in folders.documents(course)
        for block in getattr(document, "blocks", ())
        if block.kind == "figure"
    }
    return {path: data for path, data in course.images.items() if path in shown}


def _wanted(document: Document, slug: str, images: dict[str, int]) -> Wanted:
    """Return the page that a file describes."""
    values: dict[str, Any] = {
        "title": document.title,
        "seo_title": document.search_title,
        "search_description": document.search_description,
    }
    blocks = getattr(document, "blocks", ())
    if not isinstance(document, ModuleFile | GlossaryFile):
        values["body"] = raw_stream(blocks, images)
    also: dict[str, Any] = {}
    match document:
        case LessonFile():
            model: type[Page] = LessonPage
            also = {"change_kind": ChangeKind.COSMETIC, "change_note": ""}
            values |= {
                "intro": document.intro,
                "minutes": document.minutes,
                "is_free": document.free,
                "needs_checks": document.needs_checks,
                "quiz_share": document.quiz_share,
                "outcomes": "\n".join(document.outcomes),
                "sources": "\n".join(document.sources),
            }
        case ModuleFile():
            model = ModulePage
            values["summary"] = document.summary
        case GlossaryFile():
            model = GlossaryPage
            terms = ({"term": term, "text": text, "lesson": lesson} for term, text, lesson in document.terms)
            values |= {"intro": document.intro_line, "terms": raw_entries("term", terms, document.id)}
        case CourseFile():
            model = CoursePage
            values |= _course_values(document)
        case PageFile():
            model = StandardPage
            values["intro"] = document.intro_line
    return Wanted(
        model=model, key=document.id, slug=slug, values=values, path=document.path,
        lines=document.lines, blocks=blocks, also=also,
    )  # fmt: skip


def _course_values(document: CourseFile) -> dict[str, object]:
    entries = {
        name: raw_entries(name[:-1], ({"title": title, "text": text} for title, text in rows), document.id)
        for name, rows in (
            ("projects", document.projects), ("roles", document.roles), ("questions", document.questions)
        )
    }  # fmt: skip
    return entries | {
        "summary": document.summary,
        "level": document.level,
        "framework": document.framework,
        "hours": document.hours,
        "price": document.price,
        "outcomes": "\n".join(document.outcomes),
        "needs": "\n".join(document.needs),
    }
