"""A real browser in front of a real server that holds the demo course."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser import find_chromium
from tests.factories.accounts import PASSWORD
from tests.factories.courses import restore_roots

AXE = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text()
END_ANIMATIONS = """() => {
    for (const one of document.getAnimations()) {
        if (Number.isFinite(one.effect?.getComputedTiming().endTime)) one.finish();
    }
}"""
"""Colours on their way to those of another scheme would be measured half-way."""
WIDTHS = {"phone": (390, 844), "desktop": (1440, 900)}

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=find_chromium(),
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
        ],
    )
    yield browser
    browser.close()


@pytest.fixture
def demo(_short_demo: None, live_server: LiveServer, settings: object, tmp_path: Path) -> str:
    """The address of a server that shows the demo course, its accounts and its leads."""
    settings.MEDIA_ROOT = tmp_path
    settings.SITE_URL = live_server.url
    restore_roots()
    call_command("load_demo", accounts=True, verbosity=0)
    return live_server.url


@pytest.fixture(params=WIDTHS)
def context(request: pytest.FixtureRequest, browser: Browser, demo: str) -> Iterator[BrowserContext]:
    """A browser window at phone or desktop width; policy violations and script errors fail the test."""
    width, height = WIDTHS[request.param]
    context = browser.new_context(
        base_url=demo, viewport={"width": width, "height": height}, has_touch=request.param == "phone"
    )
    problems = watch(context)
    yield context
    context.close()
    assert problems == []


def watch(context: BrowserContext) -> list[str]:
    """Return a list that fills with the script errors and policy violations of every page opened here."""
    context.set_default_timeout(15_000)
    problems: list[str] = []

    def note_error(error: Error) -> None:
        if "Transition was" not in str(error):  # the browser's note that it skipped a cross-fade
            problems.append(str(error))

    def watch_page(page: Page) -> None:
        page.on("pageerror", note_error)
        page.on(
            "console",
            lambda message: (
                problems.append(f"{page.url}: {message.text}")
                if "Content Security Policy" in message.text
                else None
            ),
        )

    context.on("page", watch_page)
    return problems


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def sign_in(page: Page) -> Callable[[str], None]:
    """Sign in through the form as one of the demo's people."""

    def enter(email: str) -> None:
        page.context.clear_cookies()
        page.goto("/accounts/login/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url(lambda url: "/accounts/login" not in url)

    return enter


def assert_accessible(page: Page) -> None:
    """Run axe-core on the page in light and dark and expect no violation."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(END_ANIMATIONS)
        page.evaluate(AXE)
        found = page.evaluate("axe.run(document, {exclude: [['wagtail-userbar']]})")["violations"]
        assert [
            (scheme, violation["id"], node["html"], node["failureSummary"])
            for violation in found
            for node in violation["nodes"]
        ] == [], page.url
    page.emulate_media(color_scheme="light")


def assert_fits(page: Page) -> None:
    """Expect no sideways scrolling of the page as a whole."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"
