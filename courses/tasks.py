"""The Celery edge of the site."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="courses.publish_scheduled")
def publish_scheduled() -> None:
    """Publish and expire pages whose time has come; running it twice changes nothing more."""
    call_command("publish_scheduled")
