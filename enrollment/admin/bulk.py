"""What can be done to many leads at once: each lead wholly or not at all, and what failed is told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from enrollment.admin.forms.bulk import AssignForm, BulkForm, EnrolManyForm, ExportForm, MoveForm, TagForm
from enrollment.admin.permissions import may_manage_leads
from enrollment.desk import assign_owner, change_stage
from enrollment.enrolling import Placement, place_lead
from enrollment.errors import ChangedMeanwhile, EnrollmentError
from enrollment.models import ClosingReason, Lead, LeadTag, PipelineStage
from enrollment.tagging import add_tags, remove_tag

Before = Any
"""What undoing needs to know of one lead, as JSON holds it."""


class NotForBulk(EnrollmentError):
    """This lead is left out, and the words say why."""


@dataclass(frozen=True)
class BulkAction:
    """One button under the list. `limit` is the most leads of one press; None for no limit."""

    name: str
    label: Any
    icon: str
    form: type[BulkForm]
    limit: int | None = 1000
    managers_only: bool = False
    apply: Callable[[Lead, dict[str, Any], User], Before] | None = None
    """Changes one lead and returns what was before, None when nothing changed; raises EnrollmentError."""
    undo: Callable[[Lead, Before, User], None] | None = None

    def is_for(self, user: User) -> bool:
        return may_manage_leads(user) or not self.managers_only


@dataclass
class Outcome:
    """What became of the leads of one press."""

    changed: list[tuple[int, Before]] = field(default_factory=list)
    unchanged: int = 0
    refused: list[tuple[Lead, str]] = field(default_factory=list)


def assign(lead: Lead, data: dict[str, Any], actor: User) -> Before:
    """Give the lead to the chosen owner; who doesn't manage leads takes what nobody has."""
    manages = may_manage_leads(actor)
    owner = data["owner"] if manages else actor
    if owner == lead.owner:
        return None
    if lead.owner and not manages:
        raise NotForBulk(
            _("%(owner)s has this lead. Ask your admissions lead to give it to you.") % {"owner": lead.owner}
        )
    before = str(lead.owner_id or "")
    assign_owner(lead=lead, owner=owner, actor=actor, shown=before)
    return [before, str(owner.pk) if owner else ""]


def unassign(lead: Lead, before: Before, actor: User) -> None:
    """Give the lead back to who had it."""
    had, got = before
    owner = User.objects.filter(pk=had).first() if had else None
    assign_owner(lead=lead, owner=owner, actor=actor, shown=got)


def move(lead: Lead, data: dict[str, Any], actor: User) -> Before:
    """Move the lead to the stage; who is enrolled stays so."""
    if lead.stage_id == data["stage"]:
        return None
    if lead.stage_id == PipelineStage.ENROLLED:
        raise NotForBulk(_("This person is enrolled. Move them on their own page."))
    before = [lead.stage_id, data["stage"], lead.closing_reason_id]
    change_stage(lead=lead, stage=data["stage"], actor=actor, shown=lead.stage_id, reason=data.get("reason"))
    return before


def move_back(lead: Lead, before: Before, actor: User) -> None:
    """Move the lead to where it stood."""
    had, got, reason = before
    closed_for = ClosingReason.objects.filter(pk=reason).first() if reason else None
    change_stage(lead=lead, stage=had, actor=actor, shown=got, reason=closed_for)


@transaction.atomic
def tag(lead: Lead, data: dict[str, Any], actor: User) -> Before:
    """Stick tags on the lead and take one off."""
    taken = bool(data["remove"]) and remove_tag(lead=lead, tag=data["remove"], actor=actor)
    new = add_tags(lead=lead, names=data["add"], actor=actor) if data["add"] else []
    if not new and not taken:
        return None
    return [[each.pk for each in new], data["remove"].name if taken else ""]


@transaction.atomic
def untag(lead: Lead, before: Before, actor: User) -> None:
    """Take the new tags off and stick the old one on again."""
    new, taken = before
    for each in LeadTag.objects.filter(pk__in=new):
        remove_tag(lead=lead, tag=each, actor=actor)
    if taken:
        add_tags(lead=lead, names=[taken], actor=actor)


def enrol(lead: Lead, data: dict[str, Any], actor: User) -> Before:
    """Enrol the lead's person and write to them."""
    placement = place_lead(lead=lead, course=data["course"], cohort=data["cohort"], actor=actor)
    return None if placement.outcome == Placement.Outcome.SAME else placement.outcome.value


ACTIONS = {
    action.name: action
    for action in (
        BulkAction("assign", gettext_lazy("Assign"), "user", AssignForm, apply=assign, undo=unassign),
        BulkAction("stage", gettext_lazy("Move"), "arrow-right", MoveForm, apply=move, undo=move_back),
        BulkAction("tag", gettext_lazy("Tag"), "tag", TagForm, apply=tag, undo=untag),
        BulkAction("enrol", gettext_lazy("Enrol"), "group", EnrolManyForm, limit=100, apply=enrol),
        BulkAction("export", gettext_lazy("Export"), "download", ExportForm, limit=None, managers_only=True),
    )
}


def offered_actions(user: User) -> list[BulkAction]:
    """Return the actions that the user has under the list."""
    return [action for action in ACTIONS.values() if action.is_for(user)]


def apply_to(leads: Iterable[Lead], *, action: BulkAction, data: dict[str, Any], actor: User) -> Outcome:
    """Change every lead in a transaction of its own; a lead that refuses leaves the others alone."""
    outcome = Outcome()
    for lead in leads:
        try:
            before = action.apply(lead, data, actor) if action.apply else None
        except EnrollmentError as error:
            outcome.refused.append((lead, reason_of(error)))
            continue
        if before is None:
            outcome.unchanged += 1
        else:
            outcome.changed.append((lead.pk, before))
    return outcome


def reason_of(error: EnrollmentError) -> str:
    """Return why a lead was left out, in words."""
    if isinstance(error, ChangedMeanwhile):
        return _("%(by)s changed this lead meanwhile, to “%(what)s”.") % {"by": error.by, "what": error.what}
    return str(error)


UNDO_SALT = "enrollment.bulk"
UNDO_SECONDS = 24 * 60 * 60


def undo_token(outcome: Outcome, *, action: BulkAction, actor: User) -> str:
    """Return what takes the changes back, signed; empty where nothing changed or nothing takes it back."""
    if action.undo is None or not outcome.changed:
        return ""
    rows = [[key, before] for key, before in outcome.changed]
    return signing.dumps([action.name, actor.pk, rows], salt=UNDO_SALT, compress=True)


class NothingToUndo(Exception):
    """The token is too old, somebody else's, or nobody's."""


def undo(token: str, *, actor: User) -> Outcome:
    """Take back what the same person did; leads that changed since are left alone. Raises NothingToUndo."""
    try:
        name, by, rows = signing.loads(token, salt=UNDO_SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        raise NothingToUndo from None
    action = ACTIONS[name]
    if by != actor.pk or action.undo is None:
        raise NothingToUndo
    before = dict(rows)
    outcome = Outcome()
    for lead in Lead.objects.filter(pk__in=before).select_related("person", "owner", "stage"):
        try:
            action.undo(lead, before[lead.pk], actor)
            outcome.changed.append((lead.pk, None))
        except EnrollmentError as error:
            outcome.refused.append((lead, reason_of(error)))
    return outcome
