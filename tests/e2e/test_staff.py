"""Authors, reviewers and admissions at work in the CMS."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from accounts.models import User
from enrollment.models import Enrollment, Lead
from lessons.models import LessonPage

NEW_TITLE = "Why a framework at all"


def test_an_author_edits_previews_and_submits_and_a_reviewer_approves(
    page: Page, sign_in: Callable[[str], None]
) -> None:
    lesson = LessonPage.objects.get(slug="why-a-framework")
    sign_in("author@example.com")
    page.goto("/cms/")
    expect(page.get_by_text("Leads", exact=True)).to_have_count(0)
    page.goto("/cms/leads/")
    assert "Kavitha" not in page.content()

    page.goto(f"/cms/pages/{lesson.pk}/edit/")
    page.locator("#id_title").fill(NEW_TITLE)
    expect(page.get_by_role("button", name="Publish", exact=True)).to_have_count(0)
    page.get_by_role("button", name=re.compile("More actions|Actions")).last.click()
    page.get_by_role("button", name=re.compile("Submit to Review")).click()
    page.wait_for_load_state()
    lesson.refresh_from_db()
    assert lesson.title != NEW_TITLE, "what an author submits isn't live"
    page.goto(f"/cms/pages/{lesson.pk}/view_draft/")
    expect(page.get_by_role("heading", level=1)).to_have_text(NEW_TITLE)

    sign_in("reviewer@example.com")
    page.goto(f"/cms/pages/{lesson.pk}/edit/")
    page.get_by_role("button", name=re.compile("More actions|Actions")).last.click()
    page.get_by_role("button", name=re.compile(r"^\s*Approve and [Pp]ublish")).click()
    page.wait_for_load_state()

    page.context.clear_cookies()
    page.goto(lesson.url)
    expect(page.get_by_role("heading", level=1)).to_have_text(NEW_TITLE)


def test_admissions_find_a_lead_note_move_and_enrol_it(page: Page, sign_in: Callable[[str], None]) -> None:
    lead = Lead.objects.filter(stage=Lead.Stage.NEW, interest="contact", course__isnull=False).first()
    sign_in("admissions@example.com")
    page.goto("/cms/")
    page.goto("/cms/leads/")
    expect(page.get_by_role("main")).to_contain_text(lead.person.name)
    page.goto(f"/cms/leads/?q={lead.reference}")
    page.get_by_role("link", name=lead.person.name).first.click()
    expect(page.get_by_role("main")).to_contain_text(lead.reference)

    page.locator("#note-text").fill("Asked for the evening group.")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("main")).to_contain_text("Asked for the evening group.")
    page.get_by_text("Enrol…").click()
    page.get_by_role("button", name="Enrol and write to them").click()
    page.wait_for_load_state()

    learner = User.objects.get(email__iexact=lead.email)
    assert Enrollment.objects.filter(learner=learner, course=lead.course).exists()
    expect(page.get_by_role("main")).to_contain_text("Enrolled")

    response = page.goto("/cms/pages/")
    assert page.locator("a[href*='/cms/pages/add/']").count() == 0, response
