"""Restricting, erasing and purging people, as the law on personal data asks for it.

Restricting hides a record from the desk at once and stops its follow-ups and every message to it; it can
be lifted, which starts no follow-ups again.
Erasing restricts and sets the day on which what the law made the institute keep is purged; until
that day it can be taken back. Purging leaves rows without a person, so that the daily count of posts
stays true; reports count neither restricted nor erased people.
"""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import has_cms_access
from accounts.models import User
from accounts.personal import addresses_of, forget_account
from courses import wall_clock
from courses.models import InstituteSettings
from enrollment.desk import lock_person
from enrollment.errors import StillEnrolled
from enrollment.finding import refresh_search
from enrollment.followups.stopping import Why, stop_runs_of
from enrollment.models import (
    ContactPoint,
    DataAccess,
    DuplicateSuggestion,
    Enrollment,
    Lead,
    LeadEvent,
    LeadFile,
    Merge,
    Person,
    SequenceRun,
    Submission,
)
from enrollment.traces import forget_posts_from, notices_about
from enrollment.waiting import release_waiting
from lessons.personal import forget_learner
from outbox.models import Channel, Message, Suppression
from outbox.personal import (
    allow_again,
    forget_messages,
    forget_replies,
    messages_to,
    replies_from,
    stop_messages,
)
from outbox.suppression import suppress

CHANNELS: dict[str, list[str]] = {
    ContactPoint.Kind.EMAIL: [Channel.EMAIL],
    ContactPoint.Kind.PHONE: [Channel.WHATSAPP, Channel.SMS],
}
"""How an address or a number is written to."""
ERASED_NAME = "Erased person"
PURGED_AT_ONCE = 100
"""People that one run of the purge takes."""

log = structlog.get_logger(__name__)


@transaction.atomic
def restrict(*, person: Person, actor: User | None, reason: str) -> Person:
    """Hide the person's leads from the desk and stop messages to them; repeating it changes nothing."""
    person = lock_person(person)
    if person.restricted_at:
        return person
    person.restricted_at = timezone.now()
    person.save(update_fields=["restricted_at"])
    stop_runs_of([person], Why.ERASED, actor=actor)
    leads = Lead.objects.select_for_update(of=["self"], no_key=True).filter(person=person).order_by("pk")
    for lead in leads:
        release_waiting(lead, actor=actor)
        _note(lead, _("Restricted: %(reason)s") % {"reason": reason}, actor)
    Lead.objects.filter(person=person).update(set_aside=Lead.SetAside.RESTRICTED)
    DuplicateSuggestion.objects.filter(person=person).delete()
    DuplicateSuggestion.objects.filter(other=person).delete()
    points = _own_points(person)
    stop_messages(messages_to(point.value for point in points), reason=_("The person is restricted."))
    for point in points:
        for channel in CHANNELS[point.kind]:
            suppress(point.value, reason=Suppression.Reason.ERASED, channel=channel)
    return person


@transaction.atomic
def lift(*, person: Person, actor: User) -> Person:
    """Bring a restricted person back to the desk, also one who was to be purged; not one who was."""
    person = lock_person(person)
    if person.restricted_at is None or person.erased_at:
        return person
    person.restricted_at = person.purge_on = person.compared_at = None
    person.save(update_fields=["restricted_at", "purge_on", "compared_at"])
    hidden = Lead.everything.filter(person=person, set_aside=Lead.SetAside.RESTRICTED)
    hidden.update(set_aside="")
    for lead in Lead.objects.filter(person=person):
        _note(lead, _("Restriction lifted"), actor)
    for point in _own_points(person):
        for channel in CHANNELS[point.kind]:
            allow_again(point.value, channel=channel)
    return person


@transaction.atomic
def erase(*, person: Person, actor: User) -> Person:
    """Restrict the person now and have the rest purged after the legal period.

    Raises StillEnrolled for somebody with an open enrolment: that contract ends first.
    """
    person = lock_person(person)
    if person.purge_on:
        return person
    if person.user_id and Enrollment.objects.open().filter(learner=person.user_id).exists():
        raise StillEnrolled
    person = restrict(person=person, actor=actor, reason=_("erasure asked for"))
    person.purge_on = wall_clock.today() + timedelta(days=InstituteSettings.current().erase_after_days)
    person.save(update_fields=["purge_on"])
    return person


def purge_due() -> int:
    """Purge the people whose day has come, each in its own transaction; returns how many."""
    due = Person.objects.filter(
        purge_on__lte=wall_clock.today(), erased_at__isnull=True, restricted_at__isnull=False
    ).order_by("purge_on", "pk")
    keys = list(due.values_list("pk", flat=True)[:PURGED_AT_ONCE])
    return sum(purge(key) for key in keys)


@transaction.atomic
def purge(person_key: int) -> bool:
    """Take everything personal out of one person's rows; False when it isn't due any more."""
    person = lock_person(Person(pk=person_key))
    if person.erased_at or person.restricted_at is None or person.purge_on is None:
        return False
    addresses = {point.value for point in _own_points(person)}
    if account := person.user:
        own = addresses_of(account)
        addresses = addresses | own if _is_forgotten_with(account) else addresses - own
    leads = Lead.everything.filter(person=person)
    forget_messages(messages_to(addresses))
    forget_replies(replies_from(addresses))
    forget_messages(Message.objects.filter(pk__in=_messages_of(leads)))
    for run in SequenceRun.objects.filter(lead__in=leads).values_list("pk", flat=True):
        forget_messages(Message.objects.filter(key__startswith=f"run:{run}:"))
    forget_messages(notices_about(leads))
    forget_posts_from(addresses)
    _purge_leads(leads)
    DataAccess.objects.filter(person=person).update(query="")
    if account and _is_forgotten_with(account):
        forget_learner(account)
        forget_account(account)
    elif account:
        person.user = None
    ContactPoint.objects.filter(person=person).delete()
    person.name, person.guardian_name, person.guardian_contact = ERASED_NAME, "", ""
    person.erased_at = timezone.now()
    person.save(update_fields=["name", "user", "guardian_name", "guardian_contact", "erased_at"])
    refresh_search([person.pk])
    log.info("person_purged", person=person.pk)
    return True


def _purge_leads(leads: QuerySet[Lead]) -> None:
    keys = list(leads.values_list("pk", flat=True))
    LeadFile.objects.filter(lead__in=keys).delete()
    LeadEvent.objects.filter(lead__in=keys).update(text="")
    Lead.tags.through.objects.filter(lead__in=keys).delete()
    Submission.objects.filter(lead__in=keys).update(
        payload="{}", address=None, account=None, attribution=None
    )
    Merge.objects.filter(kept__in=keys).update(record={})
    Merge.objects.filter(absorbed__in=keys).update(record={})
    Lead.everything.filter(pk__in=keys).update(
        message="", details={}, attribution=None, next_action="", next_action_at=None
    )


def _is_forgotten_with(account: User) -> bool:
    """Whether an account goes with its person: not that of staff, nor of somebody who learns again."""
    if account.is_superuser or account.is_staff or has_cms_access(account):
        return False
    return not Enrollment.objects.open().filter(learner=account).exists()


def _messages_of(leads: QuerySet[Lead]) -> QuerySet:
    return LeadEvent.objects.filter(lead__in=leads, message__isnull=False).values("message")


def _own_points(person: Person) -> list[ContactPoint]:
    """Return the addresses and numbers that are of nobody else at the desk, as in families, nor of staff."""
    points = list(person.contact_points.order_by("pk"))
    values = [point.value for point in points]
    shared = ContactPoint.objects.filter(value__in=values, person__restricted_at__isnull=True)
    staff = User.objects.filter(email__in=values, is_staff=True)
    others = {
        *shared.exclude(person=person).values_list("value", flat=True),
        *staff.values_list("email", flat=True),
    }
    return [point for point in points if point.value not in others]


def _note(lead: Lead, text: str, actor: User | None) -> None:
    LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.PRIVACY, text=text, actor=actor)
