"""People who unsubscribe while they are written to, and providers that tell things thrice and in disorder."""

import hashlib
import hmac
import json
import random
import threading
import time
from collections.abc import Iterator

from django.db import connection
from django.test import Client
from django.utils import timezone

from outbox.models import Channel, Message, ProviderEvent, Report, Suppression
from outbox.queue import enqueue
from outbox.suppression import opt_out, suppress
from tests.faults.stack.lane import APP_SECRET, Stack
from tests.faults.stack.rows import Row
from tests.faults.stack.world import Trial, trial

WATCH = """
CREATE TABLE fault_opted (recipient text, at timestamptz);
CREATE TABLE fault_marked (message bigint, recipient text, at timestamptz);
CREATE FUNCTION fault_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO fault_marked VALUES (NEW.id, NEW."to", statement_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER fault_note AFTER UPDATE ON outbox_message FOR EACH ROW
    WHEN (NEW.state = 'sending' AND OLD.state <> 'sending') EXECUTE FUNCTION fault_note();
"""
"""Notes when each statement came in that marked a message as being sent: before it looked for opt-outs."""

AFTER_OPT_OUT = """
SELECT count(*) FROM fault_marked marked
WHERE marked.at > (SELECT min(opted.at) FROM fault_opted opted WHERE opted.recipient = marked.recipient)
"""


def opting_out(stack: Stack) -> Iterator[Row]:
    """Four threads unsubscribe people whose message is waiting, claimed or on its way."""
    stack.sink.tell("delay 10")
    with connection.cursor() as cursor:
        cursor.execute(WATCH)

    def queue(number: int) -> Message:
        return enqueue(
            key=f"optout:{number}",
            to=f"optout-{number}@example.com",
            subject="Your enquiry",
            text="Shall we call you?",
            purpose=Message.Purpose.MARKETING,
            topic="followups",
        )

    with trial(
        stack.sink, "optout", fault="unsubscribing while sending", faults=0, rate=120, queue=queue
    ) as run:
        ended = threading.Event()
        threads = [threading.Thread(target=_unsubscribe, args=(run, ended), daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(stack.times(12, 4))
        ended.set()
        for thread in threads:
            thread.join(20)
    row = run.settle()
    with connection.cursor() as cursor:
        cursor.execute(AFTER_OPT_OUT)
        late = cursor.fetchone()[0]
        cursor.execute(
            "SELECT (SELECT count(*) FROM outbox_suppression) + (SELECT count(*) FROM outbox_optout)"
        )
        row.faults = cursor.fetchone()[0]
    if late:
        row.problems.append(f"{late} were marked “sending” after their opt-out was committed")
    if not row.refused:
        row.problems.append("no opt-out came in time: the race was not tried")
    yield row


def _unsubscribe(run: Trial, ended: threading.Event) -> None:
    """Pick people whose message is about to leave, and take one from all and the next from one topic."""
    while not ended.is_set():
        waiting = run.messages.filter(state__in=["pending", "claimed", "sending"]).order_by("?")
        for address in waiting.values_list("to", flat=True)[:2]:
            if random.random() < 0.5:  # noqa: S311
                suppress(address, reason=Suppression.Reason.UNSUBSCRIBED)
            else:
                opt_out(address, topic="followups")
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO fault_opted VALUES (%s, clock_timestamp())", [address])
        time.sleep(0.05)
    connection.close()


def webhooks(stack: Stack) -> Iterator[Row]:
    """Every event comes three times, in any order and at the same moment; the weightiest report stays."""
    count = stack.times(40, 10)
    row = Row("each webhook thrice, out of order", faults=0)
    for number in range(count):
        Message.objects.create(
            key=f"hook:{number}",
            channel=Channel.WHATSAPP,
            purpose=Message.Purpose.MARKETING,
            to=f"+9198765{number:05}",
            text="Shall we call you?",
            state=Message.State.SENT,
            sent_at=timezone.now(),
            message_id=f"<hook-{number}@example.com>",
            provider_id=f"wamid.{number}",
        )
    events = [_status(number, kind) for number in range(count) for kind in ("sent", "delivered", "read")] * 3
    random.shuffle(events)
    row.faults = len(events)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=_post, args=(events[start::6], statuses), daemon=True) for start in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    told = Message.objects.filter(key__startswith="hook:")
    row.due = row.sent = count
    kept = ProviderEvent.objects.filter(message__in=told)
    row.remark = f"{kept.count()} events kept"
    row.doubled = kept.count() - kept.values("message", "kind").distinct().count()
    row.lost = count - told.filter(report=Report.READ).count()
    if set(statuses) != {200}:
        row.problems.append(f"answers: {sorted(set(statuses))}")
    row.judge()
    yield row


def _status(number: int, kind: str) -> bytes:
    status = {
        "id": f"wamid.{number}",
        "status": kind,
        "timestamp": "1767607200",
        "recipient_id": f"9198765{number:05}",
    }
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"}, "statuses": [status]}
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }
    return json.dumps(body).encode()


def _post(events: list[bytes], statuses: list[int]) -> None:
    client = Client(headers={"host": "localhost"})
    for body in events:
        signature = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        answer = client.post(
            "/messages/events/whatsapp/",
            data=body,
            content_type="application/json",
            headers={"X-Hub-Signature-256": f"sha256={signature}"},
        )
        statuses.append(answer.status_code)
    connection.close()
