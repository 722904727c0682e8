"""Making the next message of a run. Only that one exists; what follows is read from the sequence then."""

import time
from datetime import datetime

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from courses.models import InstituteSettings
from enrollment.followups.checking import unwanted
from enrollment.followups.facts import Facts, Institute, facts_of
from enrollment.followups.hours import allowed_from, keeps_working_days
from enrollment.followups.stopping import reason_to_stop, stop_run
from enrollment.followups.texts import current_version, rendered, wording_of
from enrollment.followups.timing import due
from enrollment.models import LeadEvent, SequenceRun, Step
from outbox.errors import UnsendableMessage
from outbox.models import Channel, DeliveryAttempt, Message
from outbox.queue import enqueue

KEEPER = "followup"
RELATED = ("lead__person__user", "lead__owner", "lead__course", "sequence", "step", "text_version")
"""What planning and keeping read of every run; enrolments and groups are read where there are some."""
ENDED = {
    Message.State.SENT: DeliveryAttempt.Outcome.SENT,
    Message.State.FAILED: DeliveryAttempt.Outcome.FAILED,
    Message.State.CANCELLED: DeliveryAttempt.Outcome.STOPPED,
}
"""States in which a message is over, and what its run takes that for."""
_WHY = {
    "restricted": SequenceRun.Why.ERASED,
    "erased": SequenceRun.Why.ERASED,
    "bounced": SequenceRun.Why.BOUNCED,
    "complained": SequenceRun.Why.COMPLAINED,
    "unsubscribed": SequenceRun.Why.UNSUBSCRIBED,
    "opted-out": SequenceRun.Why.UNSUBSCRIBED,
    "consent": SequenceRun.Why.CONSENT,
    "guardian": SequenceRun.Why.CONSENT,
}
"""Refusals that end a run, by their code, and what it says then."""
MOST = 10_000
"""Runs of a kind that one sweep looks at; the next one goes on."""

log = structlog.get_logger(__name__)

Outcome = DeliveryAttempt.Outcome


def plan(run: SequenceRun, *, after: datetime | None = None, facts: Facts | None = None) -> Message | None:
    """Queue the next message of a locked active run; None when it ended instead or has a message already.

    Delays count from `after`, when the message before left or its step was left out; else from what is known
    of that, else from the entry. A step on a channel without an address is left out; a run that can reach
    nobody at all stops, one without a step left is finished. About twenty queries.
    """
    if run.message_id is not None:
        return None
    if why := reason_to_stop(run):
        stop_run(run, why)
        return None
    facts = facts or facts_of(run)
    steps, last = _steps_to_come(run)
    if steps and (why := _unwanted(run, steps[0], facts)):
        stop_run(run, why)
        return None
    if steps and last is None and not any(facts.address(step.channel) for step in steps):
        stop_run(run, SequenceRun.Why.UNREACHABLE)
        return None
    counted_from = after or last or run.entered_at
    for step in steps:
        due_at = due(step, counted_from, calendar=facts.institute.calendar)
        if message := _queue(run, step, facts, due_at=due_at):
            return message
        counted_from = due_at
    _finish(run)
    return None


def record_end(run: SequenceRun, message: Message, outcome: str) -> None:
    """Note how the message of a locked run ended, and plan the next one of an active run.

    One that left or was refused is told on the timeline by its own line, with its delivery. After a refusal
    the next step is tried; a run that nothing of ever left and that has no step to come stops.
    """
    at = timezone.now()
    if outcome in {Outcome.SENT, Outcome.FAILED}:
        LeadEvent.objects.create(
            lead_id=run.lead_id,
            kind=LeadEvent.Kind.MESSAGE,
            message=message,
            text=message.subject or message.text,
            created_at=at,
        )
    run.steps_done += outcome == Outcome.SENT
    let_go(run)
    if run.state != SequenceRun.State.ACTIVE:
        return
    if outcome == Outcome.FAILED and not run.steps_done and not _steps_to_come(run)[0]:
        stop_run(run, SequenceRun.Why.FAILED)
    else:
        plan(run, after=at)


def let_go(run: SequenceRun) -> None:
    """Take the message from a run, so that the next one can be planned; the message itself stays."""
    run.message = run.step = run.text_version = run.edited_by = None
    run.save(update_fields=["message", "step", "text_version", "edited_by", "steps_done"])


def leave_out(run: SequenceRun, name: str, why: str, *, facts: Facts | None = None) -> None:
    """Let go of the message of a locked run because its step isn't to leave, say why, and plan the next."""
    note_left_out(run, name, why)
    let_go(run)
    plan(run, after=timezone.now(), facts=facts)


def plan_waiting(*, seconds: float = 40) -> int:
    """Plan active runs whose message is gone or over without their knowing; return how many were looked at.

    Whatever happened, no run stays without a next message. Several workers may do this at once; a run that
    somebody holds is left to the next sweep.
    """
    deadline = time.monotonic() + seconds
    active, institute, count = SequenceRun.objects.active(), Institute(), 0
    over = active.filter(planned_for__lte=timezone.now(), message__state__in=ENDED).order_by(
        "planned_for", "pk"
    )
    for stuck in (active.filter(message=None).order_by("pk"), over):
        for key in stuck.values_list("pk", flat=True)[:MOST]:
            if time.monotonic() >= deadline:
                break
            count += _planned(key, institute)
    return count


def message_key(run: SequenceRun, step: Step, channel: str) -> str:
    """Return what makes the message of a step exist once in a run."""
    return f"run:{run.pk}:{step.pk}:{channel}"


def series_of(run: SequenceRun) -> str:
    """Return how the messages of a sequence name it."""
    return f"sequence:{run.sequence_id}"


def reply_to(run: SequenceRun, institute: InstituteSettings) -> str:
    """Return where answers to a mail go: to the lead's owner, else to the institute."""
    return run.lead.owner.email if run.lead.owner else institute.email


def note(run: SequenceRun, text: str, *, actor: User | None = None) -> None:
    """Write a line about a run on the lead's timeline."""
    LeadEvent.objects.create(lead_id=run.lead_id, kind=LeadEvent.Kind.FOLLOWUP, text=text, actor=actor)


def note_left_out(run: SequenceRun, name: str, why: str) -> None:
    """Say on the timeline that a step didn't leave."""
    note(run, _("Follow-up “%(name)s” left out: %(why)s") % {"name": name, "why": why})


def in_a_sentence(words: str) -> str:
    """Return a sentence as the end of another one."""
    return words[:1].lower() + words[1:].rstrip(".")


def _steps_to_come(run: SequenceRun) -> tuple[list[Step], datetime | None]:
    """Return the steps after the last one that had a message in this run, and when that one ended or was due.

    A step that was put before it since is not made up for. Two queries.
    """
    steps = list(run.sequence.steps.select_related("text").order_by("sort_order", "pk"))
    places = {message_key(run, step, channel): at for at, step in enumerate(steps) for channel in Channel}
    rows = Message.objects.filter(key__in=places).values_list("key", "sent_at", "due_at") if places else []
    used = [(places[key], sent_at or due_at) for key, sent_at, due_at in rows]
    if not used:
        return steps, run.planned_for
    return steps[max(place for place, _at in used) + 1 :], max(at for _place, at in used)


def _unwanted(run: SequenceRun, step: Step, facts: Facts) -> str:
    """Return why the person wants nothing more of it or may get nothing, or an empty string; four queries."""
    found = unwanted(facts, channel=step.channel, basis=run.sequence.basis)
    return next((_WHY[refusal.code] for refusal in found if refusal.code in _WHY), "")


def _queue(run: SequenceRun, step: Step, facts: Facts, *, due_at: datetime) -> Message | None:
    """Queue a step's message; None, with a line that says so, where it can't be sent."""
    to = facts.address(step.channel)
    if not to:
        note_left_out(run, step.text.name, _("there is no address for it"))
        return None
    version = current_version(step.text)
    written = rendered(version, step.channel, facts, sequence=run.sequence)
    try:
        message = enqueue(
            key=message_key(run, step, step.channel),
            to=to,
            subject=written.subject,
            text=written.text,
            html=written.html,
            purpose=Message.Purpose.MARKETING,
            reply_to=reply_to(run, facts.institute.settings) if step.channel == Channel.EMAIL else "",
            due_at=_may_leave(run, step, facts, max(due_at, run.snoozed_until or due_at)),
            channel=step.channel,
            topic=run.sequence.basis,
            keeper=KEEPER,
            content=written.content,
            wording=wording_of(version),
            series=series_of(run),
        )
    except UnsendableMessage as error:
        note_left_out(run, step.text.name, in_a_sentence(str(error)))
        return None
    run.step, run.message, run.text_version = step, message, version
    run.planned_for, run.edited_by = due_at, None
    run.save(update_fields=["step", "message", "text_version", "planned_for", "edited_by"])
    return message


def _may_leave(run: SequenceRun, step: Step, facts: Facts, moment: datetime) -> datetime:
    """Return the first moment from this one on at which follow-ups may leave."""
    return allowed_from(
        moment,
        person=run.lead.person,
        channel=step.channel,
        institute=facts.institute.settings,
        calendar=facts.institute.calendar,
        on_working_days=keeps_working_days(step),
    )


def _finish(run: SequenceRun) -> None:
    run.state, run.ended_at = SequenceRun.State.FINISHED, timezone.now()
    run.planned_for = run.snoozed_until = None
    run.save(update_fields=["state", "ended_at", "planned_for", "snoozed_until"])
    note(run, _("Follow-ups “%(name)s” finished") % {"name": run.sequence.name})
    log.info("run_finished", run=run.pk)


def _planned(key: int, institute: Institute) -> bool:
    """Plan one run unless somebody holds it; what is wrong with it holds up no other."""
    try:
        with transaction.atomic():
            runs = SequenceRun.objects.active().select_for_update(of=["self"], skip_locked=True, no_key=True)
            run = runs.select_related(*RELATED, "message").filter(pk=key).first()
            if run is None:
                return False
            if run.message is None:
                plan(run, facts=facts_of(run, institute=institute))
            elif run.message.state in ENDED:
                record_end(run, run.message, ENDED[Message.State(run.message.state)])
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("run_not_planned", run=key)
        return False
    return True
