"""Letting one lead into a sequence by hand."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.desk import lock_lead
from enrollment.errors import InSequenceAlready
from enrollment.followups.candidates import Entry
from enrollment.followups.entering import enter
from enrollment.models import Enrollment, Lead, LeadEvent, PipelineStage, Sequence, SequenceRun

Trigger = Sequence.Trigger


def offered(lead: Lead) -> list[Sequence]:
    """Return the running sequences that fit the lead and that it isn't in; two queries.

    What is about a place in a course fits learners only, the rest nobody who is enrolled or closed, unless
    the sequence is for that very stage. A waiting list and a group that starts aren't offered: what they
    write about is known only to who entered by it.
    """
    inside = SequenceRun.objects.active().filter(lead=lead).values("sequence")
    sequences = Sequence.objects.running().exclude(pk__in=inside)
    sequences = sequences.exclude(trigger__in=[Trigger.WAITING, Trigger.COHORT]).filter(
        Q(interest="") | Q(interest=lead.interest),
        Q(course=None) | Q(course=lead.course_id),
        Q(stage=None) | Q(stage=lead.stage_id),
    )
    learns = Enrollment.objects.open().filter(lead=lead).exists()
    return [sequence for sequence in sequences if _suits(sequence, lead, learns=learns)]


@transaction.atomic
def start_by_hand(sequence: Sequence, *, lead: Lead, key: UUID, actor: User) -> SequenceRun:
    """Let a lead into a sequence now; the same key again starts nothing more.

    Raises InSequenceAlready where the lead can't enter.
    """
    entry_key = f"{sequence.pk}:hand:{key}"
    lead = lock_lead(lead)
    if known := SequenceRun.objects.filter(entry_key=entry_key, lead=lead).first():
        return known
    run = enter(
        sequence, Entry(lead=lead, entry_key=entry_key, at=timezone.now(), enrollment=_place(sequence, lead))
    )
    if run is None:
        raise InSequenceAlready
    text = _("Follow-ups “%(name)s” started by hand") % {"name": sequence.name}
    LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.FOLLOWUP, text=text, actor=actor)
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
