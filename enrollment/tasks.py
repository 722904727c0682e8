"""The Celery edge of admissions."""

import structlog
from celery import shared_task

from enrollment import intake

log = structlog.get_logger(__name__)


@shared_task(name="enrollment.sweep")
def sweep() -> None:
    """Settle form posts whose request was cut off; running it twice changes nothing more."""
    if count := intake.settle_left_over():
        log.warning("left_over_submissions_settled", count=count)
