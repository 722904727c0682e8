"""“Did this person get it?”: the list of messages, one message, and the queues that wait for a decision."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from enrollment import privacy
from enrollment.models import DataAccess, LeadEvent, SequenceRun
from outbox.models import ChannelState, DeliveryAttempt, Incident, Message
from outbox.tasks import watch
from tests.conftest import signed_in
from tests.factories.enrollment import LeadEventFactory, LeadFactory, PersonFactory
from tests.factories.followups import planned_run
from tests.factories.outbox import DeliveryAttemptFactory, MessageFactory

pytestmark = pytest.mark.django_db

LIST = "/cms/leads/deliveries/"
MARKETING = Message.Purpose.MARKETING


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


@pytest.fixture
def manager(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


def followup(state: str = "unknown", **fields) -> Message:
    """A follow-up as the sender left it: the run waits for its end, unless it was refused."""
    run = planned_run()
    message = run.message
    values = {"last_error": "The connection broke.", "subject": "Shall we keep a place?", "attempts": 1}
    for name, value in (values | fields | {"series": f"sequence:{run.sequence_id}", "state": state}).items():
        setattr(message, name, value)
    message.save()
    if state == "failed":
        run.message = run.step = None
        run.state, run.why, run.ended_at = SequenceRun.State.STOPPED, SequenceRun.Why.FAILED, timezone.now()
        run.save()
    return message


def run_of(message: Message) -> SequenceRun:
    return SequenceRun.objects.get(pk=message.key.split(":")[1])


# The list ---------------------------------------------------------------------------------------------


def test_filters_are_folded_until_they_narrow(desk: Client) -> None:
    untouched, searched = desk.get(LIST).text, desk.get(LIST, {"q": "asha@example.com"}).text
    narrowed = desk.get(LIST, {"channel": "sms", "state": "sent"}).text

    assert '<details class="desk-more">' in untouched
    assert '<details class="desk-more">' in searched
    assert '<details class="desk-more" open>' in narrowed
    assert "Filters (2)" in narrowed


def test_what_the_menu_calls_deliveries_is_called_so_on_its_screens(desk: Client) -> None:
    for address in (LIST, f"{LIST}unclear/", f"{LIST}failed/"):
        assert "<title>Deliveries" in " ".join(desk.get(address).text.split()).replace("> ", ">")


def test_a_message_is_found_by_whatever_its_caller_says(desk: Client) -> None:
    lead = LeadFactory(reference="ENQ-7F3K-29", person=PersonFactory(name="Asha Devi"))
    mine = MessageFactory(to="Asha@Example.com", subject="To Asha", provider_id="wamid.77")
    LeadEventFactory(lead=lead, kind=LeadEvent.Kind.MESSAGE, message=mine)
    MessageFactory(to="ravi@example.com", subject="To Ravi")
    MessageFactory(to="+919876543210", channel="sms", subject="To a phone")

    for said in ("asha@example.com", " ENQ 7F3K-29", "enq-7f3k-29", mine.message_id, mine.key, "wamid.77"):
        page = desk.get(LIST, {"q": said}).text
        assert "To Asha" in page, said
        assert "To Ravi" not in page, said
    for number in ("98765 43210", "+919876543210"):
        page = desk.get(LIST, {"q": number}).text
        assert "To a phone" in page, number
        assert "To Asha" not in page, number
    assert "Asha Devi" in desk.get(LIST, {"q": "asha@example.com"}).text
    assert "No message matches" in desk.get(LIST, {"q": "asha\0@"}).text


def test_a_follow_up_is_found_by_its_lead_before_it_stands_on_the_timeline(desk: Client) -> None:
    message = followup(state="pending")
    page = desk.get(LIST, {"q": run_of(message).lead.reference}).text

    assert "Shall we keep a place?" in page


def test_the_list_is_narrowed_by_channel_state_purpose_topic_sequence_and_day(desk: Client) -> None:
    kept = followup(state="pending", topic="news", due_at=timezone.now() + timedelta(days=3))
    MessageFactory(subject="Another", state="sent", channel="sms", to="+919876543210")
    day = timezone.localdate() + timedelta(days=3)
    filters = (
        {"channel": "email"},
        {"state": "waiting"},
        {"purpose": "marketing"},
        {"topic": "news"},
        {"sequence": str(run_of(kept).sequence_id)},
        {"first": day.isoformat()},
        {"first": day.isoformat(), "last": day.isoformat()},
    )
    for chosen in filters:
        page = desk.get(LIST, chosen).text
        assert "Shall we keep a place?" in page, chosen
        assert "Another" not in page, chosen


def test_a_filter_that_means_nothing_shows_nothing_and_says_so(desk: Client) -> None:
    MessageFactory(subject="Somebody's")
    for chosen in ({"channel": "pigeon"}, {"first": "tomorrow"}, {"sequence": "99999999999999999999999"}):
        response = desk.get(LIST, chosen)
        assert response.status_code == 422, chosen
        assert "Somebody&#x27;s" not in response.text


def test_pages_follow_each_other_without_numbers(desk: Client) -> None:
    now = timezone.now()
    for number in range(101):
        MessageFactory(subject=f"Number {number:03}", due_at=now - timedelta(minutes=number))
    first = desk.get(LIST)
    page = first.context["page_obj"]
    second = desk.get(LIST, {"after": page.after})
    third = desk.get(LIST, {"after": second.context["page_obj"].after})

    assert [len(each.context["rows"]) for each in (first, second, third)] == [50, 50, 1]
    assert "Number 100" in third.text
    back = desk.get(LIST, {"before": third.context["page_obj"].before})
    assert "Number 099" in back.text
    assert "Number 000" not in back.text


@pytest.mark.parametrize("address", [LIST, f"{LIST}unclear/", f"{LIST}failed/"])
def test_it_costs_the_same_for_one_and_three(desk: Client, address: str) -> None:
    counts = []
    for more in (1, 2):
        for state in ("unknown", "failed"):
            for _ in range(more):
                message = followup(state=state, wording="1.1")
                DeliveryAttemptFactory(message=message, outcome="unknown")
                LeadEventFactory(message=message, kind=LeadEvent.Kind.MESSAGE)
        desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            desk.get(address)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_who_looks_at_addresses_is_written_down(desk: Client, admissions: User) -> None:
    MessageFactory(to="asha@example.com")
    MessageFactory(to="Asha@example.com")
    MessageFactory(to="ravi@example.com")
    desk.get(LIST, {"state": "waiting"})
    noted = DataAccess.objects.get(kind=DataAccess.Kind.DELIVERIES)

    assert (noted.actor, noted.count, noted.query) == (admissions, 2, "state=waiting")
    desk.get(LIST, {"q": "nobody@example.com"})
    assert DataAccess.objects.count() == 1, "an empty list shows nobody"


# Who sees what ----------------------------------------------------------------------------------------


def test_what_goes_to_colleagues_is_for_who_manages_leads(desk: Client, manager: Client, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(is_staff=True)
    notice = MessageFactory(purpose="notice", subject="Late answers")
    own = MessageFactory(purpose="account", subject="Your password", to="Admin@example.com")

    for message in (notice, own):
        assert message.subject not in desk.get(LIST).text
        assert desk.get(f"{LIST}{message.pk}/").status_code == 404
        assert message.subject in manager.get(LIST).text


def test_codes_and_links_for_the_receiver_alone_are_never_shown(manager: Client) -> None:
    message = MessageFactory(
        purpose="account",
        text="Your code is [[code]].",
        html="<p>[[code]]</p>",
        private={"code": "482913"},
        content={"parameters": ["482913"]},
    )
    page = manager.get(f"{LIST}{message.pk}/").text

    assert "Your code is (private link)." in page
    assert "482913" not in page
    assert "[[code]]" not in page


def test_messages_to_a_restricted_person_are_hidden_at_once(manager: Client, admin: User) -> None:
    lead = LeadFactory(person=PersonFactory(email="gone@example.com"))
    message = MessageFactory(to="Gone@example.com", subject="Hello there")
    assert "Hello there" in manager.get(LIST).text

    privacy.restrict(person=lead.person, actor=admin, reason="asked for")

    assert "Hello there" not in manager.get(LIST).text
    assert manager.get(f"{LIST}{message.pk}/").status_code == 404


def test_an_author_sees_no_message(author: User) -> None:
    message = MessageFactory()
    for address in (LIST, f"{LIST}unclear/", f"{LIST}{message.pk}/"):
        assert signed_in(author).get(address).status_code == 302


def test_nothing_of_a_message_can_be_edited_or_deleted(admin: User) -> None:
    message = MessageFactory()
    for path in ("add/", f"edit/{message.pk}/", f"delete/{message.pk}/"):
        assert signed_in(admin).get(LIST + path).status_code == 404


# One message ------------------------------------------------------------------------------------------


def test_one_message_tells_its_tries_and_what_the_provider_said(desk: Client) -> None:
    message = MessageFactory(state="sent")
    DeliveryAttemptFactory(message=message, outcome="retry", detail="421 later")
    DeliveryAttemptFactory(message=message, outcome="sent")
    message.events.create(event_id="e1", kind="delivered")
    page = desk.get(f"{LIST}{message.pk}/").text

    for words in ("Will be tried again", "421 later", "Sent", "Delivered", "delivered "):
        assert words in page
    assert message.message_id[1:-1] in page


# Deciding ---------------------------------------------------------------------------------------------


def decide(client: Client, message: Message, choice: str, queue: str = "unclear"):
    return client.post(f"{LIST}{message.pk}/{choice}/", {"queue": queue})


def last_line(message: Message) -> str:
    return LeadEvent.objects.filter(lead=run_of(message).lead, actor__isnull=False).latest("pk").text


def test_it_arrived_counts_as_sent_and_the_follow_ups_go_on(desk: Client, admissions: User) -> None:
    message = followup()
    assert decide(desk, message, "arrived").status_code == 302
    message.refresh_from_db()
    run = run_of(message)

    assert message.state == "sent"
    assert run.steps_done == 1
    assert run.message_id != message.pk
    assert str(admissions) in message.deliveries.latest("pk").detail
    assert last_line(message) == "“Shall we keep a place?” was unclear: it arrived"


def test_sending_again_keeps_the_message_id(desk: Client) -> None:
    message = followup()
    decide(desk, message, "again")
    again = Message.objects.get(pk=message.pk)

    assert (again.state, again.attempts, again.message_id) == ("pending", 0, message.message_id)
    assert run_of(message).message_id == message.pk
    assert "sent again" in last_line(message)


def test_giving_up_counts_as_failed_and_the_follow_ups_stop(desk: Client) -> None:
    message = followup()
    decide(desk, message, "give-up")
    message.refresh_from_db()

    assert message.state == "failed"
    assert run_of(message).state == SequenceRun.State.STOPPED
    assert "Shall we keep a place?" not in desk.get(f"{LIST}failed/").text, "it is dealt with"


def test_a_refused_follow_up_sent_again_goes_on_where_it_stopped(desk: Client) -> None:
    message = followup(state="failed")
    assert decide(desk, message, "again", "failed").status_code == 302
    message.refresh_from_db()
    run = run_of(message)

    assert message.state == "pending"
    assert (run.state, run.why, run.message_id) == (SequenceRun.State.ACTIVE, "", message.pk)
    assert run.step_id


def test_a_refused_follow_up_isnt_sent_again_to_somebody_who_answered(desk: Client) -> None:
    message = followup(state="failed")
    LeadEventFactory(
        lead=run_of(message).lead, kind=LeadEvent.Kind.REPLY, created_at=timezone.now() + timedelta(seconds=1)
    )
    response = decide(desk, message, "again", "failed")
    message.refresh_from_db()

    assert response.status_code == 422
    assert "Not sent again: they answered." in response.text
    assert message.state == "failed"
    assert run_of(message).state == SequenceRun.State.STOPPED


def test_a_code_that_was_forgotten_isnt_sent_again(manager: Client) -> None:
    message = MessageFactory(state="failed", text="Your code is [[code]].")
    response = decide(manager, message, "again", "failed")

    assert response.status_code == 422
    assert "for one time only" in response.text


def test_done_takes_a_refused_message_off_the_list_and_undo_brings_it_back(desk: Client) -> None:
    one, two = followup(state="failed"), followup(state="failed")
    confirmed = {"keys": f"{one.pk},{two.pk}", "confirmed": "1"}
    result = desk.post(f"{LIST}failed/done/", confirmed)

    assert "2 messages settled." in result.text
    assert desk.get(f"{LIST}failed/").context["rows"] == []
    assert Message.objects.filter(state="failed", handled_at__isnull=False).count() == 2

    back = desk.post(f"{LIST}undo/", {"token": result.context["token"]})
    assert "2 messages settled." in back.text
    assert len(desk.get(f"{LIST}failed/").context["rows"]) == 2


def test_only_who_did_it_undoes_it(desk: Client, manager: Client) -> None:
    message = followup(state="failed")
    token = desk.post(f"{LIST}failed/done/", {"keys": message.pk, "confirmed": "1"}).context["token"]
    manager.post(f"{LIST}undo/", {"token": token})
    manager.post(f"{LIST}undo/", {"token": "forged"})
    message.refresh_from_db()

    assert message.handled_at


@pytest.mark.parametrize("choice", ["arrived", "again", "give-up"])
def test_who_comes_too_late_is_told_what_happened_meanwhile(desk: Client, choice: str) -> None:
    message = followup()
    Message.objects.filter(pk=message.pk).update(state="sent", sent_at=timezone.now())
    response = decide(desk, message, choice)

    assert response.status_code == 409
    assert "Too late" in response.text
    assert "Sent " in response.text
    assert not DeliveryAttempt.objects.filter(message=message).exists()
    assert not LeadEvent.objects.filter(actor__isnull=False).exists()


def test_a_choice_of_one_queue_isnt_taken_for_the_other(desk: Client) -> None:
    message = followup()
    Message.objects.filter(pk=message.pk).update(state="failed")

    assert decide(desk, message, "again", "unclear").status_code == 409
    assert decide(desk, message, "explode").status_code == 404
    assert decide(desk, message, "again", "").status_code == 404


# Many at once -----------------------------------------------------------------------------------------


def test_many_of_one_kind_are_asked_about_once_and_settled_each(desk: Client) -> None:
    outage = [followup(last_error="The provider vanished.") for _ in range(3)]
    other = followup(last_error="Another thing")
    queue = desk.get(f"{LIST}unclear/")
    assert "The provider vanished." in queue.text

    kind = "channel=email&why=The+provider+vanished."
    asked = desk.post(f"{LIST}unclear/again/", {"scope": "matching", "query": kind})
    assert "Send again: 3 messages" in asked.text
    assert set(Message.objects.values_list("state", flat=True)) == {"unknown"}, "nothing happens before"

    done = desk.post(f"{LIST}unclear/again/", {"keys": asked.context["keys"], "confirmed": "1"})
    assert "3 messages settled." in done.text
    assert {Message.objects.get(pk=each.pk).state for each in outage} == {"pending"}
    assert Message.objects.get(pk=other.pk).state == "unknown"
    assert DataAccess.objects.filter(kind=DataAccess.Kind.BULK, count=3).exists()


def test_one_that_was_settled_meanwhile_leaves_the_others_alone(desk: Client) -> None:
    one, two = followup(), followup()
    Message.objects.filter(pk=one.pk).update(state="cancelled")
    result = desk.post(f"{LIST}unclear/arrived/", {"keys": f"{one.pk},{two.pk}", "confirmed": "1"})

    assert "1 message settled." in result.text
    assert "Too late" in result.text
    assert Message.objects.get(pk=two.pk).state == "sent"


def test_nothing_ticked_changes_nothing(desk: Client) -> None:
    followup()
    response = desk.post(f"{LIST}unclear/arrived/", {"scope": "ticked"}, follow=True)

    assert "Tick at least one message first" in response.text


def test_a_message_that_goes_again_by_itself_waits_for_nobody(desk: Client) -> None:
    MessageFactory(state="unknown", purpose="acknowledgement", subject="By itself")
    MessageFactory(state="unknown", purpose="acknowledgement", subject="Used up", attempts=6)
    page = desk.get(f"{LIST}unclear/").text

    assert "By itself" not in page
    assert "Used up" in page


# The home page ----------------------------------------------------------------------------------------


def home(client: Client) -> str:
    return client.get("/cms/").text


def test_home_tells_what_is_due_what_left_and_what_waits(desk: Client) -> None:
    MessageFactory(due_at=timezone.now() - timedelta(seconds=20))
    MessageFactory.create_batch(3, state="sent", report="delivered")
    followup()
    page = home(desk)

    assert "1, the oldest for 20 s" in page
    assert "Sent per hour in the last 24 hours: 3 in all" in page
    assert "100.0 % reported delivered, 0.0 % came back" in page
    assert f'href="{LIST}unclear/">1<' in page


def test_home_claims_nothing_while_no_provider_reports(desk: Client) -> None:
    MessageFactory.create_batch(3, state="sent")
    page = home(desk)

    assert "Of 3 sent in 7 days" in page
    assert "No provider has reported anything yet" in page
    assert "reported delivered" not in page


def test_home_without_any_message_says_so(desk: Client) -> None:
    assert "Nothing left in the last 24 hours." in home(desk)


def test_home_warns_while_messages_are_late(desk: Client) -> None:
    message = MessageFactory(due_at=timezone.now() - timedelta(seconds=61))
    assert 'data-state="late"' in home(desk)

    Message.objects.filter(pk=message.pk).update(due_at=timezone.now() + timedelta(hours=9))
    assert 'data-state="late"' not in home(desk), "what a rule postponed is not late"


def test_home_says_which_channel_is_left_alone(desk: Client) -> None:
    ChannelState.objects.create(channel="email", closed_until=timezone.now() + timedelta(seconds=20))

    assert "E-mail: nobody answers there; tried again at" in home(desk)


def test_home_of_an_author_shows_no_messages(author: User) -> None:
    MessageFactory(due_at=timezone.now() - timedelta(hours=1))
    page = home(signed_in(author))

    assert "messages-panel" not in page
    assert 'data-state="late"' not in page


def test_home_costs_the_same_however_many_messages_there_are(desk: Client) -> None:
    counts = []
    for more in (1, 3):
        for state in ("pending", "sent", "unknown", "failed"):
            MessageFactory.create_batch(more, state=state)
        cache.clear()
        home(desk)
        cache.delete_many(["outbox:throughput", "outbox:reported"])
        with CaptureQueriesContext(connection) as queries:
            home(desk)
        counts.append(len(queries))

    assert counts[0] == counts[1]


# Late messages ----------------------------------------------------------------------------------------


def late(minutes: int) -> Incident:
    return Incident.objects.create(began_at=timezone.now() - timedelta(minutes=minutes), most_due=12)


def test_admissions_leads_are_told_afterwards_that_messages_were_late(admissions_lead: User) -> None:
    late(minutes=41)
    watch()
    notice = Message.objects.get(purpose="notice")

    assert (notice.to, notice.subject) == (admissions_lead.email, "Messages were 41 minutes late")
    assert "At most 12 messages waited." in notice.text
    watch()
    assert Message.objects.count() == 1


def test_what_was_over_within_minutes_is_told_to_nobody(admissions_lead: User) -> None:
    late(minutes=3)
    watch()

    assert not Message.objects.exists()
    assert Incident.objects.get().ended_at
