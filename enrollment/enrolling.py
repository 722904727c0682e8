"""Giving people a place in a course, and taking it back. Seats move here and nowhere else."""

from dataclasses import dataclass
from enum import Enum

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.addresses import has_unproven_password
from accounts.invitations import set_password_url
from accounts.models import User
from courses.models import Cohort, CoursePage, InstituteSettings
from enrollment.desk import change_stage, lock_lead
from enrollment.errors import AccountDisabled, CohortFull, NoEmailAddress, WrongCohort
from enrollment.mails import render_mail
from enrollment.models import ContactPoint, Enrollment, Lead, LeadEvent, Person
from outbox.models import Message
from outbox.queue import enqueue


@dataclass(frozen=True)
class Placement:
    """What enrolling came to: the place, and what this call did about it."""

    class Outcome(Enum):
        NEW = "new"
        BACK = "back"
        """A withdrawn learner came back."""
        MOVED = "moved"
        """The learner had the place and now has a seat in another cohort."""
        SAME = "same"

    enrollment: Enrollment
    outcome: Outcome
    event: LeadEvent | None = None
    """The line on the lead's timeline, if there is a lead and anything changed."""


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

    Repeating it is harmless: the same enrolment, no second seat. A withdrawn one opens again; an
    open one moves when another cohort is asked for. Raises CohortFull when no seat is left and
    WrongCohort when the cohort is of another course.
    """
    return _place(
        learner=learner, course=course, cohort=cohort, lead=lead, actor=actor, state=state
    ).enrollment


def enroll_lead(
    *, lead: Lead, course: CoursePage, cohort: Cohort | None = None, actor: User | None = None
) -> Enrollment:
    """Do what `place_lead` does and return the enrolment."""
    return place_lead(lead=lead, course=course, cohort=cohort, actor=actor).enrollment


@transaction.atomic
def place_lead(
    *, lead: Lead, course: CoursePage, cohort: Cohort | None = None, actor: User | None = None
) -> Placement:
    """Enrol the lead's person, with an account found or made by e-mail address, and write to them.

    Who has no password yet, or one that was set before the address was proven, is invited to set one.
    Repeating it is harmless: one account, one seat, one mail. Raises NoEmailAddress, AccountDisabled,
    WrongCohort or CohortFull and then changes nothing.
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
    if placement.outcome != Placement.Outcome.SAME:
        message = _write_to(placement, lead=lead, invite=not can_sign_in)
        LeadEvent.objects.create(
            lead=lead, kind=LeadEvent.Kind.MESSAGE, message=message, text=message.subject
        )
    return placement


@transaction.atomic
def withdraw(enrollment: Enrollment, *, actor: User | None = None) -> Enrollment:
    """End an invited or active enrolment and give its seat back; otherwise do nothing."""
    enrollment = (
        Enrollment.objects.select_for_update(of=["self"])
        .select_related("course", "lead")
        .get(pk=enrollment.pk)
    )
    if not enrollment.is_open:
        return enrollment
    enrollment.state = Enrollment.State.WITHDRAWN
    enrollment.save(update_fields=["state"])
    _give_seat_back(enrollment.cohort_id)
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
    if cohort and cohort.course_id != course.pk:
        raise WrongCohort
    User.objects.select_for_update(no_key=True).get(pk=learner.pk)
    known = Enrollment.objects.select_for_update(of=["self"]).filter(learner=learner, course=course).first()
    if known and known.is_open and cohort and known.cohort_id != cohort.pk:
        return _move(known, cohort=cohort, lead=lead, actor=actor)
    if known and known.state != Enrollment.State.WITHDRAWN:
        return Placement(known, Placement.Outcome.SAME)
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
    text = _("Enrolled in %(course)s") % {"course": cohort or course.title}
    event = _note_enrolment(lead, text=text, actor=actor) if lead else None
    return Placement(enrollment, Placement.Outcome.BACK if known else Placement.Outcome.NEW, event)


def _move(enrollment: Enrollment, *, cohort: Cohort, lead: Lead | None, actor: User | None) -> Placement:
    """Take a seat in another cohort and give the old one back.

    Both rows are locked in the order of their keys, so that opposite moves don't wait for each other.
    """
    before = enrollment.cohort
    keys = [cohort.pk, *([before.pk] if before else [])]
    list(Cohort.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    _take_seat(cohort)
    _give_seat_back(enrollment.cohort_id)
    enrollment.cohort = cohort
    enrollment.save(update_fields=["cohort"])
    text = _("Moved from %(before)s to %(after)s") % {
        "before": before or _("no cohort"),
        "after": cohort,
    }
    told = lead or enrollment.lead
    event = _note_enrolment(told, text=text, actor=actor) if told else None
    return Placement(enrollment, Placement.Outcome.MOVED, event)


def _give_seat_back(cohort_key: int | None) -> None:
    if cohort_key:
        Cohort.objects.filter(pk=cohort_key, seats_taken__gt=0).update(seats_taken=F("seats_taken") - 1)


def _take_seat(cohort: Cohort) -> None:
    """Count one seat more; the locked row and the condition leave no room for one too many."""
    locked = Cohort.objects.select_for_update().get(pk=cohort.pk)
    free = Cohort.objects.filter(pk=locked.pk, seats_taken__lt=F("seats"))
    if not free.update(seats_taken=F("seats_taken") + 1):
        raise CohortFull


def _account_of(person: Person) -> User:
    """Return the person's account, found by their address or made; link it when it is nobody else's.

    The account's row is locked before it is linked: one person of two with the same address gets it.
    """
    if person.user is not None:
        return _enabled(person.user)
    point = person.contact_points.filter(kind=ContactPoint.Kind.EMAIL).order_by("pk").first()
    if point is None:
        raise NoEmailAddress
    account = _find_or_make_account(email=point.value, name=person.name)
    account = User.objects.select_for_update(no_key=True).get(pk=account.pk)
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
    if placement.event and placement.outcome != Placement.Outcome.NEW:
        key = f"{key}:{placement.event.pk}"
    mail = render_mail(
        template,
        {
            "institute": InstituteSettings.current(),
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


def _note_enrolment(lead: Lead, *, text: str, actor: User | None) -> LeadEvent:
    return LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.ENROLMENT, text=text, actor=actor)
