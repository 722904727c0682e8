"""Giving people a place in a course, and taking it back."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.addresses import has_unproven_password
from accounts.invitations import set_password_url
from accounts.models import User
from courses.models import Cohort, CoursePage, InstituteSettings
from courses.rupees import rupees
from enrollment.desk import change_stage, lock_lead
from enrollment.errors import NotEnrolledAnyMore, NotWorkedAnyMore, WrongCohort
from enrollment.followups.stopping import Why, stop_runs
from enrollment.learners import account_of
from enrollment.mails import render_mail
from enrollment.models import ClosingReason, Enrollment, Lead, LeadEvent
from enrollment.seats import give_seats_back, lock_cohorts, take_seat
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


@transaction.atomic
def place_lead(
    *,
    lead: Lead,
    course: CoursePage,
    cohort: Cohort | None = None,
    price: Decimal | None = None,
    actor: User | None = None,
) -> Placement:
    """Enrol the lead's person, with an account found or made by e-mail address, and write to them.

    Who has no password yet, or one that was set before the address was proven, is invited to set one.
    A seat that is held for the person is used. Without a price, the list price is agreed; a learner who
    moves keeps theirs. Repeating it is harmless: one account, one seat, one mail. Raises
    NotWorkedAnyMore, NoEmailAddress, AccountDisabled, WrongCohort or CohortFull and then changes nothing.
    """
    lead = lock_lead(lead)
    if lead.set_aside:
        raise NotWorkedAnyMore
    learner = account_of(lead.person)
    can_sign_in = learner.has_usable_password() and not has_unproven_password(learner)
    placement = _place(
        learner=learner,
        course=course,
        cohort=cohort,
        lead=lead,
        actor=actor,
        state=Enrollment.State.ACTIVE if can_sign_in else Enrollment.State.INVITED,
        price=price,
    )
    change_stage(lead=lead, stage=Lead.Stage.ENROLLED, actor=actor)
    if placement.outcome != Placement.Outcome.SAME:
        message = _write_to(placement, lead=lead, invite=not can_sign_in)
        LeadEvent.objects.create(
            lead=lead, kind=LeadEvent.Kind.MESSAGE, message=message, text=message.subject
        )
    return placement


@transaction.atomic
def transfer(
    enrollment: Enrollment,
    *,
    lead: Lead,
    course: CoursePage,
    cohort: Cohort | None,
    price: Decimal | None = None,
    actor: User | None = None,
) -> Placement:
    """Move a learner to another cohort, or out of this course into another one, in one step.

    The place in a course that is left is withdrawn and its seat given back, unless the new place can't
    be taken. Raises NotEnrolledAnyMore and what `place_lead` raises, and then changes nothing.
    """
    lead = lock_lead(lead)
    User.objects.select_for_update(no_key=True).get(pk=enrollment.learner_id)
    known = Enrollment.objects.select_for_update(of=["self"]).get(pk=enrollment.pk)
    if not known.is_open:
        raise NotEnrolledAnyMore
    if known.course_id != course.pk:
        lock_cohorts([known.cohort_id, cohort.pk if cohort else None])
        withdraw(known, actor=actor, reason=_("moves to %(course)s") % {"course": cohort or course.title})
    return place_lead(lead=lead, course=course, cohort=cohort, price=price, actor=actor)


@transaction.atomic
def withdraw(
    enrollment: Enrollment,
    *,
    actor: User | None = None,
    reason: str = "",
    stage: str = "",
    closing: ClosingReason | None = None,
) -> Enrollment:
    """End an invited or active enrolment, its follow-ups too, and give its seat back; otherwise do nothing.

    With `stage`, the lead moves there when none of its enrolments is open any more; closing it needs a
    closing reason.
    """
    lead = lock_lead(enrollment.lead) if enrollment.lead else None
    enrollment = (
        Enrollment.objects.select_for_update(of=["self"]).select_related("course").get(pk=enrollment.pk)
    )
    if not enrollment.is_open:
        return enrollment
    enrollment.state = Enrollment.State.WITHDRAWN
    enrollment.save(update_fields=["state"])
    if lead:
        text = _("Withdrawn from %(course)s") % {"course": enrollment.course.title}
        _note_enrolment(lead, text=f"{text}: {reason}" if reason else text, actor=actor)
        if stage and not lead.enrollments.open().exists():
            change_stage(lead=lead, stage=stage, actor=actor, reason=closing)
    give_seats_back(enrollment.cohort_id)
    if lead:
        stop_runs(lead, Why.WITHDRAWN, actor=actor, enrollment=enrollment)
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
    price: Decimal | None = None,
) -> Placement:
    """Take the place; two calls for one learner wait for each other at the account's row."""
    if cohort and cohort.course_id != course.pk:
        raise WrongCohort
    User.objects.select_for_update(no_key=True).get(pk=learner.pk)
    known = Enrollment.objects.select_for_update(of=["self"]).filter(learner=learner, course=course).first()
    if known and known.is_open and cohort and known.cohort_id != cohort.pk:
        return _move(known, cohort=cohort, lead=lead, actor=actor, price=price)
    if known and known.state != Enrollment.State.WITHDRAWN:
        return Placement(known, Placement.Outcome.SAME)
    if cohort:
        take_seat(cohort, lead=lead)
    if lead and price is None:
        price = cohort.list_price if cohort else course.price
    if known:
        enrollment = known
        enrollment.cohort, enrollment.state, enrollment.lead = cohort, state, lead or known.lead
        enrollment.price_agreed = price
        enrollment.save(update_fields=["cohort", "state", "lead", "price_agreed"])
    else:
        enrollment = Enrollment.objects.create(
            learner=learner, course=course, cohort=cohort, state=state, lead=lead, price_agreed=price
        )
    text = _("Enrolled in %(course)s") % {"course": cohort or course.title}
    if price is not None:
        text = _("%(text)s for %(price)s") % {"text": text, "price": rupees(price)}
    event = _note_enrolment(lead, text=text, actor=actor) if lead else None
    return Placement(enrollment, Placement.Outcome.BACK if known else Placement.Outcome.NEW, event)


def _move(
    enrollment: Enrollment, *, cohort: Cohort, lead: Lead | None, actor: User | None, price: Decimal | None
) -> Placement:
    """Take a seat in another cohort and give the old one back; a price that isn't given stays."""
    before, price_before = enrollment.cohort, enrollment.price_agreed
    lock_cohorts([cohort.pk, enrollment.cohort_id])
    take_seat(cohort, lead=lead)
    give_seats_back(enrollment.cohort_id)
    enrollment.cohort = cohort
    enrollment.price_agreed = price_before if price is None else price
    enrollment.save(update_fields=["cohort", "price_agreed"])
    if lead and before:
        stop_runs(lead, Why.MOVED, actor=actor, enrollment=enrollment, cohort=before)
    text = _("Moved from %(before)s to %(after)s") % {
        "before": before or _("no cohort"),
        "after": cohort,
    }
    if enrollment.price_agreed is not None and enrollment.price_agreed != price_before:
        text = f"{text}; {price_change(price_before, enrollment.price_agreed)}"
    told = lead or enrollment.lead
    event = _note_enrolment(told, text=text, actor=actor) if told else None
    return Placement(enrollment, Placement.Outcome.MOVED, event)


def price_change(before: Decimal | None, after: Decimal) -> str:
    """Say what is agreed now and how far that is from before, such as "₹50,000 agreed, ₹5,000 more"."""
    agreed = _("%(price)s agreed") % {"price": rupees(after)}
    if before is None or before == after:
        return agreed
    wording = _("%(agreed)s, %(difference)s more") if after > before else _("%(agreed)s, %(difference)s less")
    return wording % {"agreed": agreed, "difference": rupees(abs(after - before))}


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
            "price": enrollment.price_agreed,
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
