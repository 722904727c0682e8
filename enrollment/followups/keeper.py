"""The outbox asks here before a follow-up leaves and tells how it ended; see outbox.keepers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment.followups.checking import too_early, unfit
from enrollment.followups.conditions import first_unmet
from enrollment.followups.facts import Facts, Institute, facts_of
from enrollment.followups.hearing import WHY
from enrollment.followups.hours import keeps_working_days
from enrollment.followups.planning import RELATED, in_a_sentence, leave_out, record_end, reply_to
from enrollment.followups.stopping import judge, stop_run, with_signs
from enrollment.followups.texts import Words, filled, middle_of, rendered
from enrollment.models import SequenceRun
from enrollment.wording import open_places
from outbox.keepers import GO, Verdict
from outbox.models import Channel, DeliveryAttempt, Message, Suppression, address_hash

BUSY = timedelta(seconds=5)
"""When to ask again about a run that somebody holds."""
SWITCHED_OFF = timedelta(hours=1)
"""When to ask again about a sequence that is off."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""How far the database's clock, by which a message is due, may be ahead of this one."""

Outcome = DeliveryAttempt.Outcome
State = SequenceRun.State
Why = SequenceRun.Why

_institutes: WeakKeyDictionary[Message, Institute] = WeakKeyDictionary()
"""By message of a batch that is being sent, so that the institute is read once a batch; forgotten with it."""


def stopped(messages: Sequence[Message]) -> Mapping[int, str]:
    """Return which messages no active run waits for any more; one query."""
    institute = Institute()
    for message in messages:
        _institutes[message] = institute
    runs = SequenceRun.objects.active().filter(message__in=messages).order_by()
    wanted = set(runs.values_list("message", flat=True))
    return {message.pk: _("The follow-ups ended.") for message in messages if message.pk not in wanted}


def verdict(message: Message) -> Verdict:
    """Say whether a follow-up may leave now; what it decides is written in the caller's transaction.

    Three queries for a mail without conditions that goes as it is, besides the institute once a batch.
    """
    run = _locked(message)
    if run is None:
        return _held_or_gone(message)
    if run.state != State.ACTIVE:
        return Verdict(stop=_("The follow-ups ended."))
    if why := judge(run):
        run.message = None
        stop_run(run, why)
        return Verdict(stop=str(Why(why).label))
    facts = facts_of(run, institute=_institutes.get(message))
    words = _words(run, message, facts)
    return (
        _wait(run, message, facts)
        or _elsewhere(message, facts)
        or _left_out(run, message, facts, words)
        or _go(run, message, facts, words)
    )


def ended(message: Message, outcome: str) -> None:
    """Note how a follow-up ended and plan the next one; nothing for a run that has moved on."""
    run = (
        SequenceRun.objects.select_for_update(of=["self"], no_key=True)
        .select_related(*RELATED)
        .filter(message=message)
        .first()
    )
    if run is None:
        return
    if outcome == Outcome.SUPPRESSED and run.state == State.ACTIVE:
        run.message = None
        stop_run(run, _why_suppressed(message))
    else:
        record_end(run, message, outcome)


def _locked(message: Message) -> SequenceRun | None:
    """Return the run that waits for a message with its signs, locked; None if it is held or gone.

    So is one whose message another sender has by now. The person is locked too, so that two senders who
    have something for them at the same moment both count what they get a day.
    """
    runs = SequenceRun.objects.select_for_update(of=["self", "lead__person"], skip_locked=True, no_key=True)
    return (
        with_signs(runs)
        .select_related(*RELATED)
        .filter(message=message, message__lease_token=message.lease_token)
        .first()
    )


def _held_or_gone(message: Message) -> Verdict:
    if SequenceRun.objects.active().filter(message=message).exists():
        return Verdict(wait_until=timezone.now() + BUSY, reason=_("Somebody is working on it."))
    return Verdict(stop=_("The follow-ups ended."))


def _words(run: SequenceRun, message: Message, facts: Facts) -> Words:
    """Return what the message is to say: the version that it was planned with, or what somebody wrote."""
    if run.text_version and not run.edited_by_id:
        return filled(run.text_version, message.channel, facts)
    body = middle_of(message)
    holes = tuple(open_places(f"{message.subject}\n{body}"))
    return Words(subject=message.subject, body=body, content=message.content, holes=holes)


def _wait(run: SequenceRun, message: Message, facts: Facts) -> Verdict | None:
    now = facts.at
    if now < message.due_at < now + CLOCKS_DIFFER:
        now = message.due_at
    if not run.sequence.is_on:
        return Verdict(wait_until=now + SWITCHED_OFF, reason=_("The sequence was switched off."))
    if run.snoozed_until and run.snoozed_until > now:
        return Verdict(wait_until=run.snoozed_until, reason=_("The follow-ups were snoozed."))
    early = too_early(
        facts, channel=message.channel, at=now, on_working_days=keeps_working_days(run.step), message=message
    )
    return Verdict(wait_until=early.until, reason=early.lasting) if early else None


def _elsewhere(message: Message, facts: Facts) -> Verdict | None:
    """Give the message the address that the person has by now, to be asked about again."""
    to = facts.address(message.channel)
    if not to or to == message.to:
        return None
    Message.objects.filter(pk=message.pk).update(to=to)
    return Verdict(wait_until=timezone.now() + BUSY, reason=_("The address was changed."))


def _left_out(run: SequenceRun, message: Message, facts: Facts, words: Words) -> Verdict | None:
    """Leave the step out where something says so, with the next one planned."""
    why = _why_left_out(run, message, facts, words)
    if not why:
        return None
    name = run.step.text.name if run.step else message.subject or message.text[:60]
    leave_out(run, name, why, facts=facts)
    return Verdict(stop=_("Left out: %(why)s") % {"why": why})


def _why_left_out(run: SequenceRun, message: Message, facts: Facts, words: Words) -> str:
    if run.step is None:
        return _("its step was taken out of the sequence")
    to = facts.address(message.channel)
    if not to:
        return _("there is no address for it")
    if unmet := first_unmet(run.step, facts):
        return unmet
    version = None if run.edited_by_id else run.text_version
    found = unfit(words, channel=message.channel, number=to, version=version, facts=facts)
    return in_a_sentence(found[0].text) if found else ""


def _go(run: SequenceRun, message: Message, facts: Facts, words: Words) -> Verdict:
    """Let it leave with what has changed since it was planned; what somebody wrote by hand stays."""
    now: dict[str, Any] = {}
    if message.channel == Channel.EMAIL:
        now["reply_to"] = reply_to(run, facts.institute.settings)
    if run.text_version and not run.edited_by_id and not words.same_as(message):
        written = rendered(run.text_version, message.channel, facts, sequence=run.sequence)
        now |= {"subject": written.subject, "text": written.text, "html": written.html}
        now["content"] = written.content
    changes = {name: value for name, value in now.items() if value != getattr(message, name)}
    return Verdict(changes=changes) if changes else GO


def _why_suppressed(message: Message) -> str:
    found = Suppression.objects.filter(channel=message.channel, address_hash=address_hash(message.to)).first()
    return WHY[Suppression.Reason(found.reason)] if found else Why.UNSUBSCRIBED
