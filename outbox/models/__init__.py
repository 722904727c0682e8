"""Messages that must leave, and what became of each. PostgreSQL is the truth, Celery only looks."""

from outbox.models.channels import Channel, ChannelState, OptOut, Suppression, address_hash
from outbox.models.incidents import Incident
from outbox.models.messages import DeliveryAttempt, Message
from outbox.models.reports import ProviderEvent, Reply, Report

__all__ = [
    "Channel",
    "ChannelState",
    "DeliveryAttempt",
    "Incident",
    "Message",
    "OptOut",
    "ProviderEvent",
    "Reply",
    "Report",
    "Suppression",
    "address_hash",
]
