"""Messages in any state, with what the database demands of that state."""

import uuid
from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone

from outbox.models import DeliveryAttempt, Message, Suppression, address_hash
from outbox.queue import derive_message_id


class MessageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Message

    class Params:
        leased = factory.Trait(
            lease_token=factory.LazyFunction(uuid.uuid4),
            leased_until=factory.LazyFunction(lambda: timezone.now() + timedelta(seconds=30)),
        )

    state = Message.State.PENDING
    key = factory.Sequence(lambda number: f"message:{number}")
    purpose = Message.Purpose.ACKNOWLEDGEMENT
    to = factory.Sequence(lambda number: f"reader{number}@example.com")
    subject = "We have your enquiry"
    text = "We will answer by Monday at 11:00."
    message_id = factory.LazyAttribute(lambda message: derive_message_id(message.key))

    @factory.lazy_attribute
    def sent_at(self) -> Any:
        return timezone.now() if self.state == Message.State.SENT else None


class DeliveryAttemptFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = DeliveryAttempt

    message = factory.SubFactory(MessageFactory)
    started_at = factory.LazyFunction(timezone.now)
    outcome = DeliveryAttempt.Outcome.SENT


class SuppressionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Suppression

    class Params:
        address = "reader@example.com"

    address_hash = factory.LazyAttribute(lambda suppression: address_hash(suppression.address))
    reason = Suppression.Reason.UNSUBSCRIBED
