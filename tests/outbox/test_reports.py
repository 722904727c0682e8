"""Reports about messages that left: once each, in whatever order, and what follows from them."""

import random
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest

from outbox import reports, signals
from outbox.models import Channel, DeliveryAttempt, Message, ProviderEvent, Report, Suppression
from outbox.reports import Told
from outbox.suppression import suppress
from tests.factories.outbox import DeliveryAttemptFactory, MessageFactory

pytestmark = pytest.mark.django_db

NUMBER = "+919876543210"


def told(report: str, *, event_id: str = "", **fields: Any) -> Told:
    values = {"channel": Channel.WHATSAPP, "kind": report or "sent", "provider_id": "wamid.1", **fields}
    return Told(event_id=event_id or f"wamid.1:{report}", report=report, **values)


@pytest.fixture
def message() -> Message:
    return MessageFactory(
        state=Message.State.SENT,
        channel=Channel.WHATSAPP,
        purpose=Message.Purpose.MARKETING,
        to=NUMBER,
        provider_id="wamid.1",
    )


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """The reports that others are told of."""
    found: list[str] = []

    def listen(sender: Any, message: Message, report: str, **kwargs: Any) -> None:
        found.append(report)

    signals.reported.connect(listen)
    yield found
    signals.reported.disconnect(listen)


def test_a_report_is_kept_with_its_message_and_told(message: Message, heard: list[str]) -> None:
    assert reports.take(told(Report.DELIVERED, detail="Handed to the phone"))

    message.refresh_from_db()
    event = message.events.get()
    assert (message.report, heard) == (Report.DELIVERED, [Report.DELIVERED])
    assert message.reported_at is not None
    assert event.payload["detail"] == "Handed to the phone"


def test_the_same_report_again_changes_nothing(message: Message, heard: list[str]) -> None:
    results = [reports.take(told(Report.DELIVERED)) for _repeat in range(3)]

    assert results == [True, False, False]
    assert heard == [Report.DELIVERED]
    assert ProviderEvent.objects.count() == 1


@pytest.mark.parametrize("order", [*permutations([Report.FAILED, Report.DELIVERED, Report.READ])])
def test_what_proves_most_stays_in_any_order(order: tuple[str, ...], message: Message) -> None:
    everything = [told(report) for report in order] * 3
    random.shuffle(everything)

    for each in everything:
        reports.take(each)

    message.refresh_from_db()
    assert message.report == Report.READ


@pytest.mark.parametrize("worst", [Report.BOUNCED, Report.COMPLAINED])
@pytest.mark.parametrize("comes_first", [True, False])
def test_a_bounce_or_a_complaint_outweighs_a_delivery(
    worst: str, comes_first: bool, message: Message
) -> None:
    for report in (worst, Report.DELIVERED) if comes_first else (Report.DELIVERED, worst):
        reports.take(told(report))

    message.refresh_from_db()
    assert message.report == worst


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (Report.BOUNCED, Suppression.Reason.BOUNCED),
        (Report.COMPLAINED, Suppression.Reason.COMPLAINED),
    ],
)
def test_a_dead_address_and_a_complaint_end_what_is_sent_there(
    report: str, reason: str, message: Message
) -> None:
    reports.take(told(report))

    suppression = Suppression.objects.get()
    assert (suppression.channel, suppression.reason) == (Channel.WHATSAPP, reason)
    assert suppression.address_hash == suppress(NUMBER, reason=reason, channel="whatsapp").address_hash


@pytest.mark.parametrize("report", [Report.FAILED, Report.DELIVERED, Report.READ, ""])
def test_other_reports_end_nothing(report: str, message: Message) -> None:
    reports.take(told(report))

    assert not Suppression.objects.exists()


def test_who_wants_no_offers_gets_no_more(message: Message) -> None:
    reports.take(told(Report.FAILED, unsubscribes=True))

    assert Suppression.objects.get().reason == Suppression.Reason.UNSUBSCRIBED


@pytest.mark.parametrize(
    ("state", "report"),
    [
        (Message.State.UNKNOWN, ""),
        (Message.State.UNKNOWN, Report.FAILED),
        (Message.State.PENDING, Report.DELIVERED),
        (Message.State.FAILED, Report.DELIVERED),
        (Message.State.CANCELLED, Report.READ),
    ],
)
def test_a_report_shows_that_a_message_left(state: str, report: str) -> None:
    message = MessageFactory(state=state, channel=Channel.WHATSAPP, to=NUMBER, attempts=1)

    reports.take(told(report, reference=message.message_id))

    message.refresh_from_db()
    assert (message.state, message.provider_id, message.report) == (Message.State.SENT, "wamid.1", report)
    assert message.deliveries.get().outcome == DeliveryAttempt.Outcome.SENT


def test_a_message_that_is_being_sent_is_settled_by_its_report() -> None:
    message = MessageFactory(state=Message.State.SENDING, leased=True, channel=Channel.SMS, to=NUMBER)

    reports.take(told(Report.DELIVERED, channel=Channel.SMS, provider_id="sms-1", reference=message.key))

    message.refresh_from_db()
    assert (message.state, message.lease_token) == (Message.State.SENT, None)


def test_a_failure_leaves_what_was_given_up_as_it_is() -> None:
    message = MessageFactory(state=Message.State.FAILED, channel=Channel.WHATSAPP, to=NUMBER)

    reports.take(told(Report.FAILED, reference=message.message_id))

    message.refresh_from_db()
    assert message.state == Message.State.FAILED


class Keeper:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def ended(self, message: Message, outcome: str) -> None:
        self.told.append(outcome)


def test_the_keeper_is_told_once_that_an_unclear_message_left(monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = Keeper()
    monkeypatch.setattr(reports, "keeper_of", lambda message: keeper)
    message = MessageFactory(state=Message.State.UNKNOWN, channel=Channel.WHATSAPP, keeper="followup")
    DeliveryAttemptFactory(message=message, outcome=DeliveryAttempt.Outcome.UNKNOWN)

    for report in ("", Report.DELIVERED, Report.READ):
        reports.take(told(report, reference=message.message_id))

    assert keeper.told == [DeliveryAttempt.Outcome.SENT]


def test_a_keeper_that_fails_has_the_provider_report_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(message: Message) -> None:
        raise RuntimeError

    monkeypatch.setattr(reports, "keeper_of", fail)
    message = MessageFactory(state=Message.State.UNKNOWN, channel=Channel.WHATSAPP, keeper="followup")

    with pytest.raises(RuntimeError):
        reports.take(told("", reference=message.message_id))

    monkeypatch.setattr(reports, "keeper_of", lambda message: None)
    assert reports.take(told("", reference=message.message_id))
    message.refresh_from_db()
    assert message.state == Message.State.SENT


def test_a_receiver_that_fails_takes_the_report_back(message: Message) -> None:
    def fail(sender: Any, **kwargs: Any) -> None:
        raise RuntimeError

    signals.reported.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            reports.take(told(Report.DELIVERED))
    finally:
        signals.reported.disconnect(fail)

    assert not ProviderEvent.objects.exists()
    assert reports.take(told(Report.DELIVERED))


def test_a_report_about_no_message_of_ours_is_kept_without_whom_it_names() -> None:
    reports.take(told(Report.DELIVERED, provider_id="wamid.other", address=NUMBER, detail=f"to {NUMBER}"))

    event = ProviderEvent.objects.get()
    assert event.message is None
    assert NUMBER not in str(event.payload)


def test_a_complaint_about_a_message_that_is_gone_still_counts() -> None:
    reports.take(told(Report.COMPLAINED, address="Reader@example.com", channel=Channel.EMAIL))

    assert Suppression.objects.get().reason == Suppression.Reason.COMPLAINED


def test_a_report_is_for_messages_of_its_own_channel(message: Message) -> None:
    reports.take(told(Report.DELIVERED, channel=Channel.SMS))

    message.refresh_from_db()
    assert message.report == ""


def test_an_event_is_known_by_all_its_parts_and_names_nobody() -> None:
    one, other = (reports.event_id("Postmark", NUMBER, kind) for kind in ("bounced", "delivered"))

    assert one != other
    assert one == reports.event_id("Postmark", NUMBER, "bounced")
    assert one.startswith("Postmark:")
    assert NUMBER not in one
