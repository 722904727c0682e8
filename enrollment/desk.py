"""What admissions staff do to a lead. Every change leaves a line on its timeline."""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from courses import wall_clock
from enrollment.errors import ChangedMeanwhile, NoClosingReason, UnknownStage
from enrollment.followups.stopping import Why, stop_runs
from enrollment.models import ClosingReason, Lead, LeadEvent, Person, PipelineStage, StageChange

ONE_PRESS = timedelta(seconds=10)
"""The same line by the same person within this time is a button that was pressed twice."""


STOPPED_BY = {PipelineStage.ENROLLED: Why.ENROLLED, PipelineStage.CLOSED: Why.CLOSED}
"""Stages that end follow-ups."""


@transaction.atomic
def add_note(*, lead: Lead, text: str, actor: User) -> LeadEvent:
    """Write a note on the timeline. A second press adds nothing."""
    lead = lock_lead(lead)
    if repeated := just_written(lead, kind=LeadEvent.Kind.NOTE, text=text, actor=actor):
        return repeated
    return LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.NOTE, text=text, actor=actor)


@transaction.atomic
def change_stage(
    *,
    lead: Lead,
    stage: str,
    actor: User | None,
    shown: str | None = None,
    reason: ClosingReason | None = None,
) -> Lead:
    """Move the lead to the stage with this key; leaving New for the first time counts as the answer.

    Going straight back to New takes that answer back.

    Closing needs a reason, opening again forgets it; closing and enrolling stop follow-ups. With
    `shown`, the stage that the actor saw, a change made meanwhile by somebody else raises
    ChangedMeanwhile and nothing is written. Moving to the present stage does nothing. Raises
    UnknownStage or NoClosingReason.
    """
    lead = lock_lead(lead)
    if lead.stage_id == stage:
        return lead
    if shown is not None and shown != lead.stage_id:
        raise changed_meanwhile(lead, kind=LeadEvent.Kind.STAGE, value=lead.stage.name)
    after = PipelineStage.objects.in_bulk(field_name="key").get(stage)
    if after is None:
        raise UnknownStage
    if after.key == PipelineStage.CLOSED and reason is None:
        raise NoClosingReason
    before, left_at, now = lead.stage, lead.stage_since, timezone.now()
    StageChange.objects.create(
        lead=lead, before=before, after=after, actor=actor, stayed=now - lead.stage_since, created_at=now
    )
    lead.stage, lead.stage_since = after, now
    lead.closing_reason = reason if after.key == PipelineStage.CLOSED else None
    if before.key == PipelineStage.NEW and lead.answered_at is None:
        lead.answered_at = now
    elif after.key == PipelineStage.NEW and lead.answered_at == left_at:
        lead.answered_at = None
    lead.save(update_fields=["stage", "stage_since", "closing_reason", "answered_at"])
    text = _("%(before)s to %(after)s") % {"before": before.name, "after": after.name}
    if lead.closing_reason:
        text = f"{text}: {lead.closing_reason}"
    LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.STAGE, text=text, actor=actor)
    if why := STOPPED_BY.get(after.key):
        stop_runs(lead, why, actor=actor)
    return lead


@transaction.atomic
def assign_owner(*, lead: Lead, owner: User | None, actor: User | None, shown: str | None = None) -> Lead:
    """Give the lead to somebody, or to nobody.

    With `shown`, the key of the owner that the actor saw (empty for nobody), a change made
    meanwhile raises ChangedMeanwhile. Giving it to its present owner does nothing.
    """
    lead = lock_lead(lead)
    if lead.owner == owner:
        return lead
    before = str(lead.owner or _("Nobody"))
    if shown is not None and shown != str(lead.owner_id or ""):
        raise changed_meanwhile(lead, kind=LeadEvent.Kind.OWNER, value=before)
    lead.owner = owner
    lead.save(update_fields=["owner"])
    text = _("%(before)s to %(after)s") % {"before": before, "after": owner or _("Nobody")}
    LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.OWNER, text=text, actor=actor)
    return lead


@transaction.atomic
def plan_next_action(
    *, lead: Lead, action: str, at: datetime | None, actor: User | None, shown: str | None = None
) -> Lead:
    """Say what happens next and when; an empty action takes the plan away.

    With `shown`, the plan that the actor saw as `plan_shown` writes it, a change made meanwhile
    raises ChangedMeanwhile. Planning what is planned already does nothing.
    """
    lead = lock_lead(lead)
    at = at if action else None
    if (lead.next_action, lead.next_action_at) == (action, at):
        return lead
    if shown is not None and shown != plan_shown(lead):
        raise changed_meanwhile(
            lead, kind=LeadEvent.Kind.PLAN, value=lead.next_action or _("nothing planned")
        )
    before = lead.next_action
    lead.next_action, lead.next_action_at = action, at
    lead.save(update_fields=["next_action", "next_action_at"])
    if not action:
        text = _("Done: %(action)s") % {"action": before}
    elif at:
        when = date_format(wall_clock.local(at), "D j M, H:i")
        text = _("%(action)s, %(when)s") % {"action": action, "when": when}
    else:
        text = action
    LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.PLAN, text=text, actor=actor)
    return lead


def plan_shown(lead: Lead) -> str:
    """Return the planned action and its time in one line, to tell whether it changed."""
    at = lead.next_action_at.astimezone(UTC).isoformat() if lead.next_action_at else ""
    return f"{at}|{lead.next_action}"


def mark_answered(lead: Lead) -> None:
    """Note that staff got in touch now, if nobody had before; for a locked lead."""
    if lead.answered_at is None:
        lead.answered_at = timezone.now()
        lead.save(update_fields=["answered_at"])


def just_written(lead: Lead, *, kind: str, text: str, actor: User, outcome: str = "") -> LeadEvent | None:
    """Return the same line that the same person wrote a moment ago, for a locked lead; one query."""
    recent = lead.events.filter(created_at__gt=timezone.now() - ONE_PRESS)
    return recent.filter(kind=kind, text=text, outcome=outcome, actor=actor).first()


def lock_lead(lead: Lead) -> Lead:
    """Return the lead as it is now, locked until the transaction ends; two queries.

    Lines may still be added to its timeline meanwhile: the lock leaves the key alone. What it is joined
    with is read after the lock: PostgreSQL would drop a lead whose stage changed while it waited.
    """
    Lead.everything.select_for_update(no_key=True).only("pk").get(pk=lead.pk)
    return Lead.everything.select_related("person", "owner", "stage").get(pk=lead.pk)


def lock_leads_of(lead: Lead) -> Lead:
    """Return the lead as it is now, locked after all leads of its person; three queries."""
    holder = Lead.everything.filter(pk=lead.pk).values("person")
    others = Lead.everything.select_for_update(of=["self"], no_key=True).filter(person__in=holder)
    list(others.order_by("pk").values_list("pk", flat=True))
    return lock_lead(lead)


def lock_person(person: Person) -> Person:
    """Return the person as they are now, locked after all their leads until the transaction ends."""
    list(Lead.everything.select_for_update(of=["self"], no_key=True).filter(person=person).order_by("pk"))
    return Person.objects.select_for_update(no_key=True).get(pk=person.pk)


def changed_meanwhile(lead: Lead, *, kind: LeadEvent.Kind, value: str) -> ChangedMeanwhile:
    """Return, to be raised, that somebody made it `value`: who and when by the last line of this kind."""
    event = lead.events.filter(kind=kind).select_related("actor").first()
    return ChangedMeanwhile(
        what=value,
        by=str(event.actor or _("Somebody")) if event else _("Somebody"),
        at=event.created_at if event else None,
    )
