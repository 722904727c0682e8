"""Giving people a place in a course, and taking it back. Seats move here and nowhere else."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from wagtail.models import Site

from accounts.addresses import has_unproven_password
from accounts.invitations import set_password_url
from accounts.models import User
from courses.models import Cohort, CoursePage, InstituteSettings
from enrollment.desk import change_stage, lock_lead
from enrollment.errors import AccountDisabled, CohortFull, NoEmailAddress
from enrollment.mails import render_mail
from enrollment.models import ContactPoint, Enrollment, Lead, LeadEvent, Person
from outbox.models import Message
from outbox.queue import enqueue


@dataclass(frozen=True)
class Placement:
    """What enrolling came to: the place, and whether this call gave it."""

    enrollment: Enrollment
    is_new: bool
    is_back: bool = False
    """Whether a withdrawn learner came back."""


@transaction.atomic
def enroll(
    *,
    learner: User,
    course: CoursePage,
    cohort: Cohort | None = None,
    lead: Lead | None = None,
    actor: User | None = None,
    state: str = Enrollment.State.ACTIVE,
) -> Enrollment:
    """Give the learner a place in the course, with a seat where there is a cohort.

    Repeating it is harmless: the same enrolment, no second seat. A withdrawn one opens again.
    Raises CohortFull when no seat is left.
    """
    return _place(
        learner=learner, course=course, cohort=cohort, lead=lead, actor=actor, state=state
    ).enrollment


@transaction.atomic
def enroll_lead(
    *, lead: Lead, course: CoursePage, cohort: Cohort | None = None, actor: User | None = None
) -> Enrollment:
    """Enrol the lead's person, with an account found or made by e-mail address, and write to them.

    Who has no password yet, or one that was set before the address was proven, is invited to set one.
    Repeating it is harmless: one account, one seat, one mail. Raises NoEmailAddress,
    AccountDisabled or CohortFull and then changes nothing.
    """
    lead = lock_lead(lead)
    learner = _account_of(lead.person)
    can_sign_in = learner.has_usable_password() and not has_unproven_password(learner)
    placement = _place(
        learner=learner,
        course=course,
        cohort=cohort,
        lead=lead,
        actor=actor,
        state=Enrollment.State.ACTIVE if can_sign_in else Enrollment.State.INVITED,
    )
    change_stage(lead=lead, stage=Lead.Stage.ENROLLED, actor=actor)
    if placement.is_new:
        message = _write_to(placement, lead=lead, invite=not can_sign_in)
        LeadEvent.objects.create(
            lead=lead, kind=LeadEvent.Kind.MESSAGE, message=message, text=message.subject
        )
    return placement.enrollment


@transaction.atomic
def withdraw(enrollment: Enrollment, *, actor: User | None = None) -> Enrollment:
    """End an invited or active enrolment and give its seat back; otherwise do nothing."""
    enrollment = (
        Enrollment.objects.select_for_update(of=["self"])
        .select_related("course", "lead")
        .get(pk=enrollment.pk)
    )
    if enrollment.state not in {Enrollment.State.INVITED, Enrollment.State.ACTIVE}:
        return enrollment
    enrollment.state = Enrollment.State.WITHDRAWN
    enrollment.save(update_fields=["state"])
    if enrollment.cohort_id:
        Cohort.objects.filter(pk=enrollment.cohort_id, seats_taken__gt=0).update(
            seats_taken=F("seats_taken") - 1
        )
    if enrollment.lead:
        text = _("Withdrawn from %(course)s") % {"course": enrollment.course.title}
        _note_enrolment(enrollment.lead, text=text, actor=actor)
    return enrollment


def activate_invited(*, learner: User) -> int:
    """Make the learner's invited enrolments active; returns how many. One query when there are none."""
    invited = Enrollment.objects.filter(learner=learner, state=Enrollment.State.INVITED)
    if not invited.exists():
        return 0
    with transaction.atomic():
        accepted = list(invited.select_for_update(of=["self"]).select_related("course", "lead"))
        Enrollment.objects.filter(pk__in=[enrollment.pk for enrollment in accepted]).update(
            state=Enrollment.State.ACTIVE
        )
        for enrollment in accepted:
            if enrollment.lead:
                text = _("Signed in for the first time; %(course)s is open") % {
                    "course": enrollment.course.title
                }
                _note_enrolment(enrollment.lead, text=text, actor=learner)
    return len(accepted)


def _place(
    *,
    learner: User,
    course: CoursePage,
    cohort: Cohort | None,
    lead: Lead | None,
    actor: User | None,
    state: str,
) -> Placement:
    """Take the place; two calls for one learner wait for each other at the account's row."""
    User.objects.select_for_update(no_key=True).get(pk=learner.pk)
    known = Enrollment.objects.filter(learner=learner, course=course).first()
    if known and known.state != Enrollment.State.WITHDRAWN:
        return Placement(known, is_new=False)
    if cohort:
        _take_seat(cohort)
    if known:
        enrollment = known
        enrollment.cohort, enrollment.state, enrollment.lead = cohort, state, lead or known.lead
        enrollment.save(update_fields=["cohort", "state", "lead"])
    else:
        enrollment = Enrollment.objects.create(
            learner=learner, course=course, cohort=cohort, state=state, lead=lead
        )
    if lead:
        text = _("Enrolled in %(course)s") % {"course": cohort or course.title}
        _note_enrolment(lead, text=text, actor=actor)
    return Placement(enrollment, is_new=True, is_back=known is not None)


def _take_seat(cohort: Cohort) -> None:
    """Count one seat more; the locked row and the condition leave no room for one too many."""
    locked = Cohort.objects.select_for_update().get(pk=cohort.pk)
    free = Cohort.objects.filter(pk=locked.pk, seats_taken__lt=F("seats"))
    if not free.update(seats_taken=F("seats_taken") + 1):
        raise CohortFull


def _account_of(person: Person) -> User:
    """Return the person's account, found by their address or made; link it when it is nobody else's."""
    if person.user is not None:
        return _enabled(person.user)
    point = person.contact_points.filter(kind=ContactPoint.Kind.EMAIL).order_by("pk").first()
    if point is None:
        raise NoEmailAddress
    account = _find_or_make_account(email=point.value, name=person.name)
    if not Person.objects.filter(user=account).exists():
        person.user = account
        person.save(update_fields=["user"])
    return _enabled(account)


def _find_or_make_account(*, email: str, name: str) -> User:
    account = User.objects.filter(email__iexact=email).first()
    if account:
        return account
    try:
        with transaction.atomic():
            return User.objects.create_user(email, name=name)
    except IntegrityError:
        return User.objects.get(email__iexact=email)


def _enabled(account: User) -> User:
    if not account.is_active:
        raise AccountDisabled
    return account


def _write_to(placement: Placement, *, lead: Lead, invite: bool) -> Message:
    """Queue the invitation, or the news for somebody who can sign in already."""
    enrollment = placement.enrollment
    template = "invitation" if invite else "enrolled"
    key = f"enrolment:{enrollment.pk}:{template}"
    if placement.is_back:
        times = lead.events.filter(kind=LeadEvent.Kind.ENROLMENT).count()
        key = f"{key}:{times}"
    mail = render_mail(
        template,
        {
            "institute": InstituteSettings.for_site(Site.objects.get(is_default_site=True)),
            "lead": lead,
            "course": enrollment.course,
            "cohort": enrollment.cohort,
        },
    )
    return enqueue(
        key=key,
        to=enrollment.learner.email,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        purpose=Message.Purpose.ENROLMENT,
        reply_to=lead.owner.email if lead.owner else "",
        private={"set_password_url": set_password_url(enrollment.learner)} if invite else {},
    )


def _note_enrolment(lead: Lead, *, text: str, actor: User | None) -> None:
    LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.ENROLMENT, text=text, actor=actor)
