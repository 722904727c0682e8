import socket
import time

import pytest
from celery import Celery

from outbox import tasks, wake
from outbox.wake import wake_worker

pytestmark = pytest.mark.usefixtures("closed_breaker")


@pytest.fixture
def closed_breaker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake._breaker, "open_until", 0.0)


def broker_at(monkeypatch: pytest.MonkeyPatch, address: str) -> Celery:
    app = Celery("elsewhere", broker=address, set_as_current=False)
    monkeypatch.setattr("outbox.wake.current_app", app)
    return app


def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_waking_asks_for_the_drain_task(monkeypatch) -> None:
    app = broker_at(monkeypatch, "memory://")
    wake_worker()

    with app.connection_for_read() as connection:
        assert connection.SimpleQueue("celery").get(timeout=1).headers["task"] == tasks.drain.name


def test_stopped_broker_neither_fails_nor_delays_a_request(monkeypatch) -> None:
    broker_at(monkeypatch, f"redis://127.0.0.1:{unused_port()}/0")
    started = time.monotonic()
    wake_worker()

    assert time.monotonic() - started < 1


def test_hanging_broker_delays_one_request_only(monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker_at(monkeypatch, f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        started = time.monotonic()
        wake_worker()
        first = time.monotonic()
        wake_worker()

    assert first - started < 2.5
    assert time.monotonic() - first < 0.1


def test_missing_broker_folder_is_survived(monkeypatch, tmp_path) -> None:
    app = broker_at(monkeypatch, "filesystem://")
    gone = str(tmp_path / "gone")
    app.conf.broker_transport_options = {
        "data_folder_in": gone,
        "data_folder_out": gone,
        "control_folder": gone,
    }
    wake_worker()

    assert wake._breaker.open_until > time.monotonic()
