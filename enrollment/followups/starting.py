"""Letting one lead into a sequence by hand, and what it would be sent first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.desk import lock_lead
from enrollment.errors import InSequenceAlready
from enrollment.followups.candidates import Entry
from enrollment.followups.checking import refusals
from enrollment.followups.entering import enter
from enrollment.followups.facts import facts_of
from enrollment.followups.hours import keeps_working_days
from enrollment.followups.stopping import ends
from enrollment.followups.texts import filled, unsaved_version
from enrollment.followups.timing import due
from enrollment.models import (
    Enrollment,
    Lead,
    PipelineStage,
    Sequence,
    SequenceRun,
    Step,
    WaitingPlace,
)

Trigger, Why = Sequence.Trigger, SequenceRun.Why


def offered(lead: Lead) -> list[Sequence]:
    """Return the running sequences that fit the lead and that it isn't in; one query, or three.

    What is about a place in a course fits learners only, the rest nobody who is enrolled or closed, unless
    the sequence is for that very stage; what ends by enrolling fits nobody who waits for a seat. A waiting
    list and a group that starts aren't offered: what they write about is known only to who entered by it.
    """
    inside = SequenceRun.objects.active().filter(lead=lead).values("sequence")
    sequences = Sequence.objects.running().exclude(pk__in=inside)
    fitting = list(
        sequences.exclude(trigger__in=[Trigger.WAITING, Trigger.COHORT]).filter(
            Q(interest="") | Q(interest=lead.interest),
            Q(course=None) | Q(course=lead.course_id),
            Q(stage=None) | Q(stage=lead.stage_id),
        )
    )
    if not fitting:
        return []
    learns = Enrollment.objects.open().filter(lead=lead).exists()
    waits = WaitingPlace.objects.open().filter(lead=lead).exists()
    suiting = (sequence for sequence in fitting if _suits(sequence, lead, learns=learns))
    return [sequence for sequence in suiting if not (waits and ends(sequence, Why.WAITS, topic=""))]


@dataclass(frozen=True)
class FirstMessage:
    """What a sequence would send first, and what stands in the way."""

    sequence: Sequence
    step: Step | None
    to: str
    planned_for: datetime
    due_at: datetime
    """The first moment after `planned_for` at which it may leave."""
    subject: str
    body: str
    obstacles: list[str]
    """Why it wouldn't be sent, in plain words."""

    @property
    def may_start(self) -> bool:
        """Whether anything would leave; what only makes it wait is no obstacle."""
        return self.step is not None and not self.obstacles


def first_message(sequence: Sequence, lead: Lead) -> FirstMessage:
    """Return what the lead would be sent first, without planning anything."""
    now = timezone.now()
    run = SequenceRun(lead=lead, sequence=sequence, enrollment=_place(sequence, lead), entered_at=now)
    facts = facts_of(run)
    steps = list(Step.objects.filter(sequence=sequence).select_related("text").order_by("sort_order", "pk"))
    step = next((step for step in steps if facts.address(step.channel)), None)
    if step is None:
        return FirstMessage(sequence, None, "", now, now, "", "", [_("There is no address to write to.")])
    version, due_at = unsaved_version(step.text), due(step, now, calendar=facts.institute.calendar)
    written = filled(version, step.channel, facts)
    found = refusals(
        lead=lead,
        channel=step.channel,
        basis=sequence.basis,
        at=due_at,
        version=version,
        written=written,
        facts=facts,
        on_working_days=keeps_working_days(step),
    )
    return FirstMessage(
        sequence,
        step,
        facts.address(step.channel),
        due_at,
        max([due_at, *(refusal.until for refusal in found if refusal.until)]),
        written.subject,
        written.body,
        obstacles=[refusal.text for refusal in found if refusal.until is None],
    )


@transaction.atomic
def start_by_hand(sequence: Sequence, *, lead: Lead, key: UUID, actor: User) -> SequenceRun:
    """Let a lead into a sequence now; the same key again starts nothing more.

    Raises InSequenceAlready where the lead can't enter.
    """
    entry_key = f"{sequence.pk}:hand:{key}"
    lead = lock_lead(lead)
    if known := SequenceRun.objects.filter(entry_key=entry_key, lead=lead).first():
        return known
    entry = Entry(lead=lead, entry_key=entry_key, at=timezone.now(), enrollment=_place(sequence, lead))
    run = enter(sequence, entry, actor=actor)
    if run is None:
        raise InSequenceAlready
    return run


def _suits(sequence: Sequence, lead: Lead, *, learns: bool) -> bool:
    if sequence.trigger in Sequence.LEARNING:
        return learns
    return sequence.stage_id is not None or lead.stage_id not in PipelineStage.ENDED


def _place(sequence: Sequence, lead: Lead) -> Enrollment | None:
    """Return the enrolment that a sequence for learners is about: the newest open one."""
    if sequence.trigger not in Sequence.LEARNING:
        return None
    return (
        Enrollment.objects.open()
        .filter(lead=lead)
        .select_related("course", "cohort", "learner")
        .order_by("-pk")
        .first()
    )
