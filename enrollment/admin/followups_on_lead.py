"""What the lead page tells about follow-ups: what leaves next and when, why it waits, and what is over."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from courses import wall_clock
from enrollment.admin.forms import EditForm, LeadForm, OriginalForm, SnoozeForm, StartForm
from enrollment.admin.forms.followups import RunForm
from enrollment.admin.permissions import may_manage_leads
from enrollment.followups.snoozing import WAITING, shown_of
from enrollment.followups.starting import FirstMessage, first_message, offered
from enrollment.models import Lead, Sequence, SequenceRun, Step
from outbox.models import Channel, Message

SHOWN = 30
"""Runs on the page: all active ones, and the newest of those that are over."""


@dataclass(frozen=True)
class RunCard:
    """An active run as the page shows it."""

    run: SequenceRun
    number: int
    """Which step comes next, from 1; 0 while none is planned."""
    total: int
    wait: str
    """Why its message leaves later than planned, or not by itself; empty where nothing is in the way."""
    snooze: SnoozeForm
    edit: EditForm | None = None
    original: OriginalForm | None = None
    fixed: str = ""
    """Why the text can't be edited here; empty where it can."""

    @property
    def message(self) -> Message | None:
        return self.run.message

    @property
    def body(self) -> str:
        """What the next message says, without what every mail has around it."""
        message = self.run.message
        return str(message.content.get("body", message.text)) if message else ""


@dataclass(frozen=True)
class FollowUps:
    """All there is to show."""

    cards: list[RunCard]
    past: list[SequenceRun]
    offered: list[Sequence] = field(default_factory=list)
    start: StartForm | None = None
    first: FirstMessage | None = None
    """What a sequence that was asked for would send first."""
    lost: LeadForm | None = None
    """A form whose run has ended meanwhile, for what was typed in it."""


def follow_ups(lead: Lead, *, staff: User | None, bound: LeadForm | None, asked: str = "") -> FollowUps:
    """Return what the page shows; two queries for whoever reads, two more for whoever works leads.

    `asked` is the key of the sequence whose first message is to be looked at. Without `staff` nothing can
    be done.
    """
    runs = SequenceRun.objects.filter(lead=lead).select_related("sequence", "message", "edited_by")
    newest = list(runs.order_by(F("ended_at").desc(nulls_first=True), "-pk")[:SHOWN])
    active = [run for run in newest if run.state == SequenceRun.State.ACTIVE]
    ended = [run for run in newest if run.state != SequenceRun.State.ACTIVE]
    steps = _steps_of(active)
    cards = [_card(run, lead, steps[run.sequence_id], staff=staff, bound=bound) for run in active]
    if staff is None:
        return FollowUps(cards, ended)
    choices = offered(lead)
    wanted = next((sequence for sequence in choices if str(sequence.pk) == asked), None)
    return FollowUps(
        cards,
        ended,
        offered=choices,
        start=StartForm(lead=lead) if wanted else None,
        first=first_message(wanted, lead) if wanted else None,
        lost=bound if isinstance(bound, EditForm) and not _has_place(bound, cards) else None,
    )


def _steps_of(runs: Iterable[SequenceRun]) -> dict[int, list[int]]:
    """Return the keys of the steps of each sequence in order; one query."""
    steps: dict[int, list[int]] = defaultdict(list)
    rows = Step.objects.filter(sequence__in={run.sequence_id for run in runs}).order_by("sort_order", "pk")
    for sequence, step in rows.values_list("sequence", "pk"):
        steps[sequence].append(step)
    return steps


def _card(
    run: SequenceRun, lead: Lead, steps: list[int], *, staff: User | None, bound: LeadForm | None
) -> RunCard:
    run.lead = lead
    message = run.message
    number = steps.index(run.step_id) + 1 if run.step_id in steps else 0
    fixed = _fixed(run, staff=staff)
    edit = original = None
    if message and not fixed:
        edit = EditForm.of(run, message, shown=shown_of(message))
        original = OriginalForm(lead=lead, run=run)
        original.initial["shown"] = shown_of(message)
    return RunCard(
        run=run,
        number=number,
        total=len(steps),
        wait=_wait(run),
        snooze=_bound_or(SnoozeForm(lead=lead, run=run), bound),
        edit=_bound_or(edit, bound) if edit else None,
        original=original if run.edited_by_id else None,
        fixed=fixed,
    )


def _bound_or[Form: RunForm](form: Form, bound: LeadForm | None) -> Form:
    """Return the form as it was posted where it is the one that was refused."""
    if isinstance(bound, type(form)) and str(bound.data.get("run")) == str(form.initial["run"]):
        return bound
    return form


def _has_place(bound: RunForm, cards: Iterable[RunCard]) -> bool:
    return any(card.edit is bound for card in cards)


def _fixed(run: SequenceRun, *, staff: User | None) -> str:
    """Return why this person can't edit the next message."""
    message = run.message
    if message is None or staff is None:
        return _("The next message isn't written yet.") if staff else ""
    if message.state not in WAITING:
        return _("It is leaving or has left.")
    if message.channel == Channel.WHATSAPP:
        return _("WhatsApp carries approved texts only, word for word, so a single one can't be edited.")
    if message.channel == Channel.SMS:
        return _("An SMS leaves word for word as it is registered, so a single one can't be edited.")
    if run.lead.owner_id != staff.pk and not may_manage_leads(staff):
        return _("The lead's owner can edit the text before it leaves.")
    return ""


def _wait(run: SequenceRun) -> str:
    message = run.message
    if not run.sequence.is_on:
        return _("These follow-ups are switched off: nothing leaves until they are on again.")
    if run.is_snoozed:
        return _("Snoozed until %(day)s.") % {"day": _day(run.snoozed_until)}
    if message is None:
        return _("The next message is being planned.")
    if message.state == Message.State.SENDING:
        return _("It is leaving right now.")
    if message.state == Message.State.UNKNOWN:
        return _("It isn't clear whether it left. Somebody has to decide before anything else leaves.")
    return message.last_error


def _day(moment: datetime | None) -> str:
    return date_format(wall_clock.local(moment), "D j M") if moment else ""
