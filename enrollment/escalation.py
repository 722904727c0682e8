"""Telling people that answers are late, or will be: one mail a person and run, each lead once."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from courses.models import InstituteSettings
from enrollment.access import admissions_leads
from enrollment.mails import queue_notice, render_mail
from enrollment.models import Lead, LeadEvent
from enrollment.models.leads import LeadQuerySet

REMIND_HOURS = 1
"""An owner is reminded when the answer is due within this working time."""
TOLD_WITHIN = timedelta(days=7)
"""Nobody is told about answers that were due longer ago, such as those of old leads just imported."""
RUN_SIZE = 500
ROWS = 50
"""Leads that a mail names; it counts the others."""

log = structlog.get_logger(__name__)


@transaction.atomic
def escalate_late() -> int:
    """Tell admissions leads which answers became late since the last run; return how many.

    Mails, timelines and marks are written together, so a run that is killed, repeated or doubled tells
    of a lead once. With nobody to tell nothing is written, and the next run tries again.
    """
    now = timezone.now()
    late = Lead.objects.late().filter(escalated_at=None, answer_due_at__gte=now - TOLD_WITHIN)
    leads = _locked(late)
    if not leads:
        return 0
    recipients = list(admissions_leads())
    if not recipients:
        log.error("late_leads_with_nobody_to_tell", count=len(leads))
        return 0
    for recipient in recipients:
        _send("late", recipient, leads)
    Lead.everything.filter(pk__in=[lead.pk for lead in leads]).update(escalated_at=now)
    names = ", ".join(str(recipient) for recipient in recipients)
    _note(leads, _("The promised answer is late. Told: %(names)s") % {"names": names})
    log.warning("late_leads_escalated", count=len(leads))
    return len(leads)


@transaction.atomic
def remind_owners() -> int:
    """Remind owners of answers that are about to be late; return of how many leads.

    Only while the institute is open, and once a lead: the line on its timeline, read again after the
    lead is locked, says that it was done.
    """
    now = timezone.now()
    calendar = InstituteSettings.current().calendar()
    if not calendar.is_open(now):
        return 0
    due = Lead.objects.open().filter(
        answered_at=None,
        owner__is_active=True,
        answer_due_at__gte=now,
        answer_due_at__lte=calendar.add_hours(now, REMIND_HOURS),
    )
    told = LeadEvent.objects.filter(kind=LeadEvent.Kind.LATE)
    found = _locked(due.exclude(Exists(told.filter(lead=OuterRef("pk")))))
    done = set(told.filter(lead__in=found).values_list("lead", flat=True))
    leads = [lead for lead in found if lead.pk not in done]
    by_owner: dict[User, list[Lead]] = {}
    for lead in leads:
        if lead.owner:
            by_owner.setdefault(lead.owner, []).append(lead)
    for owner, owned in by_owner.items():
        _send("due_soon", owner, owned)
        _note(owned, _("Reminded %(owner)s that the answer is due") % {"owner": owner})
    if leads:
        log.info("owners_reminded", count=len(leads))
    return len(leads)


def _locked(leads: LeadQuerySet) -> list[Lead]:
    """Return the first of these leads, without those that another worker tells about right now."""
    return list(
        leads.select_for_update(of=["self"], skip_locked=True, no_key=True)
        .select_related("person", "course", "owner")
        .order_by("answer_due_at", "pk")[:RUN_SIZE]
    )


def _send(name: str, recipient: User, leads: Sequence[Lead]) -> None:
    institute = InstituteSettings.current()
    shown = leads[:ROWS]
    context = {"institute": institute, "leads": shown, "count": len(leads), "more": len(leads) - len(shown)}
    mail = render_mail(name, context)
    key = f"{name}:{leads[0].pk}:{date_format(timezone.now(), 'U')}:{recipient.pk}"
    queue_notice(mail, recipient=recipient, key=key)


def _note(leads: Sequence[Lead], text: str) -> None:
    LeadEvent.objects.bulk_create(LeadEvent(lead=lead, kind=LeadEvent.Kind.LATE, text=text) for lead in leads)
