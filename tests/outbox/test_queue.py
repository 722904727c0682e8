import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from outbox.errors import UnsendableMessage
from outbox.models import Message
from outbox.queue import cancel, enqueue
from tests.factories.outbox import MessageFactory

LINE = {
    "to": "asha@example.com",
    "subject": "Your enquiry",
    "text": "Thank you.",
    "purpose": "acknowledgement",
}


@pytest.mark.django_db
def test_enqueue_twice_keeps_the_first_message() -> None:
    first = enqueue(key="lead:1:received", **LINE)
    second = enqueue(key="lead:1:received", **LINE | {"subject": "Another"})

    assert second == first
    assert Message.objects.get().subject == "Your enquiry"


@pytest.mark.django_db
def test_message_id_comes_from_the_key_and_the_sender_domain(settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Admissions <office@institute.example>"
    message = enqueue(key="lead:1:received", **LINE)

    assert message.message_id.endswith("@institute.example>")
    assert message.message_id != enqueue(key="lead:2:received", **LINE).message_id


@pytest.mark.django_db
def test_query_costs_of_a_known_and_a_new_key(django_assert_num_queries) -> None:
    with django_assert_num_queries(4):  # look, savepoint, insert, release
        enqueue(key="lead:1:received", **LINE)
    with django_assert_num_queries(1):
        enqueue(key="lead:1:received", **LINE)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "Hello\nBcc: all@example.com"},
        {"subject": "Hello\r"},
        {"subject": "Hello\u2028there"},
        {"to": "asha@example.com\nBcc: all@example.com"},
        {"to": "asha@example.com, ravi@example.com"},
        {"to": "not an address"},
        {"reply_to": "office@example.com\r\nX-Spam: yes"},
        {"text": "a NUL \0"},
        {"html": "<p>\ud800</p>"},
        {"private": {"code": "\0"}},
        {"purpose": "fun"},
        {"key": ""},
        {"key": "k" * 201},
    ],
)
def test_enqueue_refuses_what_cannot_be_sent(wrong) -> None:
    with pytest.raises(UnsendableMessage, match=next(iter(wrong)) if "private" not in wrong else "code"):
        enqueue(**{"key": "lead:1:received"} | LINE | wrong)

    assert not Message.objects.exists()


@pytest.mark.django_db
def test_long_subject_is_shortened() -> None:
    assert len(enqueue(key="long", **LINE | {"subject": "word " * 100}).subject) == 200


@pytest.mark.django_db
def test_future_message_is_not_due() -> None:
    enqueue(key="later", due_at=timezone.now() + timedelta(hours=1), **LINE)

    assert not Message.objects.due().exists()


@pytest.mark.django_db
def test_rolled_back_caller_queues_nothing(django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        enqueue(key="lead:1:received", **LINE)
        transaction.set_rollback(True)

    assert not Message.objects.exists()
    assert callbacks == []


@pytest.mark.django_db
def test_worker_is_woken_once_for_each_transaction(django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        enqueue(key="a", **LINE)
        enqueue(key="b", **LINE)
        enqueue(key="b", **LINE)

    assert len(callbacks) == 1


@pytest.mark.django_db(transaction=True, available_apps=["outbox"])
def test_concurrent_callers_with_one_key_make_one_message() -> None:
    barrier = threading.Barrier(4)
    found: list[int] = []

    def call() -> None:
        barrier.wait()
        with transaction.atomic():
            message = enqueue(key="lead:1:received", **LINE)
            Message.objects.count()
            found.append(message.pk)
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert set(found) == {Message.objects.get().pk}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "leased", "stopped"),
    [
        ("pending", False, True),
        ("claimed", True, True),
        ("unknown", False, True),
        ("sending", True, False),
        ("sent", False, False),
        ("failed", False, False),
    ],
)
def test_cancel_stops_only_what_has_not_left(state, leased, stopped) -> None:
    message = MessageFactory(state=state, leased=leased)

    assert cancel(message, "The person replied.") is stopped
    message.refresh_from_db()
    assert (message.state == "cancelled") is stopped
    if stopped:
        assert message.last_error == "The person replied."


@pytest.mark.django_db
def test_cancelled_message_forgets_its_code() -> None:
    message = MessageFactory(private={"code": "482913"})
    cancel(message, "No longer needed.")
    message.refresh_from_db()

    assert message.private == {}
