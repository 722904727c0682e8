"""The glossary of a course: written in a file, read by everybody, with the way to the lessons."""

from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from wagtail.models import Revision

from content.documents import GlossaryFile
from content.errors import CourseFileError
from content.exporter import export_course
from content.importer import import_course
from courses.models import CoursePage
from tests.content.test_round_trip import ID, words

pytestmark = pytest.mark.django_db

PAGE = "/courses/small/glossary/"
HEAD = """---
id: 11111111-0000-4000-8000-0000000000aa
title: Glossary
intro: The words of this course.
terms:
"""
TERMS = """  - term: view
    text: The function that answers an address, such as `home`.
    lesson: start/one
  - term: "404"
    text: "There is nothing here: the status for it."
  - term: Address
    text: What stands in the browser's bar.
---
"""


@pytest.fixture
def with_glossary(small_course: Path) -> Path:
    (small_course / "glossary.md").write_text(HEAD + TERMS)
    return small_course


def test_everybody_reads_the_terms_in_order_with_the_way_to_the_lesson(
    with_glossary: Path, client: Client
) -> None:
    import_course(with_glossary)

    page = client.get(PAGE).content.decode()

    assert [page.index(f"<dt>{term}</dt>") for term in ("404", "Address", "view")] == sorted(
        page.index(f"<dt>{term}</dt>") for term in ("404", "Address", "view")
    )
    assert "such as <code>home</code>" in page
    assert 'href="/courses/small/start/one/">' in page
    assert 'id="view"' in page


def test_the_course_and_its_lessons_lead_to_the_glossary(with_glossary: Path, client: Client) -> None:
    import_course(with_glossary)

    for address in ("/courses/small/", "/courses/small/start/one/"):
        assert f'href="{PAGE}"' in client.get(address).content.decode(), address


def test_a_course_without_one_leads_to_none(small_course: Path, client: Client) -> None:
    import_course(small_course)

    assert "glossary" not in client.get("/courses/small/").content.decode()
    assert client.get(PAGE).status_code == 404


def test_the_glossary_of_a_course_that_is_not_published_is_not_shown(
    with_glossary: Path, client: Client
) -> None:
    import_course(with_glossary)
    CoursePage.objects.get(slug="small").unpublish()

    assert client.get(PAGE).status_code == 404


def test_many_terms_take_no_more_queries(
    with_glossary: Path, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    more = "".join(f"  - term: Word {n}\n    text: Means {n}.\n    lesson: start/one\n" for n in range(100))
    (with_glossary / "glossary.md").write_text(HEAD + more + TERMS)
    import_course(with_glossary)
    client.get(PAGE)

    with django_assert_max_num_queries(12):
        assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("  - term: View\n    text: Again.\n", "“view” stands twice"),
        ("  - term: Model\n    text: A table.\n    lesson: first/gone\n", "there is no lesson first/gone"),
        ("  - text: Nameless.\n", "terms"),
    ],
)
def test_a_mistake_stops_the_import_and_says_where(with_glossary: Path, entry: str, said: str) -> None:
    (with_glossary / "glossary.md").write_text(HEAD + entry + TERMS)

    with pytest.raises(CourseFileError, match=said) as refused:
        import_course(with_glossary)

    assert "glossary.md" in str(refused.value)


def test_an_export_holds_it_and_a_second_import_changes_nothing(with_glossary: Path, tmp_path: Path) -> None:
    import_course(with_glossary)
    revisions = Revision.objects.count()

    export_course("small", tmp_path / "out")
    report = import_course(tmp_path / "out")

    assert (tmp_path / "out" / "glossary.md").read_text() == HEAD + TERMS
    assert (report.created, report.changed, report.left_alone) == (0, 0, [])
    assert Revision.objects.count() == revisions


def test_modules_that_come_later_leave_the_glossary_where_it_is(with_glossary: Path, client: Client) -> None:
    import_course(with_glossary)
    (with_glossary / "02-more").rename(with_glossary / "03-more")
    later = with_glossary / "02-later"
    later.mkdir()
    module = (with_glossary / "01-start" / "module.md").read_text()
    (later / "module.md").write_text(module.replace("000000000002", "0000000000bb").replace("Start", "Later"))
    (with_glossary / "glossary.md").write_text((HEAD + TERMS).replace("The words of", "All words of"))

    report = import_course(with_glossary)

    assert (report.created, report.changed) == (1, 1)
    assert "All words of this course." in client.get(PAGE).content.decode()
    import_course(with_glossary)


@given(terms=st.lists(st.tuples(words, words, st.just("") | st.just("start/one")), max_size=3))
def test_it_reads_back_the_same(terms: list[tuple[str, str, str]]) -> None:
    glossary = GlossaryFile(id=ID, title="Glossary", intro_line="Words.", terms=tuple(terms))
    assert GlossaryFile.parse(glossary.write(), "glossary.md") == glossary
