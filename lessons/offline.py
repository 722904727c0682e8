"""What a learner's device may keep for reading without a network."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from wagtail.blocks import StreamValue

from courses.models import CoursePage, ModulePage, SiteImage
from lessons import runtime
from lessons.models import LessonPage
from lessons.outline import build_outline

PAGE_FRAME = 9_000
"""Compressed bytes of a lesson's page without its body; measured on the demo course."""
PAGE_SHARE = 0.35
"""Compressed bytes of a page for each byte of the body's stored text; measured on the demo course."""


@dataclass(frozen=True)
class OfflinePlan:
    """The addresses of a module that the learner may keep, and about how many bytes they are."""

    pages: list[str]
    images: list[str]
    bytes: int
    runtime: list[str]
    runtime_bytes: int


def plan_module(module: ModulePage, course: CoursePage, request: HttpRequest, *, opens: bool) -> OfflinePlan:
    """Return what can be kept of a module; locked lessons are left out. Five queries."""
    outline = build_outline(course, request=request, opens=opens)
    found = outline.module(module.pk)
    readable = [lesson for lesson in found.lessons if not lesson.locked] if found else []
    lessons = LessonPage.objects.filter(pk__in=[lesson.id for lesson in readable])
    bodies = [lesson.body for lesson in lessons]
    pictures = _pictures(bodies)
    size = sum(PAGE_FRAME + int(PAGE_SHARE * len(str(body.raw_data))) for body in bodies)
    built = runtime.current()
    return OfflinePlan(
        pages=[outline.url, *(lesson.url for lesson in readable)],
        images=[picture.file.url for picture in pictures],
        bytes=size + sum(picture.get_file_size() for picture in pictures),
        runtime=_runtime_files(built) if built else [],
        runtime_bytes=sum(built.bytes.values()) if built else 0,
    )


def _runtime_files(built: runtime.Runtime) -> list[str]:
    """Python's own files, and the scripts that a page loads only when something is run."""
    scripts = sorted((settings.BASE_DIR / "static" / "js" / "run").glob("*.js"))
    pages_side = [static(f"js/run/{script.name}") for script in scripts] + [static("vendor/editor.js")]
    return pages_side + [built.base + name for names in built.files.values() for name in names]


def _pictures(bodies: list[StreamValue]) -> list[SiteImage]:
    keys = {
        block["value"].get("image") for body in bodies for block in body.raw_data if block["type"] == "figure"
    }
    return list(SiteImage.objects.filter(pk__in=keys - {None}))
