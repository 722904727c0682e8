"""Getting in touch with a lead: calls, WhatsApp and mail. The first contact counts as the answer."""

import hashlib
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from courses.models import InstituteSettings
from enrollment.desk import just_written, lock_lead, lock_leads_of, mark_answered, plan_next_action
from enrollment.errors import AddressSuppressed, PersonRestricted, PlaceLeftOpen, UnknownContactPoint
from enrollment.followups.stopping import Why, stop_runs_of
from enrollment.mails import render_mail
from enrollment.models import ContactPoint, Lead, LeadEvent
from enrollment.wording import open_places
from outbox.models import Channel, Message
from outbox.queue import enqueue
from outbox.suppression import why_forbidden


@transaction.atomic
def log_call(
    *,
    lead: Lead,
    outcome: str,
    actor: User,
    note: str = "",
    back_at: datetime | None = None,
    shown: str | None = None,
) -> LeadEvent:
    """Write down how a call ended; with `back_at`, plan to call back.

    A call in which somebody spoke to the person counts as the answer and stops follow-ups on all their
    leads. `shown` is the plan that the actor saw, as for plan_next_action, which may raise
    ChangedMeanwhile. A second press adds nothing.
    """
    lead = lock_leads_of(lead)
    if repeated := just_written(lead, kind=LeadEvent.Kind.CALL, text=note, actor=actor, outcome=outcome):
        return repeated
    if back_at:
        plan_next_action(lead=lead, action=_("Call back"), at=back_at, actor=actor, shown=shown)
    event = LeadEvent.objects.create(
        lead=lead, kind=LeadEvent.Kind.CALL, outcome=outcome, text=note, actor=actor
    )
    if outcome in LeadEvent.SPOKEN:
        mark_answered(lead)
        stop_runs_of([lead.person_id], Why.CALL, actor=actor)
    return event


@transaction.atomic
def log_reply(*, lead: Lead, text: str, actor: User) -> LeadEvent:
    """Write down what the person answered outside of the product; it stops follow-ups on all their leads.

    A second press adds nothing.
    """
    lead = lock_leads_of(lead)
    if repeated := just_written(lead, kind=LeadEvent.Kind.REPLY, text=text, actor=actor):
        return repeated
    event = LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.REPLY, text=text, actor=actor)
    stop_runs_of([lead.person_id], Why.REPLY, actor=actor)
    return event


@transaction.atomic
def log_chat(*, lead: Lead, text: str, actor: User) -> LeadEvent:
    """Write down a WhatsApp message that the actor is about to send; it counts as the answer.

    Raises PlaceLeftOpen and PersonRestricted. A second press adds nothing.
    """
    lead = _lock_reachable(lead)
    _refuse_open_places(text)
    if repeated := just_written(lead, kind=LeadEvent.Kind.CHAT, text=text, actor=actor):
        return repeated
    event = LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.CHAT, text=text, actor=actor)
    mark_answered(lead)
    return event


@transaction.atomic
def send_mail(*, lead: Lead, to: str, subject: str, text: str, key: UUID, actor: User) -> LeadEvent:
    """Queue a mail to one of the person's addresses; answers go to the lead's owner, else the actor.

    The same text under the same key is sent once, however often it is asked for. It counts as the
    answer. Raises UnknownContactPoint, PersonRestricted, AddressSuppressed and PlaceLeftOpen.
    """
    lead = _lock_reachable(lead)
    if not lead.person.contact_points.filter(kind=ContactPoint.Kind.EMAIL, value=to).exists():
        raise UnknownContactPoint
    _refuse_open_places(f"{subject}\n{text}")
    institute = InstituteSettings.current()
    mail = render_mail(
        "personal", {"lead": lead, "institute": institute, "subject": subject, "text": text, "actor": actor}
    )
    digest = hashlib.sha256(f"{to}\n{subject}\n{text}".encode()).hexdigest()[:16]
    message = _queue(
        key=f"lead:{lead.pk}:mail:{key}:{digest}",
        to=to,
        mail=(mail.subject, mail.text, mail.html),
        reply_to=(lead.owner or actor).email,
    )
    return _note_message(lead, message, actor=actor)


@transaction.atomic
def book_call(*, lead: Lead, at: datetime, actor: User, tell_at: str = "", shown: str | None = None) -> Lead:
    """Plan a call; with `tell_at`, one of the person's addresses, mail them when it will be.

    Booking the same time again changes nothing and sends nothing. Raises what plan_next_action and
    send_mail raise.
    """
    lead = lock_lead(lead)
    lead = plan_next_action(lead=lead, action=_("Call"), at=at, actor=actor, shown=shown)
    if not tell_at:
        return lead
    lead = _lock_reachable(lead)
    if not lead.person.contact_points.filter(kind=ContactPoint.Kind.EMAIL, value=tell_at).exists():
        raise UnknownContactPoint
    institute = InstituteSettings.current()
    caller = lead.owner or actor
    mail = render_mail(
        "call_booked",
        {"lead": lead, "institute": institute, "at": at, "caller": caller.name},
    )
    message = _queue(
        key=f"lead:{lead.pk}:call:{int(at.timestamp())}:{hashlib.sha256(tell_at.encode()).hexdigest()[:16]}",
        to=tell_at,
        mail=(mail.subject, mail.text, mail.html),
        reply_to=caller.email,
    )
    _note_message(lead, message, actor=actor)
    return lead


def _lock_reachable(lead: Lead) -> Lead:
    lead = lock_lead(lead)
    if lead.person.restricted_at or lead.set_aside:
        raise PersonRestricted
    return lead


def _refuse_open_places(text: str) -> None:
    if places := open_places(text):
        raise PlaceLeftOpen(places[0])


def _queue(*, key: str, to: str, mail: tuple[str, str, str], reply_to: str) -> Message:
    """Queue what answers an enquiry, unless the address gets no such mail."""
    purpose = Message.Purpose.ACKNOWLEDGEMENT
    if why_forbidden(Message(channel=Channel.EMAIL, to=to, purpose=purpose)):
        raise AddressSuppressed(to)
    subject, text, html = mail
    return enqueue(key=key, to=to, subject=subject, text=text, html=html, purpose=purpose, reply_to=reply_to)


def _note_message(lead: Lead, message: Message, *, actor: User) -> LeadEvent:
    event, created = LeadEvent.objects.get_or_create(
        lead=lead,
        message=message,
        defaults={"kind": LeadEvent.Kind.MESSAGE, "text": message.subject, "actor": actor},
    )
    if created:
        mark_answered(lead)
    return event
