"""A course as a folder: names, order and pictures. Reads it whole and writes it whole."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from content.documents import CourseFile, Document, GlossaryFile, LessonFile, ModuleFile, PageFile
from content.errors import CourseFileError

_ORDERED = re.compile(r"(?P<order>\d{2,3})-(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_IMAGE_SUFFIXES = {".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp"}


@dataclass(frozen=True)
class ModuleFolder:
    """A module and its lessons by slug, in order."""

    slug: str
    file: ModuleFile
    lessons: tuple[tuple[str, LessonFile], ...]


@dataclass(frozen=True)
class CourseFolder:
    """A course, its modules in order, and the pictures they show by path below the folder."""

    slug: str
    file: CourseFile
    modules: tuple[ModuleFolder, ...]
    images: dict[str, bytes] = field(default_factory=dict)
    glossary: GlossaryFile | None = None


def read_course(folder: Path) -> CourseFolder:
    """Return everything in a course folder; raises CourseFileError for the first thing that is wrong."""
    if not folder.is_dir():
        raise CourseFileError(folder, 0, "There is no such folder. Give the folder that holds course.md.")
    course = _read(CourseFile, folder / "course.md")
    slug = course.slug or folder.resolve().name
    if not _SLUG.fullmatch(slug):
        raise CourseFileError(folder, 0, "Name the folder in a-z, 0-9 and hyphens: it is the address.")
    modules = tuple(_read_module(path) for path in _ordered(folder, folders=True))
    path = folder / "glossary.md"
    glossary = _read(GlossaryFile, path) if path.exists() else None
    result = CourseFolder(slug, course, modules, _read_images(folder / "images"), glossary)
    _check_identities(result)
    _check_terms(result)
    _check_figures(result)
    return result


def read_pages(folder: Path) -> list[tuple[str, PageFile]]:
    """Return the pages of text in a folder by slug, in order of their names."""
    pages = []
    for path in sorted(folder.glob("*.md")):
        if not _SLUG.fullmatch(path.stem):
            raise CourseFileError(path, 0, "Name the file in a-z, 0-9 and hyphens: it is the address.")
        pages.append((path.stem, _read(PageFile, path)))
    return pages


def write_course(course: CourseFolder, folder: Path) -> None:
    """Write a course as files; what the folder held of an earlier export is replaced."""
    texts = {Path("course.md"): course.file.write()}
    if course.glossary:
        texts[Path("glossary.md")] = course.glossary.write()
    for number, module in enumerate(course.modules, start=1):
        home = Path(f"{_number(number, len(course.modules))}-{module.slug}")
        texts[home / "module.md"] = module.file.write()
        for place, (slug, lesson) in enumerate(module.lessons, start=1):
            texts[home / f"{_number(place, len(module.lessons))}-{slug}.md"] = lesson.write()
    folder.mkdir(parents=True, exist_ok=True)
    _remove_earlier(folder)
    for path, text in texts.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")
    for name, data in course.images.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def _number(place: int, count: int) -> str:
    return f"{place:03}" if count > 99 else f"{place:02}"


def _remove_earlier(folder: Path) -> None:
    """Remove the files that a course folder is made of, and nothing else."""
    old = [
        folder / "course.md",
        folder / "glossary.md",
        *folder.glob("[0-9][0-9]*-*/*.md"),
        *folder.glob("images/**/*"),
    ]
    for path in old:
        if path.is_file():
            path.unlink()
    for path in folder.glob("[0-9][0-9]*-*"):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _read[Kind: Document](kind: type[Kind], path: Path) -> Kind:
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise CourseFileError(path, 0, "This file is missing. Add it.") from None
    except UnicodeDecodeError:
        raise CourseFileError(path, 0, "Save this file as UTF-8.") from None
    return kind.parse(text, str(path))


def _ordered(folder: Path, *, folders: bool) -> list[Path]:
    """Return modules or lessons in the order of their numbers; refuses names without one."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir() != folders or path.name.startswith("."):
            continue
        if folders and path.name == "images":
            continue
        if not folders and (path.suffix != ".md" or path.name == "module.md"):
            continue
        name = _ORDERED.fullmatch(path.name if folders else path.stem)
        if not name:
            raise CourseFileError(path, 0, "Start the name with two digits of order: “01-first-pages”.")
        if name["slug"] in found:
            raise CourseFileError(path, 0, f"{found[name['slug']].name} has the same address. Rename one.")
        found[name["slug"]] = path
    return list(found.values())


def _slug(path: Path) -> str:
    return path.stem.partition("-")[2]


def _read_module(folder: Path) -> ModuleFolder:
    lessons = tuple((_slug(path), _read(LessonFile, path)) for path in _ordered(folder, folders=False))
    return ModuleFolder(_slug(folder), _read(ModuleFile, folder / "module.md"), lessons)


def _read_images(folder: Path) -> dict[str, bytes]:
    images = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            if path.suffix.lower() not in _IMAGE_SUFFIXES:
                known = ", ".join(sorted(_IMAGE_SUFFIXES))
                raise CourseFileError(path, 0, f"This is no picture. Use {known}.")
            images[path.relative_to(folder.parent).as_posix()] = path.read_bytes()
    return images


def _check_identities(course: CourseFolder) -> None:
    seen: dict[UUID, str] = {}
    for document in documents(course):
        if document.id in seen:
            raise CourseFileError(
                document.path, document.lines["id"],
                f"id: {seen[document.id]} has the same id. Give the newer file one of its own.",
            )  # fmt: skip
        seen[document.id] = document.path


def _check_figures(course: CourseFolder) -> None:
    for document in documents(course):
        for block in getattr(document, "blocks", ()):
            if block.kind == "figure" and block.value["image"] not in course.images:
                raise CourseFileError(
                    document.path, block.line, f"{block.value['image']} does not exist. Add the file."
                )


def _check_terms(course: CourseFolder) -> None:
    """Refuse a term that stands twice, and one that is explained in a lesson that isn't there."""
    if course.glossary is None:
        return
    lessons = {f"{module.slug}/{slug}" for module in course.modules for slug, _lesson in module.lessons}
    seen: set[str] = set()
    for term, _text, lesson in course.glossary.terms:
        if term.casefold() in seen:
            raise course.glossary.fail("terms", f"“{term}” stands twice. Remove one.")
        if lesson and lesson not in lessons:
            raise course.glossary.fail("terms", f"“{term}”: there is no lesson {lesson}.")
        seen.add(term.casefold())


def documents(course: CourseFolder) -> list[Document]:
    """Return every file of a course, from the top down."""
    found: list[Document] = [course.file, *([course.glossary] if course.glossary else [])]
    for module in course.modules:
        found += [module.file, *(lesson for _slug, lesson in module.lessons)]
    return found
