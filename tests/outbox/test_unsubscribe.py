"""Whoever has a mail may stop what its address gets: with one press, without a login, for good."""

import logging
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest
from django.conf import settings
from django.core.signing import Signer
from django.test import Client

from accounts.models import User
from outbox import signals
from outbox.mime import build_email
from outbox.models import Message, OptOut, Suppression, address_hash
from outbox.personal import forget_messages
from outbox.suppression import why_forbidden
from outbox.unsubscribing import masked, unsubscribe_url
from tests.factories.enrollment import ConsentFactory, PersonFactory
from tests.factories.outbox import MessageFactory, SuppressionFactory

pytestmark = pytest.mark.django_db

ADDRESS = "meera@example.com"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def follow_up(topic: str = "followups", **values: Any) -> Message:
    message: Message = MessageFactory(  # type: ignore[assignment]
        to=ADDRESS, purpose=Message.Purpose.MARKETING, topic=topic, state=Message.State.SENT, **values
    )
    return message


def link_of(message: Message) -> str:
    return unsubscribe_url(message).removeprefix(settings.SITE_URL)


def reaches(topic: str = "followups", purpose: str = Message.Purpose.MARKETING) -> bool:
    return not why_forbidden(Message(channel="email", to=ADDRESS, purpose=purpose, topic=topic))


@pytest.fixture
def stranger() -> Client:
    """A browser without a session, which checks CSRF as a real one is checked."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def told() -> Iterator[list[tuple[str, str]]]:
    """What others hear: stopped or allowed, and which topic."""
    heard: list[tuple[str, str]] = []

    def stopped(topic: str, **_more: Any) -> None:
        heard.append(("stopped", topic))

    def allowed(topic: str, **_more: Any) -> None:
        heard.append(("allowed", topic))

    signals.suppressed.connect(stopped)
    signals.allowed.connect(allowed)
    yield heard
    signals.suppressed.disconnect(stopped)
    signals.allowed.disconnect(allowed)


def test_a_follow_up_leaves_with_the_headers_that_mail_programs_press() -> None:
    message = follow_up()
    wire = build_email(message).message(policy=SMTP).as_bytes()

    line = f"List-Unsubscribe: <{unsubscribe_url(message)}>\r\n"
    assert line.encode() in wire, "in one piece: folded or encoded it would be no address"
    mail = message_from_bytes(wire)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert max(len(row) for row in wire.split(b"\r\n")) <= 998


def test_the_link_stands_in_both_parts_and_is_kept_nowhere() -> None:
    message = follow_up(text="Any questions?", html="<html><body><p>Any questions?</p></body></html>")
    mail = build_email(message)
    assert unsubscribe_url(message) in mail.body
    html = str(mail.alternatives[0][0])
    assert html.index(unsubscribe_url(message)) < html.index("</body>")
    message.refresh_from_db()
    assert "unsubscribe" not in f"{message.text}{message.html}{message.private}{message.content}"


def test_a_text_with_a_place_for_the_link_gets_it_there_alone() -> None:
    message = follow_up(text="No more? [[unsubscribe_url]] Bye", html='<a href="[[unsubscribe_url]]">No</a>')
    mail = build_email(message)
    assert mail.body == f"No more? {unsubscribe_url(message)} Bye"
    assert mail.alternatives[0][0] == f'<a href="{unsubscribe_url(message)}">No</a>'


@pytest.mark.parametrize("purpose", [p for p in Message.Purpose if p != Message.Purpose.MARKETING])
def test_what_was_asked_for_carries_no_such_header(purpose: str) -> None:
    mail = build_email(MessageFactory(purpose=purpose, text="Welcome")).message()
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None
    assert "unsubscribe" not in mail.as_string()


def test_the_link_tells_nobody_the_address() -> None:
    token = unsubscribe_url(follow_up()).split("/")[-2]
    signed = urlsafe_b64decode(token.partition(":")[0] + "==").decode()
    assert "meera" not in signed
    assert "example.com" not in signed


def test_one_click_stops_the_topic_and_nothing_else(stranger: Client, told: list[tuple[str, str]]) -> None:
    link = link_of(follow_up())
    answer = stranger.post(link, ONE_CLICK)

    assert answer.status_code == 200
    assert "You get no more of this: “Answers to your enquiry”." in answer.text
    assert not reaches("followups")
    assert reaches("news")
    assert reaches("", Message.Purpose.ENROLMENT)
    assert told == [("stopped", "followups")]


def test_pressing_twice_is_the_same_as_once(stranger: Client, told: list[tuple[str, str]]) -> None:
    link = link_of(follow_up())
    answers = [stranger.post(link, ONE_CLICK) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert OptOut.objects.count() == 1
    assert told == [("stopped", "followups")]


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(stranger: Client, method: str) -> None:
    answer = getattr(stranger, method)(link_of(follow_up()) + "?do=stop&List-Unsubscribe=One-Click")
    assert answer.status_code == 200
    assert reaches()
    assert not OptOut.objects.exists()
    assert not Suppression.objects.exists()


def test_the_page_says_what_it_is_about(stranger: Client) -> None:
    answer = stranger.get(link_of(follow_up()))
    assert "m…a@example.com" in answer.text
    assert ADDRESS not in answer.text
    assert "Stop these messages" in answer.text
    assert "Stop everything except what concerns my account and my course place" in answer.text
    assert answer["Cache-Control"].startswith("max-age=0")
    assert '<meta name="robots" content="noindex">' in answer.text


def test_everything_can_be_stopped_but_account_and_place(stranger: Client) -> None:
    answer = stranger.post(link_of(follow_up()), {"do": "stop-all"})
    assert "You get nothing more but what concerns your account" in answer.text
    assert [reaches(topic) for topic in settings.MESSAGE_TOPICS] == [False, False, False]
    assert reaches("", Message.Purpose.ACCOUNT)
    assert reaches("", Message.Purpose.ENROLMENT)


def test_a_message_without_a_topic_stops_with_everything(stranger: Client) -> None:
    stranger.post(link_of(follow_up(topic="")), ONE_CLICK)
    assert not reaches("news")


@pytest.mark.parametrize("first", ["stop", "stop-all"])
def test_it_can_be_taken_back_with_the_same_link(
    stranger: Client, told: list[tuple[str, str]], first: str
) -> None:
    link = link_of(follow_up())
    assert "Get them again" in stranger.post(link, {"do": first}).text
    answer = stranger.post(link, {"do": "back"})
    assert "You may hear from us again" in answer.text
    assert reaches("followups")
    assert told[-1] == ("allowed", "followups")
    stranger.post(link, {"do": "back"})
    assert told.count(("allowed", "followups")) == 1


def test_taking_one_topic_back_leaves_the_others_stopped(stranger: Client) -> None:
    link = link_of(follow_up())
    stranger.post(link, {"do": "stop-all"})
    stranger.post(link, {"do": "back"})
    assert [reaches(topic) for topic in ("followups", "news", "course")] == [True, False, False]


def test_each_topic_can_be_chosen(stranger: Client, told: list[tuple[str, str]]) -> None:
    link = link_of(follow_up())
    answer = stranger.post(link, {"do": "choose", "topic": ["course", "no-such-topic"]})
    assert "Your choice is saved" in answer.text
    assert [reaches(topic) for topic in ("followups", "news", "course")] == [False, False, True]
    assert sorted(told) == [("stopped", "followups"), ("stopped", "news")]

    stranger.post(link, {"do": "choose", "topic": ["news", "followups", "course"]})
    assert all(reaches(topic) for topic in settings.MESSAGE_TOPICS)

    stranger.post(link, {"do": "choose"})
    assert Suppression.objects.get().reason == Suppression.Reason.UNSUBSCRIBED


@pytest.mark.parametrize("reason", ["complained", "bounced", "erased"])
def test_no_link_takes_back_a_complaint_or_a_dead_address(stranger: Client, reason: str) -> None:
    SuppressionFactory(address=ADDRESS, reason=reason)
    link = link_of(follow_up())
    for data in [{"do": "back"}, {"do": "choose", "topic": list(settings.MESSAGE_TOPICS)}, ONE_CLICK]:
        assert stranger.post(link, data).status_code == 200
    assert Suppression.objects.get().reason == reason
    assert "Nothing can be changed for this address here" in stranger.get(link).text


@pytest.mark.parametrize(
    "cut", [lambda link: link[:-9] + "/", lambda link: link.replace("unsubscribe/", "unsubscribe/x")]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_or_cut_link_leads_nowhere_but_to_us(stranger: Client, cut: Any, method: str) -> None:
    answer = getattr(stranger, method)(cut(link_of(follow_up())), ONE_CLICK)
    assert answer.status_code == 404
    assert "call us or write to us" in answer.text
    assert reaches()


def test_a_link_signed_for_something_else_is_refused(stranger: Client) -> None:
    other = Signer(salt="somewhere.else").sign_object(["email", address_hash(ADDRESS), "followups", 1])
    odd = Signer(salt="outbox.unsubscribe").sign_object({"channel": "email"})
    for token in (other, odd, "x", ":", "a:b:c"):
        assert stranger.post(f"/messages/unsubscribe/{token}/", ONE_CLICK).status_code == 404


def test_it_works_after_the_person_was_erased(stranger: Client) -> None:
    message = follow_up()
    link = link_of(message)
    forget_messages(Message.objects.filter(pk=message.pk))

    assert "example.com" not in stranger.get(link).text.replace("hello@", "")
    assert stranger.post(link, ONE_CLICK).status_code == 200
    assert not reaches("followups")
    Message.objects.all().delete()
    stranger.post(link, {"do": "stop-all"})
    assert not reaches("news")


def test_a_post_that_asks_nothing_known_changes_nothing(stranger: Client) -> None:
    for data in ({}, {"do": "delete"}, {"List-Unsubscribe": "no"}):
        assert stranger.post(link_of(follow_up()), data).status_code == 400
    assert reaches()


def test_logs_name_nobody(stranger: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        stranger.post(link_of(follow_up()), ONE_CLICK)
    assert "meera" not in caplog.text


def test_news_is_allowed_no_more_and_again_by_the_link(stranger: Client) -> None:
    person = PersonFactory(email=ADDRESS)
    ConsentFactory(person=person)
    link = link_of(follow_up("news"))
    stranger.post(link, ONE_CLICK)
    assert not person.consents.order_by("pk").last().granted
    stranger.post(link, {"do": "back"})
    stranger.post(link, {"do": "back"})
    assert [said.granted for said in person.consents.order_by("pk")] == [True, False, True]


def test_no_link_overrides_what_somebody_told_staff(stranger: Client, admissions: User) -> None:
    person = PersonFactory(email=ADDRESS)
    link = link_of(follow_up("news"))
    stranger.post(link, ONE_CLICK)
    ConsentFactory(person=person, granted=False, actor=admissions)
    stranger.post(link, {"do": "back"})
    assert not person.consents.order_by("pk").last().granted


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("meera@example.com", "m…a@example.com"),
        ("me@example.com", "m…@example.com"),
        ("+919876543210", "+91…10"),
    ],
)
def test_an_address_is_shown_to_its_owner_only(address: str, shown: str) -> None:
    assert masked(address) == shown
