"""Wherever an answer comes in, it stands on the timeline, stops follow-ups and calls the desk."""

from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from enrollment.admin.filters import wrote_again
from enrollment.followups.hearing import take_reply
from enrollment.models import Consent, Lead, LeadEvent, Sequence, SequenceRun
from outbox import replies
from outbox.models import Channel, Message, Reply, Suppression
from outbox.suppression import opt_out, suppress
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.enrollment import ConsentFactory, LeadEventFactory, LeadFactory, PersonFactory
from tests.factories.followups import planned_run
from tests.factories.outbox import MessageFactory
from tests.outbox.test_replies import heard

pytestmark = pytest.mark.django_db

PHONE = "+919500481067"


def reply_from(sender: str, *, text: str = "Yes, call me.", **values: object) -> Reply:
    values = {"channel": Channel.EMAIL, "event_id": str(uuid4()), **values}
    return Reply.objects.create(sender=sender, text=text, **values)


def said(lead: Lead) -> list[str]:
    return list(lead.events.filter(kind=LeadEvent.Kind.REPLY).values_list("text", flat=True))


def still_running() -> list[SequenceRun]:
    return list(SequenceRun.objects.active().order_by("pk"))


def test_an_answer_to_a_message_belongs_to_its_lead_and_stops_all_of_the_person() -> None:
    run = planned_run()
    other = planned_run(lead=LeadFactory(person=run.lead.person))
    sent = MessageFactory(state=Message.State.SENT)
    LeadEventFactory(lead=run.lead, kind=LeadEvent.Kind.MESSAGE, message=sent, text="")

    reply = reply_from("someone-else@example.org", subject="Re: Fees", message=sent)
    assert take_reply(reply) == [run.lead]

    assert said(run.lead) == ["Re: Fees\n\nYes, call me."]
    assert run not in still_running()
    assert other not in still_running()
    assert said(other.lead) == []
    assert list(wrote_again().values_list("lead", flat=True)) == [run.lead_id]


def test_an_answer_to_a_message_that_is_not_told_yet_finds_its_run() -> None:
    run = planned_run(state=Message.State.SENDING)
    assert take_reply(reply_from("x@example.org", message=run.message)) == [run.lead]
    assert still_running() == []


@pytest.mark.parametrize("channel", [Channel.WHATSAPP, Channel.SMS])
def test_an_answer_is_known_by_the_number_that_it_came_from(channel: str) -> None:
    lead = LeadFactory(person=PersonFactory(phone=PHONE))
    run = planned_run(lead=lead)
    take_reply(reply_from(PHONE, channel=channel))
    assert said(lead) == ["Yes, call me."]
    assert run not in still_running()


def test_a_learner_is_known_by_the_address_of_the_account() -> None:
    person = PersonFactory(user=UserFactory(email="learner@example.com"))
    run = planned_run(lead__person=person)
    take_reply(reply_from("learner@example.com"))
    assert said(run.lead) == ["Yes, call me."]


def test_an_answer_of_somebody_in_a_family_stops_what_goes_to_each_and_says_so() -> None:
    family = [LeadFactory(person=PersonFactory(phone=PHONE)) for _ in range(2)]
    for lead in family:
        planned_run(lead=lead)
    take_reply(reply_from(PHONE, channel=Channel.SMS))
    assert still_running() == []
    for lead in family:
        assert said(lead) == [
            f"From {PHONE}, which several people share: it is not known who wrote.\n\nYes, call me."
        ]


def test_the_lead_that_is_written_to_has_the_answer_else_the_newest_open_one() -> None:
    person = PersonFactory(email="asha@example.com")
    run = planned_run(lead=LeadFactory(person=person))
    newer = LeadFactory(person=person)
    LeadFactory(person=person, stage_id="closed")
    take_reply(reply_from("asha@example.com"))
    assert len(said(run.lead)) == 1
    take_reply(reply_from("asha@example.com", text="And the fees?"))
    assert said(newer) == ["And the fees?"]


def test_an_automatic_answer_stops_nothing() -> None:
    run = planned_run()
    assert take_reply(reply_from(run.message.to, is_automatic=True)) == []
    assert still_running() == [run]
    assert said(run.lead) == []


def test_an_answer_of_nobody_that_is_known_changes_nothing() -> None:
    run = planned_run()
    assert take_reply(reply_from("stranger@example.org")) == []
    assert still_running() == [run]


def test_an_answer_without_words_still_stops() -> None:
    run = planned_run()
    take_reply(reply_from(run.message.to, text=""))
    assert said(run.lead) == ["An answer without text (E-mail)"]
    assert still_running() == []


def test_staff_write_an_answer_down_once(admissions: User) -> None:
    run = planned_run()
    desk = signed_in(admissions)
    for _ in range(2):
        desk.post(f"/cms/leads/reply/{run.lead_id}/", {"text": "Wants to start in March."})
    page = desk.get(f"/cms/leads/inspect/{run.lead_id}/").content.decode()

    assert said(run.lead) == ["Wants to start in March."]
    assert "They answered" in page
    assert still_running() == []
    assert not wrote_again().exists()


def test_an_empty_answer_is_refused_with_the_form(admissions: User) -> None:
    run = planned_run()
    page = signed_in(admissions).post(f"/cms/leads/reply/{run.lead_id}/", {"text": " "})
    assert page.status_code == 422
    assert "Write what they said first" in page.content.decode()
    assert still_running() == [run]


def test_who_asks_again_has_answered(visitor: Client, course: SmallCourse) -> None:
    person = PersonFactory(name="Asha Devi", email="asha@example.com")
    same = planned_run(lead=LeadFactory(person=person, course=course.page))
    data = {
        "key": str(uuid4()),
        "name": "Asha Devi",
        "email": "asha@example.com",
        "contact_by": "email",
        "course": str(course.page.pk),
        "message": "One more question",
    }
    assert visitor.post("/enquire/", data).status_code == 302

    same.refresh_from_db()
    assert (same.state, same.why) == (SequenceRun.State.STOPPED, SequenceRun.Why.REPLY)
    assert same.lead.events.filter(text__endswith="stopped: they wrote again").exists()


def test_who_asks_about_something_else_has_answered_too(visitor: Client, course: SmallCourse) -> None:
    person = PersonFactory(name="Asha Devi", email="asha@example.com")
    run = planned_run(lead=LeadFactory(person=person, interest=Lead.Interest.PLACEMENT))
    data = {
        "key": str(uuid4()),
        "name": "Asha Devi",
        "email": "asha@example.com",
        "contact_by": "email",
        "course": str(course.page.pk),
    }
    visitor.post("/enquire/", data)
    assert run not in still_running()


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        (Suppression.Reason.UNSUBSCRIBED, SequenceRun.Why.UNSUBSCRIBED),
        (Suppression.Reason.COMPLAINED, SequenceRun.Why.COMPLAINED),
        (Suppression.Reason.BOUNCED, SequenceRun.Why.BOUNCED),
    ],
)
def test_a_suppressed_address_ends_what_goes_to_whoever_has_it(reason: str, why: str) -> None:
    run, stranger = planned_run(), planned_run()
    suppress(run.message.to, reason=reason)
    run.refresh_from_db()
    assert (run.state, run.why, run.message) == (SequenceRun.State.STOPPED, why, None)
    assert still_running() == [stranger]


def test_who_wants_no_more_news_keeps_the_answers_and_has_taken_the_consent_back() -> None:
    person = PersonFactory()
    ConsentFactory(person=person)
    news = planned_run(lead__person=person, sequence__basis=Sequence.Basis.NEWS)
    answer = planned_run(lead=news.lead)
    opt_out(news.message.to, topic="news")
    opt_out(news.message.to, topic="news")

    assert still_running() == [answer]
    consents = Consent.objects.filter(person=person).order_by("pk")
    assert [(row.granted, row.purpose, row.actor) for row in consents] == [
        (True, "news", None),
        (False, "news", None),
    ]


def test_who_wants_nothing_more_has_taken_the_consent_back_and_who_never_gave_it_has_not() -> None:
    gave, never = PersonFactory(email="one@example.com"), PersonFactory(email="two@example.com")
    ConsentFactory(person=gave)
    for person in (gave, never):
        LeadFactory(person=person)
    for address in ("one@example.com", "two@example.com"):
        suppress(address, reason=Suppression.Reason.UNSUBSCRIBED)
    assert Consent.objects.filter(person=gave, granted=False).count() == 1
    assert not Consent.objects.filter(person=never).exists()


def test_a_start_from_a_number_gives_no_consent_back_because_numbers_can_be_forged() -> None:
    person = PersonFactory(phone=PHONE)
    LeadFactory(person=person)
    ConsentFactory(person=person)
    replies.take(heard("STOP", sender=PHONE))
    replies.take(heard("START", sender=PHONE))

    newest = Consent.objects.filter(person=person).order_by("pk").last()
    assert not newest.granted
