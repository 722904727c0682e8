"""The same report at the very same moment, and a report that is quicker than the answer to the sender."""

from collections.abc import Iterator
from threading import Barrier, Thread
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from pytest_django import Settings

from outbox.delivery import drain
from outbox.models import Channel, DeliveryAttempt, Message, ProviderEvent, Reply, Report
from outbox.queue import enqueue
from tests.factories.outbox import MessageFactory
from tests.providers.fake import PHONE_ID, TOKEN, FakeProvider
from tests.providers.telling import Notice, deliveries, of_whatsapp, whatsapp_status

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "+919876543210"


@pytest.fixture
def provider(settings: Settings) -> Iterator[FakeProvider]:
    fake = FakeProvider().start()
    options = {"api": fake.whatsapp_api, "phone_id": PHONE_ID, "token": TOKEN}
    way = {"WAY": "outbox.channels.whatsapp.WhatsAppWay", "OPTIONS": options}
    settings.OUTBOX_WAYS = {**settings.OUTBOX_WAYS, "whatsapp": way}
    yield fake
    fake.stop()


def signed(value: dict[str, Any]) -> Notice:
    return of_whatsapp(value, secret=settings.WHATSAPP_APP_SECRET)


def post(notice: Notice) -> int:
    sent = Client().post(notice.path, notice.body, content_type="application/json", headers=notice.headers)
    return sent.status_code


def together(notices: list[Notice]) -> list[int]:
    """Post them all at one moment; return the answers."""
    start, answers = Barrier(len(notices)), []

    def run(notice: Notice) -> None:
        try:
            start.wait()
            answers.append(post(notice))
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(notice,)) for notice in notices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def queue(key: str = "run:1:1:whatsapp") -> Message:
    return enqueue(
        key=key,
        to=NUMBER,
        channel=Channel.WHATSAPP,
        subject="",
        text="Hello Meena",
        content={"template": "cohort_starts", "language": "en", "parameters": ["Monday"]},
        purpose=Message.Purpose.MARKETING,
    )


def test_one_report_three_times_at_once_counts_once() -> None:
    message = MessageFactory(state="sent", channel="whatsapp", to=NUMBER, provider_id="wamid.1")

    answers = together([signed({"statuses": [whatsapp_status("wamid.1", "delivered")]})] * 3)

    message.refresh_from_db()
    assert (answers, message.report) == ([200] * 3, Report.DELIVERED)
    assert ProviderEvent.objects.count() == 1


def test_all_reports_of_a_message_at_once_leave_the_last_word() -> None:
    message = MessageFactory(state="unknown", channel="whatsapp", to=NUMBER)
    statuses = [
        whatsapp_status("wamid.1", status, reference=message.message_id)
        for status in ("sent", "delivered", "read")
    ]

    answers = together([signed({"statuses": [status]}) for status in statuses])

    message.refresh_from_db()
    assert answers == [200] * 3
    assert (message.state, message.report) == (Message.State.SENT, Report.READ)
    assert message.deliveries.count() == 1


def test_one_answer_three_times_at_once_is_one() -> None:
    text = {"from": "919876543210", "id": "wamid.theirs", "type": "text", "text": {"body": "Yes"}}

    assert together([signed({"messages": [text]})] * 3) == [200] * 3
    assert Reply.objects.count() == 1


def test_what_the_sender_hands_over_is_reported_on(provider: FakeProvider) -> None:
    queue()

    drain(seconds=5)
    secrets = {"whatsapp": settings.WHATSAPP_APP_SECRET}
    answers = {post(notice) for notice in deliveries(provider.taken, secrets=secrets)}

    message = Message.objects.get()
    assert answers == {200}
    assert (message.state, message.report) == (Message.State.SENT, Report.READ)
    assert message.provider_id == provider.taken[0].id


def test_a_report_that_is_quicker_than_the_answer_settles_the_message_once(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue()
    take = FakeProvider.take

    def tell_first(self: FakeProvider, channel: str, **fields: Any) -> str:
        wamid = take(self, channel, **fields)
        status = whatsapp_status(wamid, "delivered", to=NUMBER, reference=fields["reference"])
        try:
            assert post(signed({"statuses": [status]})) == 200
        finally:
            connections.close_all()
        return wamid

    monkeypatch.setattr(FakeProvider, "take", tell_first)

    drain(seconds=5)

    message = Message.objects.get()
    assert (message.state, message.report) == (Message.State.SENT, Report.DELIVERED)
    assert message.provider_id == provider.taken[0].id
    assert {each.outcome for each in message.deliveries.all()} == {DeliveryAttempt.Outcome.SENT}


def test_a_message_whose_answer_is_lost_is_sent_once_its_report_comes(provider: FakeProvider) -> None:
    queue()
    provider.faults.drop_after_body = 1
    drain(seconds=5)
    assert Message.objects.get().state == Message.State.UNKNOWN

    secrets = {"whatsapp": settings.WHATSAPP_APP_SECRET}
    for notice in deliveries(provider.taken, secrets=secrets):
        post(notice)
    drain(seconds=5)

    message = Message.objects.get()
    assert (message.state, message.report) == (Message.State.SENT, Report.READ)
    assert len(provider.taken) == 1
