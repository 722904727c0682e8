"""Authors run the code of a lesson in its editor, and try blocks before they add one."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lessons import grading
from lessons.grading import ExampleRun as Ran
from lessons.grading import Verdict
from lessons.models import Attempt, Draft, LessonPage
from tests.e2e.conftest import AXE, END_ANIMATIONS

BROKEN = "import nothing_of_that_name"


@pytest.fixture
def checker(settings: object, monkeypatch: pytest.MonkeyPatch) -> str:
    """The real sandbox where there is one, else a stand-in that fails what imports an unknown module."""
    settings.GRADER = "auto"
    if grading.status().trusted:
        return "sandbox"

    def run_example(files: dict[str, str], kind: str, requests: list[dict]) -> Ran:
        if any(BROKEN in source for source in files.values()):
            trouble = {
                "plain": "There is no nothing_of_that_name here.",
                "file": "app.py",
                "line": 1,
            }
            return Ran(False, [], "", trouble)
        return Ran(True, [{"status": 200, "console": ""} for _ in requests], "", None)

    monkeypatch.setattr(grading, "run_example", run_example)
    monkeypatch.setattr(grading, "grade", lambda job: Verdict("passed", [], "", ""))
    return "stand-in"


def assert_panel_accessible(page: Page) -> None:
    """Run axe-core on what this project adds to Wagtail's editor, in light and dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(END_ANIMATIONS)
        page.evaluate(AXE)
        found = page.evaluate("axe.run({include: [['[data-lesson-code]']]})")["violations"]
        assert [(scheme, item["id"], node["html"]) for item in found for node in item["nodes"]] == []
    page.emulate_media(color_scheme="light")


def test_an_author_runs_all_examples_and_sees_what_fails_beside_its_block(
    page: Page, sign_in: Callable[[str], None], checker: str
) -> None:
    lesson = LessonPage.objects.get(slug="first-response-in-flask")
    block = next(item for item in lesson.body if item.block_type == "code" and item.value["run"] != "none")
    sign_in("author@example.com")
    page.goto(f"/cms/pages/{lesson.pk}/edit/")
    place = page.locator(f'[data-contentpath="{block.id}"]')
    source = place.locator("textarea.lesson-source").first
    right = source.input_value()
    panel = page.locator("[data-lesson-code]")
    run_all = panel.get_by_role("button", name="Run all examples")
    result = panel.locator("[data-run-status]")

    run_all.click()
    expect(result).to_have_text("All of it runs.", timeout=120_000)
    expect(place.locator(".lesson-code__badge")).to_have_text("Runs")
    assert_panel_accessible(page)

    source.fill(f"{BROKEN}\n{right}")
    run_all.click()
    expect(result).to_contain_text("1 of", timeout=120_000)
    expect(place.locator(".lesson-code__badge")).to_have_text("Fails")
    expect(place.locator(".lesson-code__note")).to_contain_text("nothing_of_that_name", timeout=30_000)
    expect(panel.locator(".lesson-code__problems")).to_contain_text("nothing_of_that_name", timeout=30_000)
    assert_panel_accessible(page)


def test_an_author_runs_a_draft_in_its_preview_and_nothing_is_kept(
    page: Page, sign_in: Callable[[str], None], demo: str
) -> None:
    lesson = LessonPage.objects.get(slug="first-response-in-flask")
    sign_in("author@example.com")
    page.goto(f"/cms/pages/{lesson.pk}/view_draft/")
    exercise = page.locator(".exercise").first

    exercise.get_by_role("button", name="Check").first.click()
    expect(exercise.locator("[data-sum]").first).to_contain_text("checks passed", timeout=60_000)

    expect(exercise.get_by_text("Learners of the course hand in here.").first).to_be_visible()
    expect(exercise.get_by_role("button", name="Hand in")).to_have_count(0)
    assert not Draft.objects.exists()
    assert not Attempt.objects.filter(learner__email="author@example.com").exists()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft:'))") == []
