"""Beat goes on after its clock was set."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from lms.beat import SteadyScheduler
from lms.celery import app

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EVERY_FEW_SECONDS = {"outbox.drain", "outbox.reap"}


class Recorder(SteadyScheduler):
    """Remembers what it would send."""

    def apply_async(self, entry, producer=None, advance=True, **kwargs) -> None:
        self.sent.add(entry.task)


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "schedule")


def sent_at(scheduler: Recorder, moment: datetime) -> set[str]:
    """Return which tasks are sent in a while that begins at a moment."""
    scheduler.sent = set()
    for seconds in range(0, 20, 2):
        with time_machine.travel(moment + timedelta(seconds=seconds), tick=False):
            for _ in range(20):
                scheduler.tick()
    return scheduler.sent


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(days=1)])
def test_beat_goes_on_when_the_clock_is_set_back(file: str, step: timedelta) -> None:
    with time_machine.travel(NOON, tick=False):
        scheduler = Recorder(app, schedule_filename=file)
    assert sent_at(scheduler, NOON + step) >= EVERY_FEW_SECONDS

    assert sent_at(scheduler, NOON + timedelta(minutes=1)) >= EVERY_FEW_SECONDS
    scheduler.close()


def test_beat_goes_on_when_the_clock_was_set_back_while_it_was_down(file: str) -> None:
    with time_machine.travel(NOON, tick=False):
        before = Recorder(app, schedule_filename=file)
    sent_at(before, NOON + timedelta(hours=1))
    before.close()

    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        after = Recorder(app, schedule_filename=file)
    assert sent_at(after, NOON + timedelta(minutes=1)) >= EVERY_FEW_SECONDS
    after.close()


def test_beat_is_started_with_it() -> None:
    assert app.conf.beat_scheduler == "lms.beat:SteadyScheduler"
