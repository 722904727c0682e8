"""An export is the course: importing it again gives the same pages, exporting it the same bytes."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from wagtail.models import Page, Revision, Site

from content.exporter import export_course
from content.importer import import_course
from courses.models import CoursePage, SiteImage
from lessons.models import LessonPage
from tests.conftest import CONTENT

pytestmark = pytest.mark.django_db


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def content_of(course: CoursePage) -> list[tuple]:
    """Everything of a course that readers see, with the keys of pictures left out."""
    pages = Page.objects.descendant_of(course, inclusive=True).order_by("path").specific()
    found = []
    for page in pages:
        values = [page.translation_key, page.slug, page.title, page.depth, getattr(page, "summary", "")]
        if isinstance(page, LessonPage):
            values += [page.intro, page.minutes, page.is_free, page.outcomes, page.sources]
            for block in page.body:
                value = block.block.get_prep_value(block.value)
                if block.block_type == "figure":
                    value |= {"image": block.value["image"].get_file_hash()}
                values.append((block.block_type, block.id, value))
        found.append(tuple(values))
    return found


def test_import_export_import_gives_the_same_pages(real_course: Path, site: Site, tmp_path: Path) -> None:
    import_course(real_course)
    course = CoursePage.objects.get(slug="python-full-stack")
    before = content_of(course)
    export_course("python-full-stack", tmp_path / "out")
    course.delete()
    SiteImage.objects.all().delete()
    report = import_course(tmp_path / "out")
    assert report.created == len(before)
    assert content_of(CoursePage.objects.get(slug="python-full-stack")) == before


def test_importing_an_export_changes_nothing(real_course: Path, site: Site, tmp_path: Path) -> None:
    import_course(real_course)
    revisions = Revision.objects.count()
    export_course("python-full-stack", tmp_path / "out")
    report = import_course(tmp_path / "out")
    assert (report.created, report.changed, report.moved, report.left_alone) == (0, 0, 0, [])
    assert Revision.objects.count() == revisions


def test_exporting_twice_gives_the_same_bytes(real_course: Path, site: Site, tmp_path: Path) -> None:
    import_course(real_course)
    export_course("python-full-stack", tmp_path / "a" / "python-full-stack")
    import_course(tmp_path / "a" / "python-full-stack")
    export_course("python-full-stack", tmp_path / "b" / "python-full-stack")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_export_of_the_real_course_is_the_repository(real_course: Path, site: Site, tmp_path: Path) -> None:
    import_course(real_course)
    export_course("python-full-stack", tmp_path / "new" / "python-full-stack")
    assert tree(tmp_path / "new" / "python-full-stack") == tree(CONTENT / "python-full-stack")


def test_work_of_the_cms_is_written(small_course: Path, tmp_path: Path) -> None:
    import_course(small_course)
    lesson = LessonPage.objects.get(slug="one")
    lesson.body.append(("prose", "Written in the CMS."))
    lesson.body.append(("prose", "And once more."))
    lesson.outcomes = "First\r\nSecond"
    lesson.save_revision().publish()
    lesson = LessonPage.objects.get(slug="one")
    export_course("small", tmp_path / "small-again")
    text = (tmp_path / "small-again/01-start/01-one.md").read_text()
    assert f"<!-- {{#{lesson.body[-1].id}}} -->\nAnd once more.\n" in text
    assert "outcomes:\n  - First\n  - Second\n" in text
    assert import_course(tmp_path / "small-again").unchanged == 6


def test_unpublished_work_is_not_written(small_course: Path, tmp_path: Path) -> None:
    import_course(small_course)
    lesson = LessonPage.objects.get(slug="one")
    lesson.title = "Not yet"
    lesson.save_revision()
    LessonPage.objects.get(slug="two").unpublish()
    export_course("small", tmp_path / "out")
    assert "title: Lesson one\n" in (tmp_path / "out/01-start/01-one.md").read_text()
    assert not (tmp_path / "out/01-start/02-two.md").exists()


def test_picture_uploaded_in_the_cms_gets_a_file(small_course: Path, tmp_path: Path) -> None:
    import_course(small_course)
    SiteImage.objects.update(title="A Square (new).svg")
    export_course("small", tmp_path / "out")
    assert (tmp_path / "out/images/a-square-new.svg").exists()
    assert import_course(tmp_path / "out").unchanged == 6


def test_full_folder_is_refused_unless_forced(small_course: Path, tmp_path: Path) -> None:
    import_course(small_course)
    (small_course / "notes.txt").write_text("mine")
    LessonPage.objects.get(slug="two").delete()
    with pytest.raises(CommandError, match="not empty"):
        call_command("export_course", "small", small_course)
    call_command("export_course", "small", small_course, "--force")
    assert (small_course / "notes.txt").read_text() == "mine"
    assert not (small_course / "01-start/02-two.md").exists()
    assert import_course(small_course).unchanged == 5


def test_unknown_course_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no live course"):
        call_command("export_course", "nothing", tmp_path / "out")
