"""Making the next message of a run. Only that one exists; the rest of a run is the sequence as it is then."""

from datetime import datetime, time, timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.calendar import WorkingCalendar
from courses.models import InstituteSettings
from enrollment.followups.facts import Facts, facts_of
from enrollment.followups.stopping import reason_to_stop, stop_run
from enrollment.followups.texts import current_version, rendered, wording_of
from enrollment.models import LeadEvent, SequenceRun, Step
from outbox.models import Channel, Message
from outbox.queue import enqueue

KEEPER = "followup"
PLANNED_AT_ONCE = 200
RELATED = (
    "lead__person__user",
    "lead__owner",
    "lead__course",
    "sequence",
    "enrollment__learner",
    "enrollment__course",
    "enrollment__cohort",
    "cohort__course",
)
"""What planning and keeping read of a run."""

log = structlog.get_logger(__name__)


def plan(run: SequenceRun, *, after: datetime | None = None, facts: Facts | None = None) -> Message | None:
    """Queue the next message of a locked active run; None when it ended instead or is waited for already.

    Delays count from `after`: when the message before left or its step was left out, else from the entry.
    Steps on a channel on which the person has no address are left out. A run without a step left is finished,
    one that can't reach the person on any is stopped.
    """
    if run.message_id is not None:
        return None
    if why := reason_to_stop(run):
        stop_run(run, why)
        return None
    facts = facts or facts_of(run)
    steps = steps_to_come(run)
    counted_from = after or _last_moment(run)
    for step in steps:
        due_at = due(step, counted_from, calendar=facts.institute.calendar)
        if address := facts.address(step.channel):
            return _queue(run, step, facts, to=address, due_at=due_at)
        counted_from = due_at
        if any(facts.address(other.channel) for other in steps):
            note_left_out(run, step, _("there is no address for it"))
    if steps:
        stop_run(run, SequenceRun.Why.UNREACHABLE)
    else:
        finish(run)
    return None


def plan_waiting(*, limit: int = PLANNED_AT_ONCE) -> int:
    """Plan active runs that have no message, however they came to lose it; return how many were looked at.

    Several workers may do this at once; a run that somebody holds is left to the next sweep.
    """
    count = 0
    waiting = SequenceRun.objects.active().filter(message=None).order_by("pk")
    for key in list(waiting.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            run = lock_run(key)
            if run and run.message_id is None:
                plan(run)
                count += 1
    return count


def lock_run(key: int) -> SequenceRun | None:
    """Return the active run with what planning reads, locked; None for one that ended or that is held."""
    runs = SequenceRun.objects.active().select_for_update(of=["self"], skip_locked=True, no_key=True)
    return runs.select_related(*RELATED, "step__text", "text_version").filter(pk=key).first()


def steps_to_come(run: SequenceRun) -> list[Step]:
    """Return the steps after the last one that had a message in this run, in order; two queries."""
    steps = list(
        Step.objects.filter(sequence=run.sequence).select_related("text").order_by("sort_order", "pk")
    )
    keys = {message_key(run, step, channel): place for place, step in enumerate(steps) for channel in Channel}
    used = Message.objects.filter(key__in=keys).values_list("key", flat=True)
    return steps[max((keys[key] for key in used), default=-1) + 1 :]


def due(step: Step, start: datetime, *, calendar: WorkingCalendar) -> datetime:
    """Return when a step is due that is counted from `start`."""
    if step.unit == Step.Unit.HOURS:
        return start + timedelta(hours=step.delay)
    if step.unit == Step.Unit.WORKING_HOURS:
        return calendar.add_hours(start, step.delay)
    local = start.astimezone(calendar.zone)
    if step.unit == Step.Unit.DAYS:
        return local + timedelta(days=step.delay)
    return _add_working_days(local, step.delay, calendar=calendar)


def message_key(run: SequenceRun, step: Step, channel: str) -> str:
    """Return what makes the message of a step exist once in a run."""
    return f"run:{run.pk}:{step.pk}:{channel}"


def note_left_out(run: SequenceRun, step: Step, why: str) -> None:
    """Say on the timeline that a step didn't leave."""
    text = _("Follow-up “%(text)s” left out: %(why)s") % {"text": step.text.name, "why": why}
    note(run, text)


def note(run: SequenceRun, text: str) -> None:
    """Write a line about a run on the lead's timeline."""
    LeadEvent.objects.create(lead_id=run.lead_id, kind=LeadEvent.Kind.FOLLOWUP, text=text)


def finish(run: SequenceRun) -> None:
    """End a run that has no step left."""
    run.state, run.ended_at = SequenceRun.State.FINISHED, timezone.now()
    run.step = run.message = run.planned_for = run.snoozed_until = None
    run.save(update_fields=["state", "ended_at", "step", "message", "planned_for", "snoozed_until"])
    note(run, _("Follow-ups “%(name)s” finished") % {"name": run.sequence.name})
    log.info("run_finished", run=run.pk)


def _queue(run: SequenceRun, step: Step, facts: Facts, *, to: str, due_at: datetime) -> Message:
    version = current_version(step.text)
    written = rendered(version, step.channel, facts, sequence=run.sequence)
    message = enqueue(
        key=message_key(run, step, step.channel),
        to=to,
        subject=written.subject,
        text=written.text,
        html=written.html,
        purpose=Message.Purpose.MARKETING,
        reply_to=reply_to(run, facts.institute.settings) if step.channel == Channel.EMAIL else "",
        due_at=due_at,
        channel=step.channel,
        topic=run.sequence.basis,
        keeper=KEEPER,
        content=written.content,
        wording=wording_of(version),
        series=series_of(run),
    )
    run.step, run.message, run.text_version = step, message, version
    run.planned_for, run.edited_by = due_at, None
    run.save(update_fields=["step", "message", "text_version", "planned_for", "edited_by"])
    return message


def series_of(run: SequenceRun) -> str:
    """Return how messages name their sequence."""
    return f"sequence:{run.sequence_id}"


def reply_to(run: SequenceRun, institute: InstituteSettings) -> str:
    """Return where answers go: to the lead's owner, else to the institute."""
    return run.lead.owner.email if run.lead.owner else institute.email


def _last_moment(run: SequenceRun) -> datetime:
    """Return since when the next delay counts: the end of the newest message of the run, else its entry."""
    keys = Message.objects.filter(key__startswith=f"run:{run.pk}:")
    newest = keys.order_by("-pk").values("sent_at", "due_at").first()
    if newest is None:
        return run.entered_at
    return newest["sent_at"] or min(newest["due_at"], timezone.now())


def _add_working_days(local: datetime, days: int, *, calendar: WorkingCalendar) -> datetime:
    """Return the same time of day after this many working days; from a day off, the next one is the first."""
    if not days or not calendar.weekdays:
        return local + timedelta(days=days)
    start = datetime.combine(local.date() + timedelta(days=1), time.min, calendar.zone)
    hours = (
        datetime.combine(local.date(), calendar.closes_at) - datetime.combine(local.date(), calendar.opens_at)
    ) / timedelta(hours=1)
    day = calendar.add_hours(start, hours * days).date()
    return datetime.combine(day, local.time(), calendar.zone)
