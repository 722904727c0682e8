"""The pages of the public site: which addresses stay, and what each shows."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from wagtail.models import Page, Site

from accounts.models import User
from courses.models import CataloguePage, CoursePage, HomePage, StandardPage
from tests.conftest import SmallCourse, signed_in
from tests.factories.courses import make_course, make_module
from tests.factories.lessons import make_lesson

pytestmark = pytest.mark.django_db


def test_htmx_gets_the_results_and_a_history_restore_the_whole_page(
    visitor: Client, course: SmallCourse
) -> None:
    fragment = visitor.get("/courses/", headers={"HX-Request": "true"})
    restored = visitor.get("/courses/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})

    assert "<html" not in fragment.content.decode()
    assert "<html" in restored.content.decode()
    for response in (fragment, restored, visitor.get("/courses/")):
        vary = {name.strip() for name in response.headers["Vary"].split(",")}
        assert vary >= {"HX-Request", "HX-History-Restore-Request"}


def test_a_renamed_module_is_previewed_with_its_lessons(author: User, course: SmallCourse) -> None:
    module = course.module
    module.title = "A better name"
    module.save_revision(user=author)

    page = signed_in(author).get(f"/cms/pages/{module.pk}/view_draft/").content.decode()

    assert "1 · A better name" in page
    assert "Why a framework" in page


def test_two_modules_of_one_name_are_told_apart(visitor: Client, course: SmallCourse) -> None:
    twin = make_module(course.page, title=course.module.title)
    make_lesson(twin, title="In the twin")

    page = visitor.get(twin.url).content.decode()

    assert page.count("<h1") == 1
    assert "2 · First pages" in page
    assert "In the twin" in page


def test_a_new_module_can_be_previewed(author: User, course: SmallCourse) -> None:
    draft = make_module(course.page, title="Still to come", live=False)
    draft.save_revision(user=author)

    page = signed_in(author).get(f"/cms/pages/{draft.pk}/view_draft/").content.decode()

    assert "Still to come" in page


def refused(page: Page, message: str) -> None:
    with pytest.raises(ValidationError, match=message) as problem:
        page.full_clean()
    assert list(problem.value.error_dict) == ["slug"]


def test_the_catalogue_keeps_its_slug(site: Site) -> None:
    page = CataloguePage.objects.get()
    page.slug = "programmes"

    refused(page, "Keep “courses” as the slug")


def test_the_placement_page_keeps_its_slug_and_others_do_not(site: Site) -> None:
    home = HomePage.objects.get()
    placement = home.add_child(instance=StandardPage(title="Placements", slug="placement"))
    other = home.add_child(instance=StandardPage(title="About", slug="about"))
    placement.full_clean()
    placement.slug = "jobs"
    other.slug = "about-us"

    refused(placement, "Keep “placement” as its slug")
    other.full_clean()


def test_a_module_cannot_take_the_address_of_joining(course: SmallCourse) -> None:
    course.module.slug = "join"

    refused(course.module, "below a course is taken")


def test_a_price_is_given_on_purpose_and_never_negative(site: Site) -> None:
    with pytest.raises(ValidationError, match="price"):
        make_course(price=None)
    course = make_course(price=0)
    assert course.is_free
    assert CoursePage._meta.get_field("price").has_default() is False

    with pytest.raises(IntegrityError), transaction.atomic():
        CoursePage.objects.filter(pk=course.pk).update(price=-1)


@pytest.mark.parametrize(
    ("prepare", "label"),
    [
        (lambda course: None, "Start lesson 1 free"),
        (lambda course: course.free.unpublish(), "Start a free lesson"),
    ],
)
def test_the_home_page_names_the_lesson_it_starts_with(
    visitor: Client, course: SmallCourse, prepare: Callable[[SmallCourse], None], label: str
) -> None:
    make_lesson(course.module, is_free=True)
    HomePage.objects.update(course=course.page)
    prepare(course)

    assert label in visitor.get("/").content.decode()
