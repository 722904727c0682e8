"""The admissions lead makes a sequence without code, tries it on a past month and switches it on."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from enrollment.models import Sequence
from outbox.models import Message
from tests.e2e.conftest import assert_accessible, assert_fits


def test_a_sequence_from_its_first_word_to_being_on(page: Page, sign_in: Callable[[str], None]) -> None:
    sign_in("admissions-lead@example.com")
    write_text(page)
    make_sequence(page)
    sequence = Sequence.objects.get(name="After a talk")

    page.get_by_role("link", name="Try it on a past month").click()
    expect(page.get_by_role("heading", name="Dry run")).to_be_visible()
    assert_fits(page)
    assert_accessible(page)
    page.get_by_role("link", name="Back to the sequence").click()

    page.get_by_role("link", name="Switch on…").click()
    expect(page.get_by_role("main")).to_contain_text("never enters")
    assert_fits(page)
    assert_accessible(page)
    page.get_by_role("button", name="Switch it on").press("Enter")
    expect(page.get_by_role("heading", name="This sequence is on")).to_be_visible()
    sequence.refresh_from_db()
    assert sequence.is_on
    assert sequence.steps.get().text.name == "How was the talk?"


def write_text(page: Page) -> None:
    """Write a text with the chips, watch the preview follow, and send a test to oneself."""
    page.goto("/cms/leads/texts/add/")
    preview = page.locator("[data-preview]")
    page.locator("#id_name").fill("How was the talk?")
    page.locator("#id_channel").select_option("email")
    expect(page.locator("#id_dlt_template")).to_be_hidden()
    page.locator("#id_subject").fill("Our talk about ")
    page.get_by_role("button", name="{course}", exact=True).click()
    page.locator("#id_body").fill("Hello ")
    page.get_by_role("button", name="{first_name}", exact=True).press("Enter")
    expect(preview).to_contain_text("For ")
    frame = page.frame_locator("iframe.text-mail__frame")
    expect(frame.locator("body")).to_contain_text("Hello ")
    expect(frame.locator("body")).not_to_contain_text("{first_name}")

    page.locator("#id_body_ta").fill("வணக்கம் ")
    page.get_by_role("button", name="{lesson}", exact=True).click()
    expect(page.locator("#id_body_ta")).to_have_value("வணக்கம் {lesson}")
    page.locator("#id_subject_ta").fill("உரையாடல்")
    page.get_by_label("Language").select_option("ta")
    expect(frame.locator("mark")).to_have_text("{lesson}")
    expect(preview).to_contain_text("Nothing is known for {lesson}")
    assert_fits(page)
    assert_accessible(page)

    page.get_by_label("Language").select_option("en")
    expect(preview).to_contain_text("in English")
    page.get_by_role("button", name="Send a test to myself").click()
    expect(preview).to_contain_text("on its way to admissions-lead@example.com")
    assert Message.objects.filter(subject__startswith="[Test] Our talk about").count() == 1

    page.locator("#id_body_ta").fill("")
    page.locator("#id_subject_ta").fill("")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()


def make_sequence(page: Page) -> None:
    """Fill the form, in which only the fields that count are seen."""
    page.goto("/cms/leads/sequences/")
    assert_fits(page)
    assert_accessible(page)
    page.get_by_role("link", name="Add sequence").click()
    page.locator("#id_name").fill("After a talk")
    expect(page.locator("#id_stage")).to_be_hidden()
    page.locator("#id_trigger").select_option("stage")
    expect(page.locator("#id_stage")).to_be_visible()
    expect(page.locator("#id_days")).to_be_hidden()
    page.locator("#id_stage").select_option("qualified")
    page.get_by_role("button", name="Add step").click()
    page.locator("#id_steps-0-delay").fill("2")
    page.locator("#id_steps-0-text").select_option(label="How was the talk?")
    page.get_by_role("button", name="Save").first.click()

    main = page.get_by_role("main")
    expect(main).to_contain_text("A lead comes into the stage “Qualified”")
    expect(main).to_contain_text("+2 working days")
    assert_fits(page)
    assert_accessible(page)
