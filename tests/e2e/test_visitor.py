"""A visitor looks around and asks."""

from django.core import mail
from playwright.sync_api import Page, expect

from enrollment.models import Lead
from outbox.delivery import drain
from tests.e2e.conftest import assert_accessible, assert_fits

COURSE = "/courses/python-full-stack/"


def test_a_visitor_looks_around_reads_a_free_lesson_and_asks(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("two frameworks.")
    look(page)

    page.goto("/courses/")
    page.get_by_role("link", name="Python full-stack").first.click()
    page.wait_for_url(f"**{COURSE}")
    look(page)

    page.get_by_role("link", name="Why a framework").first.click()
    expect(page.locator("article[data-lesson]")).to_be_visible()
    look(page)

    page.goto(f"{COURSE}first-pages/urls-and-views/")
    expect(page.get_by_role("heading", name="This lesson is part of the full course")).to_be_visible()
    look(page)

    page.goto("/enquire/?course=python-full-stack")
    look(page)
    page.get_by_role("button", name="Send enquiry").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert page.title().startswith("Error:")
    look(page)
    page.get_by_label("Your name").fill("Kavitha Selvam")
    page.get_by_role("textbox", name="Email address").fill("kavitha@example.com")
    page.get_by_label("WhatsApp", exact=True).check()
    page.get_by_role("textbox", name="Phone number").fill("98765 43210")
    page.get_by_label("Your message").fill("When does the next group start?")
    page.get_by_role("button", name="Send enquiry").click()

    page.wait_for_url("**/enquire/thanks/**")
    lead = Lead.objects.get(person__name="Kavitha Selvam")
    expect(page.get_by_role("main")).to_contain_text(lead.reference)
    look(page)
    drain()
    assert ["kavitha@example.com"] in [sent.to for sent in mail.outbox]


def test_a_visitor_asks_for_placement_assistance(page: Page) -> None:
    page.goto("/placement/")
    look(page)
    page.get_by_label("Your name").fill("Arun")
    page.get_by_role("textbox", name="Email address").fill("arun@example.com")
    page.get_by_label("Email", exact=True).check()
    page.get_by_label("Graduate").check()
    page.get_by_role("button", name="Send enquiry").click()

    page.wait_for_url("**/enquire/thanks/**")
    assert Lead.objects.get(person__name="Arun").details["status"] == "graduate"


def look(page: Page) -> None:
    assert_fits(page)
    assert_accessible(page)
