"""An import follows the files, keeps identities, and doesn't tread on work done in the CMS."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from wagtail.models import Page, PageLogEntry, Revision, Site

from content.errors import CourseFileError
from content.importer import import_course
from courses.models import CoursePage, ModulePage, SiteImage
from lessons.models import LessonPage, Progress
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def swap_the_first_two(course: Path) -> None:
    start = course / "01-start"
    (start / "01-one.md").rename(start / "aside")
    (start / "02-two.md").rename(start / "02-one.md")
    (start / "aside").rename(start / "01-two.md")


def one() -> LessonPage:
    return LessonPage.objects.get(translation_key="11111111-0000-4000-8000-000000000004")


def slugs(page: Page) -> list[str]:
    return list(Page.objects.child_of(page).order_by("path").values_list("slug", flat=True))


def state() -> list[tuple]:
    return list(
        Page.objects.order_by("pk").values_list(
            "pk", "path", "url_path", "title", "latest_revision_id", "live", "last_published_at"
        )
    )


def test_first_import_makes_live_pages_with_a_revision(small_course: Path) -> None:
    report = import_course(small_course)
    assert (report.created, report.images) == (6, 1)
    course = CoursePage.objects.get(slug="small")
    assert (course.title, str(course.price), slugs(course)) == ("Small course", "499.50", ["start", "more"])
    lesson = one()
    assert lesson.live
    assert lesson.live_revision_id == lesson.latest_revision_id
    assert [block.id for block in lesson.body] == ["begin", "begin-text", "picture", "pair"]
    assert lesson.body[2].value["image"] == SiteImage.objects.get()
    assert lesson.body[3].value.partners == {1: {"django": 1, "flask": 1}}
    assert PageLogEntry.objects.filter(page=lesson, action="wagtail.publish").exists()


def test_second_import_changes_nothing(small_course: Path) -> None:
    import_course(small_course)
    before, revisions = state(), Revision.objects.count()
    report = import_course(small_course)
    assert (report.unchanged, report.created, report.changed, report.moved) == (6, 0, 0, 0)
    assert (state(), Revision.objects.count()) == (before, revisions)
    assert SiteImage.objects.count() == 1


def test_changed_file_makes_one_revision_and_keeps_progress(small_course: Path) -> None:
    import_course(small_course)
    progress = Progress.objects.create(
        learner=UserFactory(), lesson=one(), opened_at=timezone.now(), visited_at=timezone.now()
    )
    revisions = Revision.objects.count()
    edit(small_course / "01-start/01-one.md", "Some prose.", "Other prose.")
    report = import_course(small_course)
    assert (report.changed, report.unchanged) == (1, 5)
    assert Revision.objects.count() == revisions + 1
    assert one().body[1].value == "Other prose."
    progress.refresh_from_db()
    assert progress.lesson == one()


def test_renamed_file_is_the_same_page(small_course: Path) -> None:
    import_course(small_course)
    pk = one().pk
    (small_course / "01-start/01-one.md").rename(small_course / "01-start/01-first.md")
    report = import_course(small_course)
    assert (report.changed, report.missing) == (1, [])
    assert (one().pk, one().slug) == (pk, "first")


def test_two_files_may_swap_their_names(small_course: Path) -> None:
    import_course(small_course)
    swap_the_first_two(small_course)
    import_course(small_course)
    assert one().slug == "two"
    assert slugs(one().get_parent()) == ["two", "one"]
    assert one().url_path.endswith("/start/two/")


@pytest.mark.parametrize("published", [True, False])
def test_a_page_edited_in_the_cms_keeps_its_address(small_course: Path, published: bool) -> None:
    import_course(small_course)
    lesson = one()
    lesson.title = "Rewritten"
    revision = lesson.save_revision()
    if published:
        revision.publish()
    swap_the_first_two(small_course)

    with pytest.raises(CourseFileError, match="has the address “one” and keeps it"):
        import_course(small_course)

    assert one().slug == "one"
    import_course(small_course, force=True)
    assert slugs(one().get_parent()) == ["two", "one"]


def test_an_edited_page_that_moves_takes_nobodys_address(small_course: Path) -> None:
    (small_course / "02-more/01-three.md").rename(small_course / "02-more/01-one.md")
    import_course(small_course)
    lesson = one()
    lesson.title = "Rewritten"
    lesson.save_revision().publish()
    (small_course / "01-start/01-one.md").rename(small_course / "02-more/02-first.md")

    with pytest.raises(CourseFileError, match="The slug 'one' is already in use"):
        import_course(small_course)


def test_lessons_may_swap_modules_and_names_at_once(small_course: Path) -> None:
    import_course(small_course)
    (small_course / "01-start/01-one.md").rename(small_course / "02-more/02-two.md")
    (small_course / "01-start/02-two.md").rename(small_course / "01-start/02-one.md")

    assert import_course(small_course).left_alone == []
    assert one().url_path.endswith("/small/more/two/")


def test_order_and_module_follow_the_files(small_course: Path) -> None:
    import_course(small_course)
    pk = one().pk
    (small_course / "01-start/01-one.md").rename(small_course / "02-more/02-one.md")
    (small_course / "01-start").rename(small_course / "03-start")
    report = import_course(small_course)
    assert report.moved == 2
    assert slugs(CoursePage.objects.get(slug="small")) == ["more", "start"]
    assert slugs(ModulePage.objects.get(slug="more")) == ["three", "one"]
    assert (one().pk, one().url_path.endswith("/small/more/one/")) == (pk, True)
    assert import_course(small_course).moved == 0


def test_renamed_module_takes_its_lessons_along(small_course: Path) -> None:
    import_course(small_course)
    (small_course / "01-start").rename(small_course / "01-begin")
    import_course(small_course)
    assert one().url_path.endswith("/small/begin/one/")


def test_draft_of_the_cms_is_left_alone_and_named(small_course: Path) -> None:
    import_course(small_course)
    lesson = one()
    lesson.title = "Being rewritten"
    lesson.save_revision()
    edit(small_course / "01-start/01-one.md", "Some prose.", "Other prose.")
    report = import_course(small_course)
    assert report.changed == 0
    assert len(report.left_alone) == 1
    assert "Lesson one" in report.left_alone[0]
    assert one().body[1].value == "Some prose."
    assert one().get_latest_revision_as_object().title == "Being rewritten"


def test_published_edit_of_the_cms_is_left_alone(small_course: Path) -> None:
    import_course(small_course)
    lesson = one()
    lesson.title = "Rewritten"
    lesson.save_revision().publish()
    assert import_course(small_course).left_alone
    assert one().title == "Rewritten"


def test_force_replaces_what_the_cms_has(small_course: Path) -> None:
    import_course(small_course)
    lesson = one()
    lesson.title = "Rewritten"
    lesson.save_revision()
    report = import_course(small_course, force=True)
    assert (report.changed, report.unchanged, report.left_alone) == (1, 5, [])
    assert one().get_latest_revision_as_object().title == "Lesson one"
    assert not one().has_unpublished_changes


def test_files_that_took_over_the_cms_edit_lead_again(small_course: Path) -> None:
    import_course(small_course)
    lesson = one()
    lesson.title = "Rewritten"
    lesson.save_revision().publish()
    edit(small_course / "01-start/01-one.md", "title: Lesson one", "title: Rewritten")
    assert import_course(small_course).unchanged == 6
    edit(small_course / "01-start/01-one.md", "title: Rewritten", "title: Rewritten twice")
    assert import_course(small_course).changed == 1


def test_line_ends_of_a_browser_are_no_change(small_course: Path) -> None:
    import_course(small_course)
    lesson = one()
    lesson.outcomes += "\r\n"
    lesson.save_revision().publish()
    assert import_course(small_course).unchanged == 6


def test_saving_in_the_cms_without_a_change_is_no_change(real_course: Path, site: Site) -> None:
    import_course(real_course)
    for lesson in LessonPage.objects.all():
        block = lesson.body.stream_block
        assert block.get_prep_value(block.clean(lesson.body)) == list(lesson.body.get_prep_value())


def test_page_without_a_file_is_named_and_kept(small_course: Path) -> None:
    import_course(small_course)
    (small_course / "01-start/01-one.md").unlink()
    report = import_course(small_course)
    assert len(report.missing) == 1
    assert one().live


def test_one_mistake_stops_everything(small_course: Path) -> None:
    edit(small_course / "02-more/01-three.md", "minutes: 7", "minutes: 700")
    with pytest.raises(CourseFileError, match=r"01-three.md, line 4: minutes: "):
        import_course(small_course)
    assert not CoursePage.objects.exists()


def test_mistake_in_a_block_has_its_line(small_course: Path) -> None:
    edit(small_course / "01-start/01-one.md", "One square.", "x" * 301)
    with pytest.raises(CourseFileError, match=r"01-one.md, line 14: body: caption: .*at most 300"):
        import_course(small_course)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("01-start/02-two.md", "000000000005", "000000000004", "01-one.md has the same id"),
        ("01-start/02-two.md", "square.svg", "circle.svg", "images/circle.svg does not exist"),
    ],
)
def test_mistake_across_files_is_named(
    small_course: Path, name: str, old: str, new: str, message: str
) -> None:
    edit(small_course / name, old, new)
    with pytest.raises(CourseFileError, match=message):
        import_course(small_course)


def test_file_without_a_number_is_refused(small_course: Path) -> None:
    (small_course / "01-start/01-one.md").rename(small_course / "01-start/one.md")
    with pytest.raises(CourseFileError, match="Start the name with two digits"):
        import_course(small_course)


def test_two_files_with_one_address_are_refused(small_course: Path) -> None:
    (small_course / "01-start/02-two.md").rename(small_course / "01-start/02-one.md")
    with pytest.raises(CourseFileError, match=r"01-one\.md has the same address"):
        import_course(small_course)


def test_unreadable_picture_is_refused(small_course: Path) -> None:
    (small_course / "images/square.svg").write_text("no picture")
    with pytest.raises(CourseFileError, match=r"square\.svg: This picture can't be read"):
        import_course(small_course)


def test_id_of_another_kind_of_page_is_refused(small_course: Path) -> None:
    import_course(small_course)
    (small_course / "01-start/01-one.md").unlink()
    edit(small_course / "02-more/module.md", "000000000003", "000000000004")
    with pytest.raises(CourseFileError, match="“Lesson one” has this id"):
        import_course(small_course)


def test_command_prints_one_line_and_what_needs_a_look(
    small_course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("import_course", small_course)
    assert capsys.readouterr().out == "small: pages: 6 new; new pictures: 1.\n"
    one().save_revision()
    lesson = one()
    lesson.has_unpublished_changes = True
    lesson.save(update_fields=["has_unpublished_changes"])
    call_command("import_course", small_course)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "small: pages: 5 unchanged, 1 left alone."
    assert second.startswith("Left alone, changed in the CMS (--force replaces it): Lesson one")


def test_command_says_where_the_mistake_is(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no such folder"):
        call_command("import_course", tmp_path / "nothing")
