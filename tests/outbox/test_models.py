import pytest
from django.db import IntegrityError

from tests.factories.outbox import DeliveryAttemptFactory, MessageFactory, SuppressionFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("constraint", "broken"),
    [
        ("message_sent_has_time", {"state": "sent", "sent_at": None}),
        ("message_leased_while_worked_on", {"state": "sending"}),
        ("message_leased_while_worked_on", {"state": "pending", "leased": True}),
        ("message_forgets_private_values", {"state": "sent", "private": {"code": "482913"}}),
        ("message_forgets_private_values", {"state": "failed", "private": {"code": "482913"}}),
        ("message_forgets_private_values", {"state": "cancelled", "private": {"code": "482913"}}),
    ],
)
def test_database_refuses_an_impossible_message(constraint, broken) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        MessageFactory(**broken)


def test_names_say_what_a_row_is() -> None:
    attempt = DeliveryAttemptFactory(message__subject="Hello")

    assert str(attempt.message) == "Hello (Waiting)"
    assert str(attempt).endswith(" sent")
    assert str(SuppressionFactory()).startswith("email ")
