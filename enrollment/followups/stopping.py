"""What ends follow-ups. Every end is a line on the timeline, and the message that waited never leaves.

Locks are taken as everywhere: leads, people, cohorts, then runs, then their messages. What is certain is
stopped where it happens, by `stop_runs` and `stop_runs_of`; `reason_to_stop` looks at the facts themselves
whenever a message is planned and about to leave, so that nothing depends on having been told.
"""

from collections.abc import Iterable
from typing import Any

import structlog
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from courses import wall_clock
from courses.models import Cohort
from enrollment.models import (
    Consent,
    Enrollment,
    Lead,
    LeadEvent,
    Person,
    PipelineStage,
    Sequence,
    SequenceRun,
    WaitingPlace,
)
from outbox.models import Message
from outbox.queue import cancel

Why = SequenceRun.Why

log = structlog.get_logger(__name__)


def stop_runs(
    lead: Lead,
    why: str,
    *,
    actor: User | None = None,
    topic: str = "",
    detail: str = "",
    enrollment: Enrollment | None = None,
    cohort: Cohort | None = None,
) -> int:
    """Stop the runs of a locked lead that this reason ends, and return how many; one query for none.

    With `topic` only those that may write for that reason stop, with `enrollment` and `cohort` those
    about them.
    `detail` is said on the timeline in place of the reason's own words.
    """
    runs = SequenceRun.objects.filter(lead=lead)
    if enrollment:
        runs = runs.filter(enrollment=enrollment)
    if cohort:
        runs = runs.filter(cohort=cohort)
    return _stop_all(runs, why, actor=actor, topic=topic, detail=detail)


def stop_runs_of(
    people: Iterable[Person | int],
    why: str,
    *,
    actor: User | None = None,
    topic: str = "",
    detail: str = "",
    channel: str = "",
) -> int:
    """Stop the runs of all leads of these people; the leads are locked. Otherwise as `stop_runs`.

    With `channel` only runs that have a step on it stop.
    """
    leads = Lead.everything.filter(person__in=list(people)).order_by().values("pk")
    runs = SequenceRun.objects.filter(lead__in=leads)
    if channel:
        runs = runs.filter(sequence__in=Sequence.objects.filter(steps__channel=channel).values("pk"))
    return _stop_all(runs, why, actor=actor, topic=topic, detail=detail)


def stop_run(run: SequenceRun, why: str, *, actor: User | None = None, detail: str = "") -> None:
    """Stop one locked active run, cancel its waiting message and say why on the timeline.

    A message that is being sent right now stays the run's: how it ends is recorded. One whose delivery
    was unclear is never sent again, and the timeline says that it may have arrived.
    """
    words = detail or _in_a_sentence(str(Why(why).label))
    may_have_left = _let_go_of_message(run, words)
    run.state, run.why, run.ended_at = SequenceRun.State.STOPPED, why, timezone.now()
    run.step = run.snoozed_until = run.planned_for = None
    run.save(update_fields=["state", "why", "ended_at", "step", "snoozed_until", "planned_for", "message"])
    names = {"name": run.sequence.name, "why": words}
    text = _("Follow-ups “%(name)s” stopped by hand") if why == Why.STAFF else _(
        "Follow-ups “%(name)s” stopped: %(why)s"
    )  # fmt: skip
    text %= names
    if may_have_left:
        text = _("%(text)s. The last message was unclear: it may have arrived.") % {"text": text}
    LeadEvent.objects.create(lead_id=run.lead_id, kind=LeadEvent.Kind.FOLLOWUP, text=text, actor=actor)
    log.info("run_stopped", run=run.pk, why=str(why))


def reason_to_stop(run: SequenceRun) -> str:
    """Return the Why by which an active run must stop now, or an empty string; one query."""
    return reasons_to_stop([run]).get(run.pk, "")


def reasons_to_stop(runs: Iterable[SequenceRun]) -> dict[int, str]:
    """Return, by key, why active runs must stop now; those that go on are missing. One query."""
    looked_at = with_signs(SequenceRun.objects.active().filter(pk__in=[run.pk for run in runs]))
    return {run.pk: why for run in looked_at if (why := judge(run))}


def lock_runs(runs: QuerySet[SequenceRun]) -> list[SequenceRun]:
    """Return the active ones of these runs as they are now, locked in the order of their keys."""
    locked = runs.filter(state=SequenceRun.State.ACTIVE).select_for_update(no_key=True)
    return list(locked.order_by("pk").prefetch_related("sequence"))


def _stop_all(runs: QuerySet[SequenceRun], why: str, *, actor: User | None, topic: str, detail: str) -> int:
    ending = [run for run in lock_runs(runs) if ends(run.sequence, why, topic=topic)]
    for run in ending:
        stop_run(run, why, actor=actor, detail=detail)
    return len(ending)


def ends(sequence: Sequence, why: str, *, topic: str) -> bool:
    """Whether runs of this sequence end for this reason; what has no box of its own always does."""
    if topic and sequence.basis != topic:
        return False
    return {
        Why.REPLY: sequence.stop_on_reply,
        Why.CALL: sequence.stop_on_call,
        Why.ENROLLED: _ends_by_enrolment(sequence),
        Why.WAITS: _ends_by_enrolment(sequence) and sequence.trigger != Sequence.Trigger.WAITING,
        Why.CLOSED: _ends_by_closing(sequence),
        Why.COHORT: sequence.stop_on_cohort_start,
    }.get(Why(why), True)


def _ends_by_enrolment(sequence: Sequence) -> bool:
    """Not where enrolling is what starts it."""
    starts_it = sequence.trigger in Sequence.LEARNING or sequence.stage_id == PipelineStage.ENROLLED
    return sequence.stop_on_enrolment and not starts_it


def _ends_by_closing(sequence: Sequence) -> bool:
    return sequence.stop_on_closing and sequence.stage_id != PipelineStage.CLOSED


def _let_go_of_message(run: SequenceRun, words: str) -> bool:
    """Cancel the message that waits; return whether it may have left already.

    One that is being sent stays with the run.
    """
    if run.message_id is None:
        return False
    message = Message.objects.only("pk", "state").get(pk=run.message_id)
    was_unclear = message.state == Message.State.UNKNOWN
    if cancel(message, words):
        run.message = None
        return was_unclear
    if not Message.objects.filter(pk=message.pk, state=Message.State.SENDING).exists():
        run.message = None
    return False


def with_signs(runs: QuerySet[SequenceRun]) -> QuerySet[SequenceRun]:
    """Add to each run what happened to its person since it began, for `judge`."""
    since = LeadEvent.objects.filter(
        lead__person=OuterRef("lead__person"), created_at__gt=OuterRef("entered_at")
    )
    said = Consent.objects.filter(person=OuterRef("lead__person")).order_by("-created_at", "-pk")
    in_line = WaitingPlace.objects.open().filter(lead=OuterRef("lead"))
    return runs.select_related("lead__person", "sequence", "enrollment__cohort", "cohort").annotate(
        answered=Exists(since.filter(kind=LeadEvent.Kind.REPLY)),
        spoken_to=Exists(since.filter(kind=LeadEvent.Kind.CALL, outcome__in=LeadEvent.SPOKEN)),
        news=Subquery(said.filter(purpose=Consent.Purpose.NEWS).values("granted")[:1]),
        enquiry=Subquery(said.filter(purpose=Consent.Purpose.ENQUIRY).values("granted")[:1]),
        in_line=Exists(in_line),
        waits=Exists(in_line.filter(cohort=OuterRef("cohort"))),
    )


def judge(run: Any) -> str:
    """Return why a run with its signs must stop, or an empty string; the weightiest reason goes first."""
    lead, sequence = run.lead, run.sequence
    reasons = {
        Why.MERGED: lead.set_aside == Lead.SetAside.MERGED,
        Why.ERASED: lead.set_aside == Lead.SetAside.RESTRICTED or lead.person.restricted_at is not None,
        Why.CONSENT: _consent_missing(run),
        Why.WITHDRAWN: run.enrollment is not None and run.enrollment.state == Enrollment.State.WITHDRAWN,
        Why.MOVED: _left_cohort(run),
        Why.ENROLLED: lead.stage_id == PipelineStage.ENROLLED,
        Why.WAITS: run.in_line,
        Why.CLOSED: lead.stage_id == PipelineStage.CLOSED,
        Why.REPLY: run.answered,
        Why.CALL: run.spoken_to,
        Why.COHORT: _cohort_has_started(run),
    }
    return next((why for why, holds in reasons.items() if holds and ends(sequence, why, topic="")), "")


def _consent_missing(run: Any) -> bool:
    """Whether news isn't allowed, or an answer is wanted no more."""
    if run.sequence.basis == Sequence.Basis.NEWS:
        return run.news is not True
    return run.sequence.basis == Sequence.Basis.ANSWER and run.enquiry is False


def _left_cohort(run: Any) -> bool:
    """Whether the learner has another cohort by now, or waits for this one no more.

    The list of one that has started was closed by that.
    """
    if run.cohort_id is None:
        return False
    if run.sequence.trigger == Sequence.Trigger.WAITING:
        started = _cohort_has_started(run) and run.sequence.stop_on_cohort_start
        return not run.waits and not started
    return run.enrollment is not None and run.enrollment.cohort_id != run.cohort_id


def _cohort_has_started(run: Any) -> bool:
    """From its first day on: what announces the start comes too late then."""
    cohort = run.cohort or (run.enrollment.cohort if run.enrollment else None)
    return cohort is not None and cohort.starts_on <= wall_clock.today()


def _in_a_sentence(words: str) -> str:
    return words[:1].lower() + words[1:]
