"""The Celery edge of admissions."""

import structlog
from celery import shared_task

from enrollment import assignment, duplicates, escalation, intake, privacy, reconciliation, retention, waiting
from enrollment.followups import ending, entering, planning
from enrollment.importing.storing import forget_old_files
from enrollment.importing.working import work

log = structlog.get_logger(__name__)


@shared_task(name="enrollment.sweep")
def sweep() -> None:
    """Settle form posts whose request was cut off; running it twice changes nothing more."""
    if count := intake.settle_left_over():
        log.warning("left_over_submissions_settled", count=count)


@shared_task(name="enrollment.assign")
def assign() -> None:
    """Give leads that nobody owns to the counsellors at work."""
    assignment.assign_waiting()


@shared_task(name="enrollment.escalate")
def escalate() -> None:
    """Remind owners of answers that are due, and tell admissions leads which ones are late."""
    escalation.remind_owners()
    escalation.escalate_late()


@shared_task(name="enrollment.enter_sequences")
def enter_sequences() -> None:
    """Let those enter whom something made enter since the last time."""
    if count := entering.enter_all():
        log.info("sequences_entered", count=count)


@shared_task(name="enrollment.plan_followups")
def plan_followups() -> None:
    """Stop runs whose place is over, and plan the next message of those that lost theirs."""
    if count := ending.stop_places_that_ended():
        log.info("followups_stopped", count=count)
    if count := planning.plan_waiting():
        log.info("followups_planned", count=count)


@shared_task(name="enrollment.purge")
def purge() -> None:
    """Purge erased people whose day has come, and empty old posts that made no lead."""
    if count := privacy.purge_due():
        log.info("people_purged", count=count)
    if count := retention.empty_old_posts():
        log.info("unused_posts_emptied", count=count)


@shared_task(name="enrollment.reconcile")
def reconcile() -> None:
    """Check that every form post of the last days came to a known end."""
    reconciliation.tell_differences()


@shared_task(name="enrollment.offers")
def offers() -> None:
    """Lapse offers whose time is over and give free seats to the waiting lists."""
    if count := waiting.tend_lists():
        log.info("waiting_lists_tended", count=count)


@shared_task(name="enrollment.import")
def import_leads() -> None:
    """Work on imports for 20 seconds at most; the next beat goes on."""
    work(seconds=20)


@shared_task(name="enrollment.forget_imports")
def forget_imports() -> None:
    """Delete files of old imports."""
    if count := forget_old_files():
        log.info("import_files_deleted", count=count)


@shared_task(name="enrollment.compare")
def compare() -> None:
    """Look for people who may be one among those who came in or got another address."""
    while duplicates.compare_new() == duplicates.BATCH:
        pass
