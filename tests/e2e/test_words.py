"""Words to learn: the glossary, and interview questions that open around their answers."""

import pytest
from playwright.sync_api import Browser, Page, expect

from courses.models import CoursePage, GlossaryPage, ModulePage
from tests.e2e.conftest import assert_accessible, assert_fits
from tests.factories.lessons import make_lesson

TERMS = {
    "View": ("The function that answers a request.", "first-pages/urls-and-views"),
    "Route": ("The rule that leads from a path to a view.", ""),
    "Cache": ("A place for answers.", ""),
}
ASKED = {
    "text": "What does an index cost?",
    "answer": "Every write gets a little slower.\n\n```sql\nCREATE INDEX job_city ON job (city);\n```",
    "why": "They want to hear both sides.",
}


@pytest.fixture
def glossary(demo: str) -> str:
    """The address of a glossary with three terms."""
    terms = [
        ("term", {"term": term, "text": text, "lesson": lesson}) for term, (text, lesson) in TERMS.items()
    ]
    page = GlossaryPage(title="Glossary", slug="glossary", terms=terms)
    return CoursePage.objects.get(slug="python-full-stack").add_child(instance=page).url


@pytest.fixture
def interview(demo: str) -> str:
    """The address of a free lesson with an interview question."""
    block = {
        "type": "interview",
        "id": "asked",
        "value": {
            "title": "Databases",
            "questions": [{"type": "question", "id": "index-cost", "value": ASKED}],
        },
    }
    module = ModulePage.objects.get(slug="first-pages")
    passage = {"type": "passage", "id": "ask", "value": "Ask"}
    return make_lesson(module, is_free=True, body=[passage, block]).url


def test_a_term_is_found_by_a_few_letters(page: Page, glossary: str) -> None:
    page.goto(glossary)
    assert_accessible(page)
    assert_fits(page)
    terms = page.get_by_role("main").get_by_role("term")
    expect(terms).to_have_text(["Cache", "Route", "View"])

    page.get_by_label("Find a term").fill("path")
    expect(terms.filter(visible=True)).to_have_text(["Route"])
    expect(page.get_by_role("heading", name="C", exact=True)).to_be_hidden()

    page.get_by_label("Find a term").fill("nothing like it")
    expect(page.get_by_role("status")).to_have_text("No term has these letters. Try fewer.")

    page.get_by_label("Find a term").fill("")
    page.get_by_role("link", name="URLs and views").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("URLs and views")


def test_the_glossary_is_whole_without_scripts(browser: Browser, glossary: str, demo: str) -> None:
    context = browser.new_context(base_url=demo, java_script_enabled=False)
    page = context.new_page()
    page.goto(glossary)
    expect(page.get_by_role("main").get_by_role("term")).to_have_count(3)
    expect(page.get_by_label("Find a term")).to_be_hidden()
    page.get_by_role("navigation", name="Letters").get_by_role("link", name="R").click()
    assert page.url.endswith("#letter-2")
    context.close()


def test_an_answer_is_shown_when_its_question_is_opened(page: Page, interview: str) -> None:
    page.goto(interview)
    answer = page.get_by_text("Every write gets a little slower.")
    expect(answer).to_be_hidden()
    page.get_by_text("What does an index cost?").click()
    expect(answer).to_be_visible()
    expect(page.get_by_text("They want to hear both sides.")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
