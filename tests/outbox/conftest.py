"""Committed rows without emptying the rest of the database."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from outbox.models import DeliveryAttempt, Message, ProviderEvent, Suppression


@pytest.fixture
def committed_outbox(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The real database, no transaction around the test; afterwards the outbox is empty again."""
    with django_db_blocker.unblock():
        yield
        for model in (ProviderEvent, DeliveryAttempt, Message, Suppression):
            model.objects.all().delete()
        connections.close_all()
