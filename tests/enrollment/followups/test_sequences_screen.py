"""Setting up sequences: the list, the form, switching on and off, deleting."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from enrollment.models import MessageTemplate, Sequence, SequenceRun, Step
from tests.conftest import SmallCourse, signed_in
from tests.factories.enrollment import LeadFactory
from tests.factories.followups import RunFactory, SequenceFactory, StepFactory, TextFactory

pytestmark = pytest.mark.django_db

LIST = "/cms/leads/sequences/"


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


def form(*steps: dict[str, Any], first: int = 0, **changes: Any) -> dict[str, Any]:
    """Return what the form posts; `first` of the steps exist already."""
    data = {"name": "After a talk", "trigger": "enquiry", "basis": "followups", "stop_on_reply": "on"}
    data |= {"steps-TOTAL_FORMS": len(steps), "steps-INITIAL_FORMS": first}
    data |= {"steps-MIN_NUM_FORMS": 0, "steps-MAX_NUM_FORMS": 1000}
    for number, step in enumerate(steps):
        values = {"delay": 2, "unit": "working-days", "channel": "email", "ORDER": number + 1}
        values |= {"conditions-count": 0} | step
        data |= {f"steps-{number}-{name}": value for name, value in values.items()}
    return data | changes


def with_condition(kind: str, value: str = "") -> dict[str, Any]:
    block = {"conditions-0-type": kind, "conditions-0-value": value, "conditions-0-order": 0}
    return {"conditions-count": 1, "conditions-0-deleted": "", "conditions-0-id": ""} | block


def test_a_sequence_is_made_without_code_and_starts_switched_off(manager: Client) -> None:
    first, second = TextFactory(), TextFactory(name="Still thinking?")
    step = {"text": second.pk, "delay": 5, **with_condition("no_account")}
    response = manager.post(f"{LIST}add/", form({"text": first.pk}, step))

    sequence = Sequence.objects.get(name="After a talk")
    assert response["Location"] == f"{LIST}edit/{sequence.pk}/"
    assert not sequence.is_on
    assert [(made.delay, made.text) for made in sequence.steps.all()] == [(2, first), (5, second)]
    assert [block.block_type for block in sequence.steps.last().conditions] == ["no_account"]
    page = manager.get(response["Location"]).content.decode()
    for words in ("This sequence is off", "+2 working days", "+5 working days", "Still thinking?"):
        assert words in page
    assert "only if they have no account yet" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trigger": "stage"}, "Choose the stage."),
        ({"trigger": "inactive", "basis": "course"}, "Say how many days."),
        ({"trigger": "cohort", "basis": "course", "days": "0"}, "Say how many days."),
        ({"basis": "course"}, "They take no course yet."),
        ({"trigger": "enrolled"}, "Learners asked for nothing"),
        ({"steps-0-channel": "sms"}, "is a text for E-mail. Choose one for SMS"),
        ({"steps-0-text": ""}, "Choose the text that this step sends."),
    ],
)
def test_what_makes_no_sense_is_refused_in_plain_words(
    manager: Client, changes: dict[str, Any], said: str
) -> None:
    page = manager.post(f"{LIST}add/", form({"text": TextFactory().pk}) | changes).content.decode()

    assert said in page
    assert not Sequence.objects.filter(name="After a talk").exists()


def test_what_does_not_count_for_who_enters_is_emptied(manager: Client, course: SmallCourse) -> None:
    data = form(trigger="inactive", days=7, basis="course", stop_on_enrolment="on")
    manager.post(f"{LIST}add/", data | {"stage": "qualified", "source": "website", "interest": "contact"})

    sequence = Sequence.objects.get(name="After a talk")
    assert (sequence.days, sequence.stage, sequence.source, sequence.interest) == (7, None, "", "")
    assert not sequence.stop_on_enrolment

    manager.post(f"{LIST}edit/{sequence.pk}/", form(trigger="stage", stage="qualified", days="900"))
    sequence.refresh_from_db()
    assert (sequence.days, sequence.stage_id) == (None, "qualified")


def test_the_list_says_who_enters_and_how_runs_stand(manager: Client, course: SmallCourse) -> None:
    sequence = SequenceFactory(
        name="Partners", trigger="stage", stage_id="qualified", interest="contact", course=course.page
    )
    StepFactory(sequence=sequence)
    old = timezone.now() - timedelta(days=40)
    ended = {"ended_at": timezone.now(), "sequence": sequence}
    RunFactory(sequence=sequence)
    RunFactory(state=SequenceRun.State.FINISHED, entered_at=old, **ended)
    RunFactory(state=SequenceRun.State.STOPPED, why="reply", **ended)
    row = manager.get(LIST).content.decode().partition("Partners")[2].partition("</tr>")[0]

    assert "A lead comes into the stage “Qualified”: course, Python full-stack" in row
    assert "1 running, 1 finished, 1 stopped" in row
    assert 'data-state="on"' in row
    assert "2 <span" in row


def test_the_list_costs_the_same_for_one_and_for_three_sequences(manager: Client) -> None:
    Sequence.objects.all().delete()
    RunFactory(sequence=StepFactory().sequence)
    manager.get(LIST)
    with CaptureQueriesContext(connection) as one:
        manager.get(LIST)
    for _number in range(2):
        RunFactory(sequence=StepFactory().sequence)
    with CaptureQueriesContext(connection) as three:
        manager.get(LIST)

    assert len(one) == len(three) <= 11


def test_an_empty_list_says_what_a_sequence_is_for(manager: Client) -> None:
    Sequence.objects.all().delete()

    assert "No sequence yet." in manager.get(LIST).content.decode()


def test_switching_on_says_what_happens_and_who_came_before_never_enters(manager: Client) -> None:
    sequence = StepFactory(sequence__is_on=False).sequence
    RunFactory(sequence=sequence)
    asked = manager.get(f"{LIST}{sequence.pk}/switch/").content.decode()
    assert "Who came before, or while it was off, never enters." in asked
    assert "1 person who waits in it goes on" in asked
    sequence.refresh_from_db()
    assert not sequence.is_on

    before = timezone.now()
    page = manager.post(f"{LIST}{sequence.pk}/switch/", {"to": "on"}, follow=True).content.decode()
    sequence.refresh_from_db()
    assert sequence.is_on
    assert sequence.entered_until >= before
    assert "is on. People enter from now on." in page
    assert "Switched on" in manager.get(f"{LIST}history/{sequence.pk}/").content.decode()


def test_an_old_screen_never_switches_the_other_way(manager: Client) -> None:
    sequence = StepFactory().sequence
    page = manager.post(f"{LIST}{sequence.pk}/switch/", {"to": "on"}, follow=True).content.decode()

    assert "was on already" in page
    sequence.refresh_from_db()
    assert sequence.is_on


def test_switching_off_and_on_again_leaves_out_who_came_meanwhile(manager: Client) -> None:
    long_ago = timezone.now() - timedelta(days=3)
    sequence = StepFactory(sequence__entered_until=long_ago).sequence
    RunFactory(sequence=sequence)
    asked = manager.get(f"{LIST}{sequence.pk}/switch/").content.decode()
    assert "1 person in it waits where they are" in asked

    manager.post(f"{LIST}{sequence.pk}/switch/", {"to": "off"})
    sequence.refresh_from_db()
    assert not sequence.is_on
    assert SequenceRun.objects.active().count() == 1
    manager.post(f"{LIST}{sequence.pk}/switch/", {"to": "on"})
    sequence.refresh_from_db()
    assert sequence.entered_until > long_ago + timedelta(days=2)


def obstacle(**text: Any) -> Sequence:
    template = TextFactory(**text)
    return StepFactory(sequence__is_on=False, channel=template.channel, text=template).sequence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ({"channel": "sms", "name": "Short"}, "the SMS text “Short” has no DLT template id"),
        ({"body": "Go on: {lesson}"}, "nothing can fill {lesson}"),
    ],
)
def test_what_cannot_be_sent_is_not_switched_on(manager: Client, text: dict[str, Any], said: str) -> None:
    sequence = obstacle(**text)
    response = manager.post(f"{LIST}{sequence.pk}/switch/", {"to": "on"})

    assert response.status_code == 422
    assert said in response.content.decode()
    assert said in manager.get(f"{LIST}edit/{sequence.pk}/").content.decode()
    sequence.refresh_from_db()
    assert not sequence.is_on


def test_a_channel_that_is_not_set_up_keeps_a_sequence_off(manager: Client, settings: Any) -> None:
    settings.OUTBOX_WAYS = {"email": settings.OUTBOX_WAYS["email"]}
    sequence = obstacle(channel="whatsapp")

    page = manager.post(f"{LIST}{sequence.pk}/switch/", {"to": "on"}).content.decode()
    assert "goes by WhatsApp, which isn&#x27;t set up on this server" in page


def test_a_sequence_without_steps_is_not_switched_on(manager: Client) -> None:
    sequence = SequenceFactory(is_on=False)

    assert manager.post(f"{LIST}{sequence.pk}/switch/", {"to": "on"}).status_code == 422


def test_one_may_know_that_whatsapp_needs_an_approved_template(manager: Client) -> None:
    sequence = obstacle(channel="whatsapp", name="Hello")
    page = manager.get(f"{LIST}edit/{sequence.pk}/").content.decode()

    assert "“Hello” names no approved template" in page
    manager.post(f"{LIST}{sequence.pk}/switch/", {"to": "on"})
    sequence.refresh_from_db()
    assert sequence.is_on


def test_a_sequence_that_is_on_keeps_what_it_needs_to_be_on(manager: Client) -> None:
    step = StepFactory()
    page = manager.get(f"{LIST}edit/{step.sequence.pk}/").content.decode()
    assert "Switch off…" in page
    gone = {"id": step.pk, "text": step.text.pk, "DELETE": "1"}
    page = manager.post(f"{LIST}edit/{step.sequence.pk}/", form(gone, first=1)).content.decode()

    assert "Add a step first" in page
    assert Step.objects.filter(pk=step.pk).exists()


def test_editing_says_what_happens_to_who_is_in_it_and_keeps_it_on(manager: Client) -> None:
    step = StepFactory(sequence__entered_until=timezone.now())
    RunFactory(sequence=step.sequence)
    path = f"{LIST}edit/{step.sequence.pk}/"
    assert "1 person is in this sequence." in manager.get(path).content.decode()
    manager.post(path, form({"id": step.pk, "text": step.text.pk, "delay": 4}, first=1))

    step.refresh_from_db()
    step.sequence.refresh_from_db()
    assert (step.delay, step.sequence.is_on) == (4, True)
    assert step.sequence.entered_until is not None


def test_a_sequence_with_runs_is_kept_and_one_without_goes(manager: Client) -> None:
    run = RunFactory()
    page = manager.post(f"{LIST}delete/{run.sequence.pk}/", follow=True).content.decode()
    assert "Switch it off instead" in page
    assert Sequence.objects.filter(pk=run.sequence.pk).exists()

    unused = StepFactory().sequence
    manager.post(f"{LIST}delete/{unused.pk}/")
    assert not Sequence.objects.filter(pk=unused.pk).exists()
    assert MessageTemplate.objects.exists()


def test_nobody_but_admissions_leads_and_admins_sees_or_changes_sequences(
    admissions: User, author: User, reviewer: User, admin: User
) -> None:
    sequence = StepFactory(sequence__is_on=False).sequence
    LeadFactory()
    paths = ["", "add/", f"edit/{sequence.pk}/", f"delete/{sequence.pk}/", f"history/{sequence.pk}/"]
    paths += [f"{sequence.pk}/switch/", f"{sequence.pk}/rehearsal/"]
    for user in (admissions, author, reviewer):
        client = signed_in(user)
        for path in paths:
            assert client.get(f"{LIST}{path}").status_code == 302
        client.post(f"{LIST}{sequence.pk}/switch/", {"to": "on"})
        client.post(f"{LIST}add/", form())
        client.post(f"{LIST}delete/{sequence.pk}/")
    sequence.refresh_from_db()
    assert not sequence.is_on
    assert not Sequence.objects.filter(name="After a talk").exists()
    for path in paths:
        assert signed_in(admin).get(f"{LIST}{path}").status_code == 200
