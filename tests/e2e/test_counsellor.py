"""A counsellor's whole day at the desk, from the first enquiry to an enrolment, on a phone and on a desk."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from enrollment.models import Enrollment, Lead, LeadEvent
from outbox.delivery import drain
from outbox.models import Message
from tests.e2e.conftest import assert_accessible

NAME = "Revathi Sekar"
EMAIL = "revathi@example.com"


def enquire(page: Page) -> None:
    """Somebody finds the site through a campaign and asks."""
    page.goto("/?utm_source=poster&utm_medium=qr&utm_campaign=evening-2026")
    page.goto("/enquire/")
    page.get_by_role("textbox", name=re.compile("^(Your )?[Nn]ame$")).fill(NAME)
    page.get_by_label("Email address", exact=True).fill(EMAIL)
    page.get_by_label("Phone call").check()
    page.locator("[name=phone]").fill("098400 55511")
    page.get_by_label(re.compile("^Which course")).select_option(index=1)
    page.get_by_label(re.compile("^Your message")).fill("Is there an evening group?")
    page.get_by_role("button", name="Send enquiry").click()
    expect(page.get_by_role("main")).to_contain_text("ENQ-")


def test_a_counsellors_day(page: Page, sign_in: Callable[[str], None]) -> None:
    enquire(page)
    lead = Lead.objects.get(person__name=NAME)
    assert (lead.source, lead.campaign) == ("campaign", "evening-2026")

    sign_in("admissions@example.com")
    page.goto("/cms/")
    main = page.get_by_role("main")
    expect(main).to_contain_text("Needs you now")

    page.goto("/cms/leads/?q=+91 98400-55511")
    expect(page.locator(f"[data-lead='{lead.reference}']")).to_have_text(NAME)
    page.locator(f"[data-lead='{lead.reference}']").click()
    main.get_by_role("button", name="Take this lead").click()
    expect(main).to_contain_text("Owner: Kavitha Subramanian")

    main.get_by_label("Note on the call").fill("Works until six, wants the evening group.")
    main.get_by_role("button", name="Reached", exact=True).click()
    expect(main).to_contain_text("Works until six, wants the evening group.")
    lead.refresh_from_db()
    assert lead.answered_at is not None

    main.get_by_label("Add tags").fill("Evening batch")
    main.get_by_role("button", name="Add", exact=True).first.click()
    expect(page.locator("#tags .lead-tag")).to_contain_text("Evening batch")

    main.get_by_label("Next action").fill("Send the dates")
    main.get_by_role("button", name=re.compile("[Tt]omorrow")).first.click()
    expect(main).to_contain_text("Next: Send the dates")

    page.goto(f"/cms/leads/board/#lead-{lead.pk}")
    card = page.locator(f"#lead-{lead.pk}")
    card.get_by_label(f"Move {NAME} to").select_option("qualified")
    card.get_by_role("button", name="Move").click()
    expect(page.get_by_role("status").filter(has_text=NAME)).to_contain_text("is now in Qualified.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(f"#stage-new #lead-{lead.pk}")).to_be_visible()

    page.locator(f"#lead-{lead.pk}").get_by_role("link", name=NAME).click()
    main.get_by_text("Write an e-mail").click()
    mail = page.locator("#mail")
    mail.get_by_role("textbox", name="Subject").fill("The evening group")
    mail.get_by_role("textbox", name="Text").fill(
        "Hello Revathi, the evening group starts on Monday at seven."
    )
    mail.get_by_role("button", name="Send").click()
    expect(main).to_contain_text("The evening group")
    drain()
    page.reload()
    message = Message.objects.get(to=EMAIL, subject="The evening group")
    assert message.state == Message.State.SENT
    expect(page.locator("[data-kind=message]").filter(has_text="The evening group")).to_contain_text("Sent")

    main.get_by_text("Enrol…").click()
    page.get_by_role("button", name="Enrol and write to them").click()
    expect(main).to_contain_text("Enrolled")
    learner = User.objects.get(email=EMAIL)
    assert Enrollment.objects.filter(learner=learner, lead=lead).exists()
    kinds = set(lead.events.values_list("kind", flat=True))
    assert kinds >= {"enquiry", "message", "owner", "call", "tags", "plan", "stage", "enrolment"}


def test_closing_on_the_board_asks_why(page: Page, sign_in: Callable[[str], None]) -> None:
    lead = Lead.objects.filter(stage="contacted").first()
    sign_in("admissions@example.com")
    page.goto("/cms/leads/board/")
    card = page.locator(f"#lead-{lead.pk}")
    card.get_by_label(re.compile("^Move ")).select_option("closed")
    card.get_by_role("button", name="Move").click()
    page.get_by_label("Dates don't fit").check()
    page.get_by_role("button", name="Close the lead").click()

    expect(page.locator(f"#stage-closed #lead-{lead.pk}")).to_be_visible()
    assert lead.events.filter(kind=LeadEvent.Kind.STAGE, text__endswith="Dates don't fit").exists()


def test_a_card_is_dragged_to_another_column(page: Page, sign_in: Callable[[str], None]) -> None:
    if page.viewport_size["width"] < 800:
        pytest.skip("dragging is for a mouse; on a phone the card's select moves it")
    lead = Lead.objects.filter(stage="contacted").first()
    sign_in("admissions@example.com")
    page.goto("/cms/leads/board/")
    page.locator(f"#lead-{lead.pk} .board-card__head").drag_to(page.locator("#stage-name-qualified"))

    expect(page.locator(f"#stage-qualified #lead-{lead.pk}")).to_be_visible()
    lead.refresh_from_db()
    assert lead.stage_id == "qualified"


@pytest.mark.parametrize(
    "path",
    [
        "/cms/",
        "/cms/leads/",
        "/cms/leads/board/",
        "/cms/leads/reports/",
        "/cms/leads/duplicates/",
        "/cms/leads/import/",
        "/cms/leads/new/",
        "/cms/leads/reconciliation/",
        "/cms/leads/privacy/",
        "LEAD",
        "PRIVACY",
    ],
)
def test_the_desk_is_accessible_and_fits_its_screen(
    page: Page, sign_in: Callable[[str], None], path: str
) -> None:
    lead = Lead.objects.filter(stage="contacted").first()
    addresses = {
        "LEAD": f"/cms/leads/inspect/{lead.pk}/",
        "PRIVACY": f"/cms/leads/people/{lead.person_id}/privacy/",
    }
    sign_in("admissions-lead@example.com")
    page.goto(addresses.get(path, path))

    for element in ("html", "main"):
        wider = page.locator(element).evaluate("element => element.scrollWidth - window.innerWidth")
        assert wider <= 0, f"{element} is wider than the screen"
    assert_accessible(page)
