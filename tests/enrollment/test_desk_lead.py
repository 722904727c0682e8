"""The lead page in the CMS: what it tells, and its forms."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from enrollment.desk import change_stage, plan_next_action, plan_shown
from enrollment.models import ClosingReason, Enrollment, Lead, LeadEvent, LeadFile, LeadTag
from outbox.models import DeliveryAttempt
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory, make_course
from tests.factories.enrollment import (
    ConsentFactory,
    LeadEventFactory,
    LeadFactory,
    PersonFactory,
    SubmissionFactory,
)
from tests.factories.outbox import MessageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(course: SmallCourse) -> Lead:
    person = PersonFactory(name="Asha Devi", email="Asha@Example.com", phone="+919500481067")
    return LeadFactory(person=person, course=course.page, reference="ENQ-7F3K-29", message="Evening groups?")


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def page_of(client: Client, lead: Lead) -> str:
    response = client.get(f"/cms/leads/inspect/{lead.pk}/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_tells_all_and_offers_one_press_contact(desk: Client, lead: Lead) -> None:
    lead.details = {"status": "graduate", "target_role": "Backend developer"}
    lead.save(update_fields=["details"])
    ConsentFactory(person=lead.person)
    page = page_of(desk, lead)

    assert 'href="tel:+919500481067"' in page
    assert f'action="/cms/leads/chat/{lead.pk}/" target="_blank"' in page
    assert 'name="text" value="Hello Asha Devi, this is ' in page
    assert 'href="#mail"' in page
    assert 'value="Your enquiry ENQ-7F3K-29"' in page
    for text in ["Asha Devi", "Evening groups?", "Python full-stack", "Graduate", "Backend developer"]:
        assert text in page
    assert "notice 2026-11" in page


def test_what_somebody_asked_stands_before_the_forms(desk: Client, lead: Lead) -> None:
    Lead.objects.filter(pk=lead.pk).update(message="Is there an evening group?")
    page = desk.get(f"/cms/leads/inspect/{lead.pk}/").content.decode()

    assert (
        page.index("Python full-stack") < page.index("Is there an evening group?") < page.index("Log a call")
    )


def test_what_people_typed_is_shown_as_text(desk: Client, lead: Lead) -> None:
    lead.message = "<script>alert(1)</script>"
    lead.details = {"skills": "<img src=x>"}
    lead.save(update_fields=["message", "details"])
    page = page_of(desk, lead)

    assert "<script>alert(1)" not in page
    assert "<img src=x>" not in page


def test_the_timeline_shows_a_message_with_its_private_links_masked(desk: Client, lead: Lead) -> None:
    message = MessageFactory(
        subject="You are enrolled",
        text="Set a password:\n[[set_password_url]]\nBye",
        private={"set_password_url": "http://secret.example/key"},
    )
    LeadEventFactory(lead=lead, kind=LeadEvent.Kind.MESSAGE, message=message, text="")
    page = page_of(desk, lead)

    assert "You are enrolled" in page
    assert 'data-state="pending"' in page
    assert "(private link)" in page
    assert "[[set_password_url]]" not in page
    assert "secret.example" not in page


def test_the_timeline_is_newest_first(desk: Client, lead: Lead) -> None:
    now = timezone.now()
    LeadEventFactory(lead=lead, text="first words", created_at=now - timedelta(hours=1))
    LeadEventFactory(lead=lead, text="last words", created_at=now)
    page = page_of(desk, lead)

    assert page.index("last words") < page.index("first words")


def test_leads_on_the_same_phone_are_suggested_never_merged(desk: Client, lead: Lead) -> None:
    LeadFactory(person=PersonFactory(name="Sister Devi", phone="+919500481067"))
    LeadFactory(person=PersonFactory(name="Somebody Else", phone="+919876543210"))
    page = page_of(desk, lead)

    assert "Sister Devi" in page
    assert "Somebody Else" not in page


def happen(lead: Lead, actor: User, *, times: int) -> None:
    """Let one of everything that the page lists happen to a lead, several times."""
    for number in range(times):
        message = MessageFactory()
        DeliveryAttempt.objects.create(
            message=message, started_at=timezone.now(), outcome=DeliveryAttempt.Outcome.RETRY
        )
        LeadEventFactory(lead=lead, actor=actor, kind=LeadEvent.Kind.MESSAGE, message=message)
        LeadEventFactory(lead=lead, actor=actor, kind=LeadEvent.Kind.CALL, outcome="no-answer")
        LeadFactory(person=PersonFactory(phone="+919500481067"))
        ConsentFactory(person=lead.person, actor=actor)
        payload = json.dumps({"name": ["Asha Devi"], "course": [str(lead.course_id)]})
        SubmissionFactory(lead=lead, payload=payload)
        lead.tags.add(LeadTag.objects.create(name=f"tag {LeadTag.objects.count()}"))
        LeadFile.objects.create(lead=lead, file=f"leads/{number}.pdf", name="a.pdf", size=1, actor=actor)


def test_the_page_costs_the_same_queries_for_one_event_and_for_thirty(
    desk: Client, lead: Lead, admissions: User
) -> None:
    happen(lead, admissions, times=1)
    page_of(desk, lead)
    with CaptureQueriesContext(connection) as one:
        page_of(desk, lead)
    happen(lead, admissions, times=30)
    with CaptureQueriesContext(connection) as thirty:
        page = page_of(desk, lead)

    assert "Older" in page
    assert len(thirty) == len(one)
    assert len(one) <= 46


def test_who_may_only_look_gets_no_forms(lead: Lead, admissions: User) -> None:
    group = admissions.groups.get()
    group.permissions.remove(group.permissions.get(codename="work_lead"))
    client = signed_in(admissions)
    page = page_of(client, lead)

    assert f"/cms/leads/note/{lead.pk}/" not in page
    assert client.post(f"/cms/leads/note/{lead.pk}/", {"text": "x"}).status_code == 302
    assert not lead.events.exists()


def test_a_note_is_added(desk: Client, lead: Lead, admissions: User) -> None:
    response = desk.post(f"/cms/leads/note/{lead.pk}/", {"text": "Called.\nCalls back."}, follow=True)

    assert response.redirect_chain == [(f"/cms/leads/inspect/{lead.pk}/", 302)]
    page = response.content.decode()
    assert "Note added." in page
    assert "Called.<br>Calls back." in page
    assert lead.events.get().actor == admissions


@pytest.mark.parametrize(
    ("form", "data", "said"),
    [
        ("note", {"text": "  "}, "Write the note first"),
        ("note", {"text": "x" * 4001}, "Shorten the note to 4,000 characters or fewer"),
        ("stage", {"stage": "lost"}, "Choose a stage from the list"),
        ("stage", {"stage": "enrolled"}, "Choose a stage from the list"),
        ("next", {"quick": "never"}, "Choose one of the times"),
        ("facts", {"person_name": " "}, "Enter the person"),
        ("facts", {"person_name": "A", "interest": "fame"}, "Choose an interest from the list"),
        ("facts", {"person_name": "A", "course": "9" * 30}, "Choose a course from the list"),
        ("next", {"action": "", "at": "2027-01-05T10:00"}, "Say what is to be done"),
        ("next", {"action": "Call", "at": ""}, "Enter a date and time"),
        ("next", {"action": "Call", "at": "soon"}, "Enter a date and time, like"),
        ("next", {"action": "Call" * 40, "at": "2027-01-05T10:00"}, "Shorten the next action"),
        ("enrol", {"course": ""}, "Choose a course"),
        ("enrol", {"course": "999999"}, "Choose a course from the list"),
        ("enrol", {"course": "9" * 23}, "Choose a course from the list"),
        ("withdraw", {"enrollment": ""}, "Choose an enrolment that is still open"),
        ("withdraw", {"enrollment": "999999"}, "This enrolment is not open any more"),
    ],
)
def test_bad_input_says_what_to_do_and_changes_nothing(
    desk: Client, lead: Lead, form: str, data: dict[str, str], said: str
) -> None:
    response = desk.post(f"/cms/leads/{form}/{lead.pk}/", data)
    page = response.content.decode()

    assert response.status_code == 422
    assert page.count(said) >= (1 if form == "withdraw" else 2), "in the summary and at the field"
    assert "<title>" in page
    assert "Error:" in page
    assert not lead.events.exists()
    lead.refresh_from_db()
    assert (lead.stage_id, lead.owner, lead.next_action) == (Lead.Stage.NEW, None, "")


def test_typed_values_stay_after_an_error(desk: Client, lead: Lead) -> None:
    response = desk.post(f"/cms/leads/next/{lead.pk}/", {"action": "Call about fees", "at": "soon"})

    assert 'value="Call about fees"' in response.content.decode()
    assert 'value="soon"' in response.content.decode()


@pytest.mark.parametrize(
    "form",
    ["note", "stage", "owner", "next", "call", "chat", "mail", "book", "facts", "point", "unpoint",
     "tag", "untag", "file", "unfile", "enrol", "withdraw"],
)  # fmt: skip
def test_a_form_address_opened_as_a_page_leads_to_the_lead(desk: Client, lead: Lead, form: str) -> None:
    response = desk.get(f"/cms/leads/{form}/{lead.pk}/")

    assert response.status_code == 302
    assert response.url == f"/cms/leads/inspect/{lead.pk}/"


def test_an_unknown_lead_is_not_found(desk: Client, site: object) -> None:
    assert desk.get("/cms/leads/inspect/999999/").status_code == 404
    assert desk.post("/cms/leads/note/999999/", {"text": "x"}).status_code == 404
    assert not LeadEvent.objects.exists()


def test_the_stage_is_changed(desk: Client, lead: Lead) -> None:
    desk.post(f"/cms/leads/stage/{lead.pk}/", {"stage": "contacted", "shown": "new"})

    lead.refresh_from_db()
    assert lead.stage_id == Lead.Stage.CONTACTED


def test_the_slower_of_two_sees_what_the_faster_did_and_loses_nothing(
    desk: Client, lead: Lead, admissions_lead: User
) -> None:
    change_stage(
        lead=lead, stage=Lead.Stage.CLOSED, reason=ClosingReason.objects.first(), actor=admissions_lead
    )
    response = desk.post(f"/cms/leads/stage/{lead.pk}/", {"stage": "contacted", "shown": "new"})
    page = response.content.decode()

    assert response.status_code == 409
    assert f"{admissions_lead} changed this to Closed" in page
    assert '<option value="contacted" selected>' in page
    lead.refresh_from_db()
    assert lead.stage_id == Lead.Stage.CLOSED

    form = response.context["forms"]["stage"]
    desk.post(f"/cms/leads/stage/{lead.pk}/", {"stage": "contacted", "shown": form["shown"].value()})
    lead.refresh_from_db()
    assert lead.stage_id == Lead.Stage.CONTACTED


def test_an_admissions_lead_gives_a_lead_to_somebody_who_works_leads(
    lead: Lead, admissions: User, admissions_lead: User, author: User
) -> None:
    client = signed_in(admissions_lead)
    choices = client.get(f"/cms/leads/inspect/{lead.pk}/").context["forms"]["owner"].fields["owner"].queryset
    assert admissions in choices
    assert author not in choices

    client.post(f"/cms/leads/owner/{lead.pk}/", {"owner": str(admissions.pk), "shown": ""})
    lead.refresh_from_db()
    assert lead.owner == admissions

    for wrong in ("0", "nobody'", str(author.pk)):
        response = client.post(f"/cms/leads/owner/{lead.pk}/", {"owner": wrong})
        assert response.status_code == 422
        assert response.content.decode().count("Choose an owner from the list") >= 2


def test_plain_admissions_take_a_lead_and_give_it_back(desk: Client, lead: Lead, admissions: User) -> None:
    assert "Take this lead" in page_of(desk, lead)

    page = desk.post(
        f"/cms/leads/owner/{lead.pk}/", {"owner": str(admissions.pk)}, follow=True
    ).content.decode()
    lead.refresh_from_db()
    assert lead.owner == admissions
    assert "Give it back" in page

    desk.post(f"/cms/leads/owner/{lead.pk}/", {"owner": ""})
    lead.refresh_from_db()
    assert lead.owner is None


def test_plain_admissions_never_move_somebody_elses_lead(
    desk: Client, lead: Lead, admissions: User, admissions_lead: User
) -> None:
    response = desk.post(f"/cms/leads/owner/{lead.pk}/", {"owner": str(admissions_lead.pk)})
    assert response.status_code == 422
    assert "Only an admissions lead" in response.content.decode()

    Lead.objects.update(owner=admissions_lead)
    assert "Take this lead" not in page_of(desk, lead)
    for owner in ("", str(admissions.pk)):
        data = {"owner": owner, "shown": str(admissions_lead.pk)}
        response = desk.post(f"/cms/leads/owner/{lead.pk}/", data)
        assert response.status_code == 409
        assert f"This lead belongs to {admissions_lead} now" in response.content.decode()
    lead.refresh_from_db()
    assert lead.owner == admissions_lead


def test_an_owner_taken_meanwhile_is_told(
    desk: Client, lead: Lead, admissions: User, admissions_lead: User
) -> None:
    desk.post(f"/cms/leads/owner/{lead.pk}/", {"owner": str(admissions.pk), "shown": ""})
    response = signed_in(admissions_lead).post(
        f"/cms/leads/owner/{lead.pk}/", {"owner": str(admissions_lead.pk), "shown": ""}
    )

    assert response.status_code == 409
    lead.refresh_from_db()
    assert lead.owner == admissions


def test_a_next_action_is_planned_and_ticked_off(desk: Client, lead: Lead) -> None:
    desk.post(
        f"/cms/leads/next/{lead.pk}/", {"action": "Call about fees", "at": "2027-01-05T10:00", "shown": "|"}
    )
    lead.refresh_from_db()
    assert lead.next_action == "Call about fees"
    assert timezone.localtime(lead.next_action_at).strftime("%Y-%m-%d %H:%M") == "2027-01-05 10:00"

    response = desk.post(
        f"/cms/leads/next/{lead.pk}/", {"done": "1", "action": "x", "shown": plan_shown(lead)}, follow=True
    )
    lead.refresh_from_db()
    assert (lead.next_action, lead.next_action_at) == ("", None)
    assert "Next action done." in response.content.decode()


@pytest.mark.parametrize(
    ("now", "quick", "planned"),
    [
        (datetime(2026, 11, 24, 5, 30, tzinfo=UTC), "hour", "2026-11-24 12:00"),
        (datetime(2026, 11, 24, 12, 0, tzinfo=UTC), "hour", "2026-11-25 10:00"),
        (datetime(2026, 11, 24, 5, 30, tzinfo=UTC), "tomorrow", "2026-11-25 10:00"),
        (datetime(2026, 11, 28, 5, 30, tzinfo=UTC), "tomorrow", "2026-11-30 10:00"),
        (datetime(2026, 11, 26, 5, 30, tzinfo=UTC), "days", "2026-11-30 10:00"),
    ],
    ids=["in an hour", "after closing", "tomorrow", "tomorrow is Sunday", "in three days is Sunday"],
)
def test_usual_times_fall_into_working_hours(
    admissions: User, lead: Lead, now: datetime, quick: str, planned: str
) -> None:
    with time_machine.travel(now, tick=False):
        client = signed_in(admissions)
        client.post(f"/cms/leads/next/{lead.pk}/", {"quick": quick, "action": "", "shown": "|"})

    lead.refresh_from_db()
    assert lead.next_action == "Call"
    assert timezone.localtime(lead.next_action_at).strftime("%Y-%m-%d %H:%M") == planned


def test_an_overdue_next_action_is_marked(desk: Client, lead: Lead, admissions: User) -> None:
    at = timezone.now() + timedelta(minutes=5)
    plan_next_action(lead=lead, action="Send the fees", at=at, actor=admissions)
    assert 'data-state="overdue"' not in page_of(desk, lead)

    Lead.objects.update(next_action_at=timezone.now() - timedelta(minutes=5))
    assert 'data-state="overdue"' in page_of(desk, lead)


@pytest.mark.parametrize(
    "data", [{"done": "1"}, {"action": "Call about January", "at": "2027-01-06T10:00"}], ids=["done", "plan"]
)
def test_a_plan_changed_meanwhile_is_told_and_not_lost(
    desk: Client, lead: Lead, admissions_lead: User, data: dict[str, str]
) -> None:
    shown = plan_shown(lead)
    at = timezone.now() + timedelta(days=1)
    plan_next_action(lead=lead, action="Send the fees", at=at, actor=admissions_lead)
    response = desk.post(f"/cms/leads/next/{lead.pk}/", data | {"shown": shown})

    assert response.status_code == 409
    page = response.content.decode()
    assert f"{admissions_lead} changed this to Send the fees" in page
    form = response.context["forms"]["next"]
    assert form["action"].value() == data.get("action", "Send the fees")
    lead.refresh_from_db()
    assert (lead.next_action, lead.next_action_at) == ("Send the fees", at)

    desk.post(f"/cms/leads/next/{lead.pk}/", data | {"shown": form["shown"].value()})
    lead.refresh_from_db()
    assert lead.next_action == data.get("action", "")
    assert lead.events.filter(kind=LeadEvent.Kind.PLAN).count() == 2


def test_enrolling_invites_the_person(desk: Client, lead: Lead, course: SmallCourse) -> None:
    cohort = CohortFactory(course=course.page)
    response = desk.post(
        f"/cms/leads/enrol/{lead.pk}/", {"course": str(course.page.pk), "cohort": str(cohort.pk)}, follow=True
    )

    page = response.content.decode()
    assert "Asha Devi is enrolled in Python full-stack and gets an invitation by e-mail." in page
    assert "You are enrolled: set your password" in page
    enrollment = Enrollment.objects.get()
    assert (enrollment.learner.email, enrollment.cohort) == ("asha@example.com", cohort)
    assert enrollment.lead == lead


def test_a_cohort_of_another_course_is_refused(desk: Client, lead: Lead, course: SmallCourse) -> None:
    cohort = CohortFactory(course=make_course())
    response = desk.post(
        f"/cms/leads/enrol/{lead.pk}/", {"course": str(course.page.pk), "cohort": str(cohort.pk)}
    )

    assert response.status_code == 422
    assert "Choose a cohort of this course" in response.content.decode()


def test_a_lead_without_an_address_says_so(desk: Client, course: SmallCourse) -> None:
    lead = LeadFactory(person=PersonFactory(email="", phone="+919500481067"))
    response = desk.post(f"/cms/leads/enrol/{lead.pk}/", {"course": str(course.page.pk)})

    assert response.status_code == 422
    assert "no e-mail address" in response.content.decode()


def test_an_enrolment_stands_on_the_page(desk: Client, lead: Lead, course: SmallCourse) -> None:
    Enrollment.objects.create(learner=UserFactory(), course=course.page, lead=lead)

    assert "<strong>Python full-stack</strong>: active" in page_of(desk, lead)


def test_another_cohort_moves_the_learner_and_the_desk_says_so(
    desk: Client, lead: Lead, course: SmallCourse
) -> None:
    cohorts = [CohortFactory(course=course.page, mode=mode) for mode in ("online", "classroom")]
    said = []
    for cohort in (*cohorts, cohorts[1]):
        data = {"course": str(course.page.pk), "cohort": str(cohort.pk)}
        said.append(desk.post(f"/cms/leads/enrol/{lead.pk}/", data, follow=True).content.decode())

    assert f"Asha Devi has moved to the cohort {cohorts[1]}" in said[1]
    assert "Asha Devi was enrolled in Python full-stack already." in said[2]


def test_an_open_enrolment_is_withdrawn_from_the_page(desk: Client, lead: Lead, course: SmallCourse) -> None:
    cohort = CohortFactory(course=course.page)
    data = {"course": str(course.page.pk), "cohort": str(cohort.pk)}
    page = desk.post(f"/cms/leads/enrol/{lead.pk}/", data, follow=True).content.decode()
    assert f'action="/cms/leads/withdraw/{lead.pk}/"' in page

    address, data = f"/cms/leads/withdraw/{lead.pk}/", {"enrollment": str(Enrollment.objects.get().pk)}
    data |= {"stage": "contacted"}
    page = desk.post(address, data, follow=True).content.decode()

    assert "Asha Devi is withdrawn from Python full-stack." in page
    assert f'action="{address}"' not in page
    assert Enrollment.objects.get().state == Enrollment.State.WITHDRAWN
    cohort.refresh_from_db()
    assert cohort.seats_taken == 0
    assert desk.post(address, data).status_code == 422


def test_an_enrolment_of_another_lead_is_not_withdrawn(desk: Client, lead: Lead, learner: User) -> None:
    enrollment = learner.enrollments.get()
    response = desk.post(f"/cms/leads/withdraw/{lead.pk}/", {"enrollment": str(enrollment.pk)})

    assert response.status_code == 422
    enrollment.refresh_from_db()
    assert enrollment.state == Enrollment.State.ACTIVE
