"""What staff do to a single run: let it wait, go on, stop it, and change what its next message says.

Locks as everywhere: the lead, the run, its message. A message that a sender holds but has not begun to send
is taken back from it; one that is being sent is left alone.
"""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from courses import wall_clock
from courses.models import InstituteSettings
from enrollment.desk import lock_lead
from enrollment.errors import FollowUpsEnded, MessageLeft, NotYourMessage, TextIsFixed
from enrollment.followups.facts import facts_of
from enrollment.followups.hours import allowed_from, keeps_working_days
from enrollment.followups.planning import RELATED
from enrollment.followups.stopping import Why, stop_run
from enrollment.followups.texts import Rendered, dressed, rendered
from enrollment.models import LeadEvent, Person, SequenceRun
from outbox.models import Channel, Message

WAITING = (Message.State.PENDING, Message.State.CLAIMED)


@transaction.atomic
def snooze(run: SequenceRun, until: date, actor: User) -> SequenceRun:
    """Let nothing of the run leave before that day where the institute is; the sequence goes on then,
    in hours in which follow-ups may leave.

    The same day again changes nothing. Raises FollowUpsEnded.
    """
    run = _lock(run)
    moment = wall_clock.midnight(until)
    if run.snoozed_until == moment:
        return run
    run.snoozed_until = moment
    run.save(update_fields=["snoozed_until"])
    _move_message(run, max(moment, run.planned_for or moment))
    _note(run, _("Follow-ups “%(name)s” snoozed until %(day)s"), actor, day=date_format(until, "D j M Y"))
    return run


@transaction.atomic
def resume(run: SequenceRun, actor: User) -> SequenceRun:
    """Let a snoozed run go on: its message leaves when it was planned for, or now if that is over.

    Repeating it changes nothing. Raises FollowUpsEnded.
    """
    run = _lock(run)
    if run.snoozed_until is None:
        return run
    run.snoozed_until = None
    run.save(update_fields=["snoozed_until"])
    now = timezone.now()
    _move_message(run, max(now, run.planned_for or now))
    _note(run, _("Follow-ups “%(name)s” go on"), actor)
    return run


@transaction.atomic
def stop_by_hand(run: SequenceRun, actor: User) -> SequenceRun:
    """End the run for good. One that has ended already stays as it is."""
    try:
        run = _lock(run)
    except FollowUpsEnded:
        return run
    stop_run(run, Why.STAFF, actor=actor)
    return run


@transaction.atomic
def edit_message(
    run: SequenceRun, subject: str, text: str, actor: User, *, shown: str, may_manage: bool = False
) -> SequenceRun:
    """Let the next mail of the run say this; salutation to signature are the editor's, what every mail has
    around it stays.

    `shown` is the message that the actor saw, as `shown_of` writes it. Raises NotYourMessage,
    TextIsFixed, and MessageLeft or FollowUpsEnded when it was too late; nothing changes then.
    """
    run, message = _lock_message(run, actor, shown=shown, may_manage=may_manage)
    language = message.content.get("language", Person.Language.ENGLISH)
    written = dressed(subject, text, facts_of(run), sequence=run.sequence, language=language)
    _write(message, written)
    run.edited_by = actor
    run.save(update_fields=["edited_by"])
    _note(run, _("Next message of “%(name)s” edited"), actor)
    return run


@transaction.atomic
def take_original_back(run: SequenceRun, actor: User, *, shown: str, may_manage: bool = False) -> SequenceRun:
    """Let the next mail say again what the sequence says; raises what `edit_message` raises."""
    run, message = _lock_message(run, actor, shown=shown, may_manage=may_manage)
    if run.edited_by_id is None or run.text_version is None:
        return run
    _write(message, rendered(run.text_version, message.channel, facts_of(run), sequence=run.sequence))
    run.edited_by = None
    run.save(update_fields=["edited_by"])
    _note(run, _("Next message of “%(name)s” as the sequence has it again"), actor)
    return run


def shown_of(message: Message) -> str:
    """Return in one line what somebody saw of a message, to tell whether it changed."""
    digest = hashlib.sha256(f"{message.subject}\n{message.text}".encode()).hexdigest()[:16]
    return f"{message.pk}-{digest}"


def _lock(run: SequenceRun) -> SequenceRun:
    """Return the active run as it is now with what planning reads, locked after its lead.

    Raises FollowUpsEnded.
    """
    lock_lead(run.lead)
    runs = SequenceRun.objects.select_for_update(of=["self"], no_key=True)
    now = runs.select_related(*RELATED, "text_version").get(pk=run.pk)
    if now.state != SequenceRun.State.ACTIVE:
        raise FollowUpsEnded((now.get_why_display() or now.get_state_display()).lower())
    return now


def _lock_message(
    run: SequenceRun, actor: User, *, shown: str, may_manage: bool
) -> tuple[SequenceRun, Message]:
    """Return the run and its waiting mail, locked, for somebody who may change it."""
    run = _lock(run)
    if not may_manage and run.lead.owner_id != actor.pk:
        raise NotYourMessage
    message = Message.objects.select_for_update(no_key=True).filter(run=run).first()
    if message is None or message.state not in WAITING or shown_of(message) != shown:
        raise MessageLeft
    if message.channel != Channel.EMAIL:
        raise TextIsFixed(message.get_channel_display())
    return run, message


def _write(message: Message, written: Rendered) -> None:
    _change(message.pk, {
        "subject": written.subject,
        "text": written.text,
        "html": written.html,
        "content": written.content,
    })  # fmt: skip


def _move_message(run: SequenceRun, at: datetime) -> None:
    """Let the message that waits leave in the first hours after this in which it may."""
    message = run.message
    if message is None:
        return
    due_at = allowed_from(
        at,
        person=run.lead.person,
        channel=message.channel,
        institute=InstituteSettings.current(),
        on_working_days=keeps_working_days(run.step),
    )
    _change(message.pk, {"due_at": due_at, "last_error": ""})


def _change(message_key: int, values: Mapping[str, Any]) -> None:
    """Change a message that hasn't begun to leave, and take it back from a sender that holds it."""
    waiting = Message.objects.filter(pk=message_key, state__in=WAITING)
    waiting.update(state=Message.State.PENDING, lease_token=None, leased_until=None, **values)


def _note(run: SequenceRun, words: str, actor: User, **more: str) -> None:
    text = words % {"name": run.sequence.name, **more}
    LeadEvent.objects.create(lead_id=run.lead_id, kind=LeadEvent.Kind.FOLLOWUP, text=text, actor=actor)
