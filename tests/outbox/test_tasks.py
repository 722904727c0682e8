import pytest
from django.core import mail

from lms.celery import app
from outbox.tasks import drain, reap
from tests.factories.outbox import MessageFactory


@pytest.mark.django_db
def test_tasks_run_twice_send_once() -> None:
    MessageFactory()
    for _ in range(2):
        drain()
        reap()

    assert len(mail.outbox) == 1


def test_beat_drains_every_five_seconds_and_reaps() -> None:
    every = {entry["task"]: entry["schedule"] for entry in app.conf.beat_schedule.values()}

    assert every[drain.name] == 5
    assert every[reap.name] <= 30
