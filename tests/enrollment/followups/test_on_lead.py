"""The lead page tells what leaves by itself and when, and lets staff change that. It needs no scripts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from courses import wall_clock
from enrollment.followups.entering import Entry, enter
from enrollment.followups.stopping import stop_runs
from enrollment.models import Lead, SequenceRun
from outbox.models import Channel, Message, Suppression
from outbox.suppression import suppress
from tests.conftest import signed_in
from tests.factories.enrollment import LeadFactory, PersonFactory
from tests.factories.followups import SequenceFactory, StepFactory, TextFactory, planned_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(admissions: User) -> Lead:
    return LeadFactory(owner=admissions, person=PersonFactory(name="Asha Devi", email="asha@example.com"))


@pytest.fixture
def run(lead: Lead) -> SequenceRun:
    sequence = SequenceFactory(name="After a visit")
    for place in (1, 2):
        text = TextFactory(subject="Questions?", body="Hello {name},\n\nstill there?")
        StepFactory(sequence=sequence, sort_order=place, text=text)
    run = enter(sequence, Entry(lead=lead, entry_key="visit", at=timezone.now()))
    assert run
    assert run.message
    return run


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def page_of(desk: Client, lead: Lead, query: str = "") -> str:
    return desk.get(f"/cms/leads/inspect/{lead.pk}/{query}").content.decode()


def post(desk: Client, lead: Lead, form: str, **data: object) -> tuple[int, str]:
    response = desk.post(f"/cms/leads/{form}/{lead.pk}/", data, follow=True)
    return response.status_code, response.content.decode()


def edited(run: SequenceRun, desk: Client) -> dict[str, object]:
    """Return what the page's edit form holds."""
    form = desk.get(f"/cms/leads/inspect/{run.lead_id}/").context["follow_ups"].cards[0].edit
    return {name: form[name].value() for name in form.fields}


def test_the_page_says_what_leaves_next_and_when(desk: Client, run: SequenceRun) -> None:
    page = page_of(desk, run.lead)
    due = timezone.localtime(run.message.due_at)
    assert "After a visit" in page
    assert "Message 1 of 2, E-mail" in page
    assert f"{due:%H:%M}" in page
    assert "still there?" in page
    assert "unsubscribe_url" not in page


def test_the_page_says_that_nothing_is_sent(desk: Client, lead: Lead) -> None:
    assert "Nothing is sent to this person by itself." in page_of(desk, lead)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": Message.State.UNKNOWN}, "It isn&#x27;t clear whether it left."),
        ({"last_error": "It is a holiday."}, "It is a holiday."),
    ],
)
def test_the_page_says_why_it_waits(
    desk: Client, run: SequenceRun, change: dict[str, str], words: str
) -> None:
    Message.objects.filter(pk=run.message_id).update(**change)
    assert words in page_of(desk, run.lead)


def test_an_unclear_message_leads_to_where_it_is_decided(desk: Client, run: SequenceRun) -> None:
    Message.objects.filter(pk=run.message_id).update(state="unknown", attempts=1)
    page = page_of(desk, run.lead)

    assert f'<a href="/cms/leads/deliveries/{run.message_id}/">Decide</a>' in page
    assert "It is leaving or has left." not in page


def test_the_page_says_that_a_sequence_is_off(desk: Client, run: SequenceRun) -> None:
    run.sequence.is_on = False
    run.sequence.save()
    assert "switched off: nothing leaves" in page_of(desk, run.lead)


def test_what_is_over_says_why(desk: Client, run: SequenceRun) -> None:
    stop_runs(run.lead, SequenceRun.Why.REPLY)
    page = page_of(desk, run.lead)
    assert "stopped. They answered" in page
    assert 'data-state="stopped"' in page


def test_snoozing_and_going_on(desk: Client, run: SequenceRun) -> None:
    day = wall_clock.today() + timedelta(days=30)
    status, page = post(desk, run.lead, "run-snooze", run=run.pk, until=day.isoformat())
    assert status == 200
    assert "Snoozed until" in page
    run.refresh_from_db()
    assert run.is_snoozed

    page = post(desk, run.lead, "run-resume", run=run.pk)[1]
    assert "Snoozed until" not in page
    run.refresh_from_db()
    assert run.snoozed_until is None


@pytest.mark.parametrize("days", [0, -1, 400])
def test_a_snooze_ends_on_a_day_to_come(desk: Client, run: SequenceRun, days: int) -> None:
    day = wall_clock.today() + timedelta(days=days)
    status, page = post(desk, run.lead, "run-snooze", run=run.pk, until=day.isoformat())
    assert status == 422
    assert "Enter a day" in page
    run.refresh_from_db()
    assert run.snoozed_until is None


def test_stopping(desk: Client, run: SequenceRun) -> None:
    page = post(desk, run.lead, "run-stop", run=run.pk)[1]
    assert "Stopped by hand" in page
    assert Message.objects.get(pk=run.message_id).state == Message.State.CANCELLED


def test_the_run_of_another_lead_is_not_touched(desk: Client, run: SequenceRun) -> None:
    status, page = post(desk, LeadFactory(), "run-stop", run=run.pk)
    assert status == 422
    assert "aren&#x27;t this lead&#x27;s any more" in page
    run.refresh_from_db()
    assert run.state == SequenceRun.State.ACTIVE


def test_editing_and_taking_the_original_back(desk: Client, run: SequenceRun, admissions: User) -> None:
    data = edited(run, desk)
    assert data["text"] == "Hello Asha Devi,\n\nstill there?"
    page = post(desk, run.lead, "run-edit", **data | {"subject": "Tea?", "text": "Come for tea."})[1]
    assert f"Text edited by {admissions}" in page
    assert "Come for tea." in page

    shown = desk.get(f"/cms/leads/inspect/{run.lead_id}/").context["follow_ups"].cards[0].original
    page = post(desk, run.lead, "run-original", run=run.pk, shown=shown["shown"].value())[1]
    assert "Text edited by" not in page
    assert Message.objects.get(pk=run.message_id).text.startswith("Hello Asha Devi,\n\nstill there?")


@pytest.mark.parametrize("state", [Message.State.SENDING, Message.State.UNKNOWN])
def test_a_mail_that_left_meanwhile_is_refused_and_what_was_typed_is_kept(
    desk: Client, run: SequenceRun, state: str
) -> None:
    data = edited(run, desk) | {"text": "Come for tea."}
    message = Message.objects.filter(pk=run.message_id)
    leased = {"lease_token": "0" * 32, "leased_until": timezone.now()}
    message.update(state=state, **(leased if state == Message.State.SENDING else {}))

    status, page = post(desk, run.lead, "run-edit", **data)
    assert status == 409
    assert "This message has left or changed meanwhile" in page
    assert "Come for tea." in page
    assert "Come for tea." not in message.get().text


def test_follow_ups_that_ended_meanwhile_are_refused_and_what_was_typed_is_kept(
    desk: Client, run: SequenceRun
) -> None:
    data = edited(run, desk) | {"text": "Come for tea."}
    stop_runs(run.lead, SequenceRun.Why.REPLY)
    status, page = post(desk, run.lead, "run-edit", **data)
    assert status == 409
    assert "These follow-ups have ended meanwhile: they answered." in page
    assert "Come for tea." in page


def test_who_doesnt_own_the_lead_reads_the_text_and_an_admissions_lead_edits_it(
    run: SequenceRun, admissions: User, admissions_lead: User
) -> None:
    run.lead.owner = admissions_lead
    run.lead.save(update_fields=["owner"])
    page = page_of(signed_in(admissions), run.lead)
    assert "The lead&#x27;s owner can edit the text before it leaves." in page
    run.lead.owner = admissions
    run.lead.save(update_fields=["owner"])
    assert "Edit the text" in page_of(signed_in(admissions_lead), run.lead)


def test_an_approved_text_says_why_it_is_not_edited(desk: Client, lead: Lead) -> None:
    step = StepFactory(channel=Channel.WHATSAPP)
    planned_run(lead=lead, sequence=step.sequence)
    page = page_of(desk, lead)
    assert "WhatsApp carries approved texts only" in page
    assert "Edit the text" not in page


def test_starting_by_hand_shows_first_what_would_be_sent(desk: Client, lead: Lead) -> None:
    text = TextFactory(subject="Fees", body="Dear {name}, here are the fees.")
    sequence = StepFactory(sequence=SequenceFactory(name="Fees"), text=text).sequence
    assert "Fees" in page_of(desk, lead)
    response = desk.get(f"/cms/leads/inspect/{lead.pk}/?start={sequence.pk}")
    assert "Dear Asha Devi, here are the fees." in response.content.decode()
    assert not SequenceRun.objects.exists()

    data = {"sequence": sequence.pk, "key": response.context["follow_ups"].start["key"].value()}
    for _ in range(2):
        page = post(desk, lead, "run-start", **data)[1]
    assert "Message 1 of 1" in page
    assert SequenceRun.objects.count() == 1


def test_what_would_not_be_sent_says_why_before_anything_begins(desk: Client, lead: Lead) -> None:
    sequence = StepFactory().sequence
    suppress("asha@example.com", reason=Suppression.Reason.BOUNCED)
    page = page_of(desk, lead, f"?start={sequence.pk}")
    assert "It would not be sent:" in page
    assert "Start now" not in page


@pytest.mark.parametrize("query", ["?start=999", "?start=x", "?start="])
def test_a_sequence_that_isnt_offered_shows_nothing(desk: Client, lead: Lead, query: str) -> None:
    StepFactory()
    assert "Start now" not in page_of(desk, lead, query)


def test_the_page_costs_the_same_queries_for_one_run_and_for_three(desk: Client, lead: Lead) -> None:
    counts = []
    page_of(desk, lead)
    for number in (1, 2):
        for _ in range(number):
            planned_run(lead=lead)
            done = planned_run(lead=lead)
            SequenceRun.objects.filter(pk=done.pk).update(
                state="stopped", why="staff", ended_at=timezone.now()
            )
        with CaptureQueriesContext(connection) as queries:
            page = page_of(desk, lead)
        counts.append(len(queries))
    assert page.count("data-run=") == 3
    assert counts[0] == counts[1]
