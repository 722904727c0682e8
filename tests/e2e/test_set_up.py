"""The admissions lead sets up the desk."""

from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_a_press_on_a_place_puts_it_where_the_lead_writes(page: Page, sign_in: Callable[[str], None]) -> None:
    sign_in("admissions-lead@example.com")
    page.goto("/cms/leads/texts/add/")
    subject, body = page.locator("#id_subject"), page.locator("#id_body")
    page.get_by_role("button", name="{hours}", exact=True).click()
    expect(body).to_have_value("{hours}")

    body.fill("Hello , welcome")
    body.evaluate("field => field.setSelectionRange(6, 6)")
    page.get_by_role("button", name="{name}", exact=True).press("Enter")
    expect(body).to_have_value("Hello {name}, welcome")
    expect(body).to_be_focused()
    page.keyboard.type("!")
    expect(body).to_have_value("Hello {name}!, welcome")

    subject.fill("About ")
    page.get_by_role("button", name="{course}", exact=True).click()
    expect(subject).to_have_value("About {course}")


def test_what_sets_up_the_desk_stands_in_its_own_menu_alone(
    page: Page, sign_in: Callable[[str], None]
) -> None:
    sign_in("admissions-lead@example.com")
    page.goto("/cms/leads/stages/")

    expect(page.get_by_role("link", name="Snippets")).to_have_count(0)
