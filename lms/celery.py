"""The Celery application and the whole beat schedule."""

import os

import structlog
from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging, task_postrun
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.production")

app = Celery("lms")
app.steps["worker"].add(DjangoStructLogInitStep)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_scheduler = "lms.beat:SteadyScheduler"
app.conf.beat_schedule = {
    # Expiry is a time of day: a worker whose clock is ahead by more drops every task, so a minute is allowed.
    "outbox-drain": {"task": "outbox.drain", "schedule": 5.0, "options": {"expires": 60}},
    "outbox-reap": {"task": "outbox.reap", "schedule": 5.0, "options": {"expires": 60}},
    "outbox-watch": {"task": "outbox.watch", "schedule": 30.0, "options": {"expires": 30}},
    "publish-scheduled": {"task": "courses.publish_scheduled", "schedule": 60.0, "options": {"expires": 60}},
    "lessons-grade": {"task": "lessons.grade", "schedule": 5.0, "options": {"expires": 5}},
    "close-quizzes": {
        "task": "lessons.close_overdue_quizzes",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "forget-visitors": {"task": "lessons.forget_visitors", "schedule": crontab(hour=3, minute=10)},
    "run-examples": {"task": "lessons.run_all_examples", "schedule": crontab(hour=2, minute=30)},
    "enrollment-purge": {"task": "enrollment.purge", "schedule": crontab(hour=3, minute=40)},
    "enrollment-reconcile": {"task": "enrollment.reconcile", "schedule": crontab(hour=2, minute=10)},
    "enrollment-compare": {"task": "enrollment.compare", "schedule": 60.0, "options": {"expires": 60}},
    "enrollment-sweep": {"task": "enrollment.sweep", "schedule": 60.0, "options": {"expires": 60}},
    "enrollment-offers": {"task": "enrollment.offers", "schedule": 60.0, "options": {"expires": 60}},
    "enrollment-import": {"task": "enrollment.import", "schedule": 5.0, "options": {"expires": 5}},
    "forget-imports": {"task": "enrollment.forget_imports", "schedule": crontab(hour=3, minute=20)},
    "enrollment-assign": {"task": "enrollment.assign", "schedule": 30.0, "options": {"expires": 30}},
    "enrollment-enter-sequences": {
        "task": "enrollment.enter_sequences",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "enrollment-plan-followups": {
        "task": "enrollment.plan_followups",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "enrollment-escalate": {"task": "enrollment.escalate", "schedule": 60.0, "options": {"expires": 60}},
}


@setup_logging.connect
def use_django_logging(**kwargs: object) -> None:
    """Keep Celery from replacing the logging that Django's settings configured."""
    import logging.config

    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@task_postrun.connect
def forget_task_context(**kwargs: object) -> None:
    """Keep a task's id out of what its process logs between tasks."""
    structlog.contextvars.clear_contextvars()
