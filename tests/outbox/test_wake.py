import time

import pytest
import redis
from celery import Celery

from outbox import wake
from tests.outbox.ports import free_port

FROM_HERE = "outbox.wake.current_app"


@pytest.fixture(autouse=True)
def _closed_breaker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake._breaker, "open_until", 0.0)


class Broker:
    """Stands for the Celery application and remembers what it was asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[str] = []

    def send_task(self, name: str, **options: object) -> None:
        self.asked.append(name)
        if self.error:
            raise self.error
