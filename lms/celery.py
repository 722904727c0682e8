"""The Celery application and the whole beat schedule."""

import os

from celery import Celery
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.production")

app = Celery("lms")
app.steps["worker"].add(DjangoStructLogInitStep)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "outbox-drain": {"task": "outbox.drain", "schedule": 5.0, "options": {"expires": 5}},
    "outbox-reap": {"task": "outbox.reap", "schedule": 30.0, "options": {"expires": 30}},
    "publish-scheduled": {"task": "courses.publish_scheduled", "schedule": 60.0, "options": {"expires": 60}},
    "enrollment-sweep": {"task": "enrollment.sweep", "schedule": 60.0, "options": {"expires": 60}},
}


@setup_logging.connect
def use_django_logging(**kwargs: object) -> None:
    """Keep Celery from replacing the logging that Django's settings configured."""
    import logging.config

    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
