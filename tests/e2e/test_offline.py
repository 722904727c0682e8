"""Lessons without a network: what was kept works, what was done is sent later, nobody else sees it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from lessons.models import Attempt, Progress
from tests.e2e.conftest import assert_accessible, watch
from tests.factories.accounts import PASSWORD

MODULE = "/courses/web-basics/requests-and-responses/"
FIRST = f"{MODULE}what-happens-when-you-open-an-address/"
SECOND = f"{MODULE}read-a-request-and-a-response/"


@pytest.fixture
def page(browser: Browser, demo: str) -> Iterator[Page]:
    """A phone in which the service worker is at work."""
    context = browser.new_context(base_url=demo, viewport={"width": 390, "height": 844})
    problems = watch(context)
    yield context.new_page()
    context.close()
    assert problems == []


def enter(page: Page, email: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def kept_pages(page: Page) -> list[str]:
    return page.evaluate(
        """async () => {
            const keys = await (await caches.open("pages")).keys();
            return keys.map((request) => new URL(request.url).pathname);
        }"""
    )


def test_a_module_is_kept_read_offline_and_what_was_done_is_sent_later(page: Page) -> None:
    enter(page, "student@example.com")
    page.goto("/courses/web-basics/")
    if page.get_by_role("button", name="Join this course").count():
        page.get_by_role("button", name="Join this course").first.click()
    page.goto(MODULE)
    page.get_by_text("Keep this chapter for offline reading").click()
    expect(page.get_by_text("3 lessons, about")).to_be_visible()
    page.get_by_label("Python too").check()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Kept on this device.")).to_be_visible(timeout=60_000)
    assert_accessible(page)

    page.context.set_offline(True)
    page.goto(FIRST)
    expect(page.get_by_role("heading", level=1)).to_have_text("What happens when you open an address")
    expect(page.get_by_text("You are offline.")).to_be_visible()
    page.goto(SECOND)
    expect(page.get_by_role("heading", level=1)).to_have_text("Read a request and a response")
    pane = page.locator("[data-run]").first
    pane.get_by_role("button", name="Run").click()
    expect(pane).to_have_attribute("data-runner-state", "finished", timeout=60_000)
    page.goto(FIRST)
    page.get_by_role("button", name="Mark done").click()
    expect(page.get_by_text("Waiting to be sent: 1.")).to_be_visible()
    assert (
        not Progress.objects.done()
        .filter(learner__email="student@example.com", lesson__slug="what-happens-when-you-open-an-address")
        .exists()
    )

    with page.expect_response(lambda response: response.url.endswith("/done/")):
        page.context.set_offline(False)
    expect(page.get_by_text("Waiting to be sent")).to_be_hidden()
    assert (
        Progress.objects.done()
        .filter(learner__email="student@example.com", lesson__slug="what-happens-when-you-open-an-address")
        .exists()
    )


def test_an_exercise_of_a_lesson_that_was_only_opened_is_handed_in_later(page: Page) -> None:
    enter(page, "student@example.com")
    page.goto("/courses/python-full-stack/first-pages/first-response-in-flask/")
    page.context.set_offline(True)
    page.get_by_role("button", name="Hand in").first.click()

    expect(page.get_by_text("Waiting to be sent: 1.")).to_be_visible()
    with page.expect_response(lambda response: response.url.endswith("/submit/")):
        page.context.set_offline(False)
    expect(page.get_by_text("Waiting to be sent")).to_be_hidden()
    assert Attempt.objects.filter(
        learner__email="student@example.com", state__in=["queued", "running"]
    ).exists()


def test_a_page_that_was_never_opened_says_that_you_are_offline(page: Page) -> None:
    enter(page, "student@example.com")
    page.goto("/learn/")
    page.context.set_offline(True)

    page.goto(SECOND)

    expect(page.get_by_role("heading", level=1)).to_have_text("You are offline")


def test_the_door_takes_away_what_a_session_that_has_run_out_left(page: Page) -> None:
    enter(page, "student@example.com")
    page.goto("/learn/")
    page.wait_for_function("async () => (await (await caches.open('pages')).keys()).length > 1")
    page.context.clear_cookies()

    page.goto("/learn/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")

    assert kept_pages(page) == []
    page.context.set_offline(True)
    page.goto("/learn/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are offline")


def test_logging_out_leaves_nothing_and_another_account_sees_nothing(page: Page) -> None:
    enter(page, "student@example.com")
    page.goto("/courses/python-full-stack/first-pages/urls-and-views/")
    page.goto("/learn/")
    page.wait_for_function("async () => (await (await caches.open('pages')).keys()).length > 1")
    page.evaluate("localStorage.setItem('draft:1:x:flask', '{}')")
    assert "/courses/python-full-stack/first-pages/urls-and-views/" in kept_pages(page)

    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    page.wait_for_url(lambda url: "/accounts/logout" not in url)
    assert not [path for path in kept_pages(page) if path.startswith("/courses/python-full-stack/f")]
    assert page.evaluate("localStorage.length") == 0

    enter(page, "admissions@example.com")
    assert User.objects.filter(email="admissions@example.com").exists()
    page.context.set_offline(True)
    page.goto("/courses/python-full-stack/first-pages/urls-and-views/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are offline")
