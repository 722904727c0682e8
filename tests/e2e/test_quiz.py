"""A quiz in a real browser: told at once, moved by keyboard, counted down, and all of it without scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from courses.models import ModulePage
from lessons.models import Attempt
from tests.e2e.conftest import assert_accessible, assert_fits, watch
from tests.factories.lessons import make_lesson
from tests.factories.quizzes import CHOICE, EVERY_KIND, ORDERING, RIGHT, SHORT, quiz_block

PRACTICE, FINAL = "#quiz-check-yourself", "#quiz-final"


@pytest.fixture
def lesson(demo: str) -> str:
    """The address of a free lesson with a quiz for practice and an assessed one."""
    final = quiz_block(CHOICE, SHORT, block_id="final", title="End", mode="assessed", minutes=10, attempts=2)
    module = ModulePage.objects.get(slug="first-pages")
    passage = {"type": "passage", "id": "what-you-know", "value": "What you know"}
    return make_lesson(module, is_free=True, body=[passage, quiz_block(*EVERY_KIND), final]).url


def question(page: Page, name: str) -> Locator:
    return page.locator(f"{PRACTICE}-{name}")


def check(page: Page, name: str) -> Locator:
    """Press "Check answer" and return what the reader is led to."""
    question(page, name).get_by_role("button", name="Check answer").click()
    told = question(page, name).locator("[data-focus]")
    expect(told).to_be_focused()
    return told


def test_a_visitor_is_told_at_once_and_led_to_the_reason(page: Page, lesson: str) -> None:
    page.goto(lesson)
    look(page)
    question(page, "q-short").get_by_role("textbox").fill("half an ans")
    question(page, "q-choice").get_by_label("A decorator").check()
    expect(check(page, "q-choice")).to_contain_text("Not right. SECRET-WHY Flask has those.")
    expect(question(page, "q-choice").get_by_label("A decorator")).to_be_disabled()
    expect(question(page, "q-short").get_by_role("textbox")).to_have_value("half an ans")
    look(page)

    question(page, "q-choice").get_by_label(RIGHT).check()
    expect(check(page, "q-choice")).to_contain_text("Correct.")
    expect(question(page, "q-choice").locator(".draw mark")).to_have_text(RIGHT)

    question(page, "q-short").get_by_role("textbox").fill("secret-key.py")
    question(page, "q-short").get_by_role("textbox").press("Enter")
    expect(question(page, "q-short").locator(".told")).to_contain_text("Correct.")
    expect(question(page, "q-choice").locator(".draw")).to_have_count(0)
    assert page.url.endswith(lesson)


def test_items_are_ordered_with_the_keyboard(page: Page, lesson: str) -> None:
    page.goto(lesson)
    box = question(page, "q-order")
    wanted = ORDERING["value"]["items"]
    for place, text in enumerate(wanted):
        button = box.get_by_role("button", name=f"Move “{text}” up")
        for _ in range(box.locator(".answer").all_inner_texts().index(text) - place):
            button.focus()
            page.keyboard.press("Enter")
            expect(button).to_be_focused()
    assert box.locator(".answer").all_inner_texts() == wanted

    expect(check(page, "q-order")).to_contain_text("Correct.")


def test_a_student_answers_against_the_clock_and_nothing_typed_is_lost(
    page: Page, lesson: str, sign_in: Callable[[str], None]
) -> None:
    sign_in("student@example.com")
    page.goto(lesson)
    quiz = page.locator(FINAL)
    quiz.get_by_role("button", name="Start the quiz").click()
    expect(quiz.get_by_role("heading", name="End")).to_be_focused()
    quiz.get_by_role("textbox").fill("secret-key.py")
    expect(quiz.locator("[data-saved]")).to_have_text(re.compile(r"Saved \d\d:\d\d"))
    expect(quiz.locator("[data-clock]")).to_have_text(re.compile(r"9:\d\d left"))
    look(page)

    page.reload()
    expect(quiz.get_by_role("textbox")).to_have_value("secret-key.py")
    quiz.get_by_label(RIGHT).check()
    quiz.get_by_role("button", name="Finish the quiz").click()
    expect(quiz.locator(".quiz-result")).to_be_focused()
    expect(quiz.locator(".quiz-result")).to_contain_text("2 of 2 right, 100 %")
    look(page)


def test_the_last_second_hands_in_what_is_on_the_page(
    page: Page, lesson: str, sign_in: Callable[[str], None]
) -> None:
    page.clock.install()
    sign_in("student@example.com")
    page.goto(lesson)
    quiz = page.locator(FINAL)
    quiz.get_by_role("button", name="Start the quiz").click()
    quiz.get_by_label(RIGHT).check()
    said = quiz.locator("[data-clock-said]")

    page.clock.fast_forward("05:10")
    expect(said).to_have_text("5 minutes left.")
    page.clock.fast_forward("04:00")
    expect(said).to_have_text("1 minute left.")
    page.clock.fast_forward("00:55")

    expect(quiz.locator(".quiz-result")).to_contain_text("1 of 2 right, 50 %")


def test_a_browser_without_scripts_can_do_it_all(browser: Browser, demo: str, lesson: str) -> None:
    context = browser.new_context(base_url=demo, java_script_enabled=False)
    problems = watch(context)
    page = context.new_page()
    page.goto(lesson)
    question(page, "q-choice").get_by_label("A decorator").check()
    question(page, "q-choice").get_by_role("button", name="Check answer").click()
    assert page.url.endswith(f"{lesson}{PRACTICE}-q-choice")
    expect(question(page, "q-choice")).to_contain_text("Flask has those.")

    for place, text in enumerate(ORDERING["value"]["items"], start=1):
        question(page, "q-order").get_by_label(f"Place of “{text}”").select_option(str(place))
    question(page, "q-order").get_by_role("button", name="Check answer").click()
    expect(question(page, "q-order")).to_contain_text("Correct.")
    context.close()
    assert problems == []
    assert Attempt.objects.filter(block_id="check-yourself", visitor__isnull=False).count() == 1


def test_without_a_connection_the_browser_sends_the_form_itself(page: Page, lesson: str) -> None:
    page.goto(lesson)
    answers = f"**{lesson}quiz/check-yourself/answer/"
    page.route(
        answers, lambda route: route.abort() if is_script(route.request.headers) else route.continue_()
    )
    question(page, "q-choice").get_by_label("A decorator").check()
    question(page, "q-choice").get_by_role("button", name="Check answer").click()

    page.wait_for_url(f"**{lesson}{PRACTICE}-q-choice")
    expect(question(page, "q-choice")).to_contain_text("Flask has those.")


def is_script(headers: dict[str, str]) -> bool:
    return headers.get("x-requested-with") == "fetch"


def look(page: Page) -> None:
    """Expect a page that is accessible and as wide as its window."""
    assert_accessible(page)
    assert_fits(page)


def test_long_code_in_an_option_wraps(page: Page, demo: str) -> None:
    code = '`href="https://jobboard.example/static/style.css?version=2026-11-23"`'
    options = [{"text": text, "is_right": text == code, "why": "So it is."} for text in (code, "`url_for()`")]
    block = quiz_block(CHOICE | {"value": CHOICE["value"] | {"options": options}})
    module = ModulePage.objects.get(slug="first-pages")
    page.goto(make_lesson(module, is_free=True, body=[block]).url)
    expect(page.get_by_text("jobboard.example")).to_be_visible()
    assert_fits(page)
