"""The outbox asks here before a follow-up leaves and tells how it ended. See outbox.keepers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment.followups.conditions import first_unmet
from enrollment.followups.facts import facts_of
from enrollment.followups.planning import RELATED, note_left_out, plan
from enrollment.followups.stopping import reason_to_stop, stop_run
from enrollment.followups.texts import rendered
from enrollment.models import LeadEvent, SequenceRun
from outbox.keepers import GO, Verdict
from outbox.models import DeliveryAttempt, Message

BUSY = timedelta(seconds=5)
"""When to ask again about a run that somebody holds."""
SWITCHED_OFF = timedelta(hours=1)
"""When to ask again about a sequence that is off."""


def stopped(messages: Sequence[Message]) -> Mapping[int, str]:
    """Return which messages belong to no active run any more; one query."""
    keys = [message.pk for message in messages]
    wanted = set(
        SequenceRun.objects.active().filter(message__in=keys).values_list("message", flat=True).order_by()
    )
    return {key: _("The follow-ups ended.") for key in keys if key not in wanted}


def verdict(message: Message) -> Verdict:
    """Say whether a follow-up may leave now; what it decides is written in the caller's transaction."""
    runs = SequenceRun.objects.select_for_update(of=["self"], skip_locked=True, no_key=True)
    run = runs.select_related(*RELATED, "step__text", "text_version").filter(message=message).first()
    if run is None and SequenceRun.objects.active().filter(message=message).exists():
        return Verdict(wait_until=timezone.now() + BUSY, reason=_("Somebody is working on it."))
    if run is None or run.state != SequenceRun.State.ACTIVE:
        return Verdict(stop=_("The follow-ups ended."))
    if why := reason_to_stop(run):
        run.message = None
        stop_run(run, why)
        return Verdict(stop=str(SequenceRun.Why(why).label))
    return _too_early(run) or _judge(run, message)


def ended(message: Message, outcome: str) -> None:
    """Note on the timeline how a follow-up ended and plan the next one."""
    run = (
        SequenceRun.objects.select_for_update(of=["self"], no_key=True)
        .select_related(*RELATED)
        .filter(message=message)
        .first()
    )
    if run is None:
        return
    if outcome == DeliveryAttempt.Outcome.SENT:
        LeadEvent.objects.create(
            lead_id=run.lead_id, kind=LeadEvent.Kind.MESSAGE, message=message, text=message.subject
        )
        run.steps_done += 1
    run.message = run.step = None
    run.save(update_fields=["message", "step", "steps_done"])
    if run.state != SequenceRun.State.ACTIVE:
        return
    if outcome == DeliveryAttempt.Outcome.FAILED:
        stop_run(run, SequenceRun.Why.FAILED)
    elif outcome == DeliveryAttempt.Outcome.SUPPRESSED:
        stop_run(run, SequenceRun.Why.UNSUBSCRIBED)
    else:
        plan(run, after=timezone.now())


def _too_early(run: SequenceRun) -> Verdict | None:
    now = timezone.now()
    if not run.sequence.is_on:
        return Verdict(wait_until=now + SWITCHED_OFF, reason=_("The sequence is switched off."))
    if run.snoozed_until and run.snoozed_until > now:
        return Verdict(wait_until=run.snoozed_until, reason=_("The follow-ups are snoozed."))
    return None


def _judge(run: SequenceRun, message: Message) -> Verdict:
    if run.step is None:
        return _leave_out(run, _("its step was taken out of the sequence"))
    facts = facts_of(run)
    if unmet := first_unmet(run.step, facts):
        return _leave_out(run, unmet)
    return Verdict(changes=changes) if (changes := _changes(run, message)) else GO


def _leave_out(run: SequenceRun, why: str) -> Verdict:
    """Let go of the message and plan the next one, counted from now."""
    if run.step:
        note_left_out(run, run.step, why)
    run.message = run.step = None
    run.save(update_fields=["message", "step"])
    plan(run, after=timezone.now())
    return Verdict(stop=_("Left out: %(why)s") % {"why": why})


def _changes(run: SequenceRun, message: Message) -> dict[str, Any]:
    if run.edited_by_id or run.text_version is None:
        return {}
    written = rendered(run.text_version, message.channel, facts_of(run), sequence=run.sequence)
    now = {"subject": written.subject, "text": written.text, "html": written.html, "content": written.content}
    return {name: value for name, value in now.items() if value != getattr(message, name)}
