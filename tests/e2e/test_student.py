"""A student signs up, reads in order and comes back."""

import re
from collections.abc import Callable

from django.core import mail
from playwright.sync_api import Page, expect

from outbox.delivery import drain
from tests.e2e.conftest import assert_accessible, assert_fits


def test_a_student_signs_up_with_a_code_joins_a_free_course_and_resumes(page: Page) -> None:
    page.goto("/accounts/signup/")
    look(page)
    page.get_by_label("Your name").fill("Divya Shankar")
    page.get_by_label("Email").fill("divya@example.com")
    page.get_by_label("Password", exact=True).fill("two-frameworks-one-idea")
    page.get_by_role("main").get_by_role("button", name="Create the account").click()
    drain()
    code = re.search(r"^\s*([A-Z0-9-]{6,9})\s*$", mail.outbox[-1].body, re.MULTILINE).group(1)
    look(page)
    page.get_by_label("Code").fill(code)
    page.get_by_role("main").get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/learn/")
    look(page)

    page.goto("/courses/web-basics/")
    page.get_by_role("button", name="Join this course").first.click()
    expect(page.locator("article[data-lesson]")).to_be_visible()
    first = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("button", name="Mark done and go on").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text(first)
    second = page.get_by_role("heading", level=1).inner_text()

    page.goto("/learn/")
    expect(page.get_by_role("main")).to_contain_text("1 of")
    page.get_by_role("link", name=re.compile("Continue")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(second)


def test_an_enrolled_student_sees_matched_lines_and_progress(
    page: Page, sign_in: Callable[[str], None]
) -> None:
    sign_in("student@example.com")
    page.goto("/learn/")
    look(page)
    page.goto("/courses/python-full-stack/first-pages/urls-and-views/")
    look(page)

    number = page.get_by_role("button", name=re.compile(r"Line \d+, matches Flask line \d+")).first
    number.focus()
    expect(page.locator("[data-hit]")).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("[data-hit]")).to_have_count(0)

    expect(page.get_by_role("button", name="Mark done and go on")).to_have_count(0)
    read_only = "/courses/web-basics/requests-and-responses/what-happens-when-you-open-an-address/"
    page.goto(read_only)
    page.get_by_role("button", name="Mark done and go on").click()
    page.goto(read_only)
    page.get_by_role("button", name=re.compile("Undo|Not done")).first.click()
    expect(page.get_by_role("button", name="Mark done and go on")).to_be_visible()


def test_single_keys_can_be_switched_off_for_good(page: Page) -> None:
    page.goto("/courses/python-full-stack/first-pages/why-a-framework/")
    article = page.locator("article[data-lesson]")
    switch = page.get_by_role("button", name="Single keys")
    page.keyboard.press("1")
    expect(article).to_have_attribute("data-view", "django")

    page.keyboard.press("?")
    expect(switch).to_have_attribute("aria-pressed", "true")
    look(page)
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    expect(switch).to_contain_text("off")
    page.get_by_role("button", name="Close").click()
    page.reload()
    page.keyboard.press("2")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    expect(article).to_have_attribute("data-view", "django")

    contents = page.get_by_role("button", name="Contents")
    if contents.is_visible():
        contents.click()
    page.get_by_role("button", name="Keys", exact=True).click()
    switch.click()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("2")
    expect(article).to_have_attribute("data-view", "flask")


def test_password_fields_speak(page: Page) -> None:
    page.goto("/accounts/signup/")
    password = page.get_by_label("Password", exact=True)
    password.fill("short")
    expect(page.get_by_text("Characters to go: 7")).to_be_visible()
    password.fill("two-frameworks-one-idea")
    expect(page.get_by_text("Very good")).to_be_visible()
    page.get_by_role("button", name="Show password").click()
    expect(page.get_by_role("button", name="Hide password")).to_be_visible()


def test_account_pages(page: Page, sign_in: Callable[[str], None]) -> None:
    for address in ("/accounts/login/", "/accounts/password/reset/"):
        page.goto(address)
        look(page)
    sign_in("student@example.com")
    for address in (
        "/accounts/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/sessions/",
    ):
        page.goto(address)
        look(page)


def look(page: Page) -> None:
    assert_fits(page)
    assert_accessible(page)
