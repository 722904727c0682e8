"""What needs one person now: leads that are late or will be, planned actions, and what waits for an owner."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.access import SignedInRequest
from enrollment.admin.filters import (
    MINE,
    NOBODY,
    SOMEBODY,
    UNASSIGNED_AFTER,
    end_of_today,
    wrote_again,
)
from enrollment.admin.now import clock_for, roster_for
from enrollment.admin.permissions import may_manage_leads
from enrollment.admin.words import age, is_past
from enrollment.assignment import given_by_hand, why_waiting
from enrollment.models import Lead, WaitingPlace
from enrollment.models.leads import LeadQuerySet

ROWS = 5


@dataclass(frozen=True)
class Row:
    """One lead, what it is about here, and what makes it wait."""

    lead: Lead
    about: str
    note: str
    overdue: bool = False


@dataclass(frozen=True)
class Waiting:
    """Leads that wait for one reason: the first rows, and where to see all when there are more."""

    name: str
    heading: str
    rows: list[Row]
    more_url: str


def waiting_for(request: SignedInRequest) -> list[Waiting]:
    """Return what needs the user now, without empty groups.

    Who manages leads sees what is late of everybody. Every query reads the first rows of an index that
    holds only such leads, so the number of leads doesn't matter; eleven queries, and eight more to say
    why leads wait for an owner.
    """
    user, clock = request.user, clock_for(request)
    leads = Lead.objects.open().select_related("person", "course", "owner", "stage")
    managed = may_manage_leads(user)
    promised = leads.filter(answered_at=None).order_by("answer_due_at", "pk")
    promised = promised.filter(owner__isnull=False) if managed else promised.filter(owner=user)
    whose = SOMEBODY if managed else MINE
    groups = [
        _group("late", _("Promised answer is late"), promised.filter(answer_due_at__lt=clock.now),
               lambda lead: _late_row(lead, managed=managed), owner=whose, late="true"),
        _group("soon", _("Will be late soon"), promised.filter(clock.due_soon()),
               lambda lead: _soon_row(lead, managed=managed), owner=whose, late="soon"),
        _group("due", _("My next actions due today"),
               leads.filter(owner=user, next_action_at__lte=end_of_today()).order_by("next_action_at", "pk"),
               _due_row, owner=MINE, due="true"),
        _wrote_again(leads.filter(owner=user)),
        _offers(request),
        _group("stuck", _("My leads that are stuck"),
               leads.filter(clock.stuck(), owner=user).order_by("stage_since", "pk"),
               _stuck_row, owner=MINE, stuck="true"),
        _unassigned(request, leads),
    ]  # fmt: skip
    return [group for group in groups if group.rows]


def _group(
    name: str, heading: str, leads: Iterable[Lead], row: Callable[[Lead], Row], **filters: str
) -> Waiting:
    found = list(leads[: ROWS + 1] if isinstance(leads, QuerySet) else leads)
    more_url = f"{reverse('leads:list')}?{urlencode(filters)}" if len(found) > ROWS else ""
    return Waiting(name, heading, [row(lead) for lead in found[:ROWS]], more_url)


def _wrote_again(mine: LeadQuerySet) -> Waiting:
    """Return my leads whose person wrote again and to whom nobody has turned since."""
    events = wrote_again().filter(lead__in=mine.order_by().values("pk")).order_by("-created_at")
    wrote = dict(reversed(events.values_list("lead", "created_at")[: 2 * ROWS]))
    leads = sorted(mine.filter(pk__in=wrote), key=lambda lead: wrote[lead.pk]) if wrote else []
    return _group("again", _("Wrote again"), leads[: ROWS + 1], lambda lead: Row(
        lead, about(lead), _("wrote %(age)s ago") % {"age": age(wrote[lead.pk])}
    ), owner=MINE, again="true")  # fmt: skip


def _offers(request: SignedInRequest) -> Waiting:
    """Return the seats offered to people on a waiting list that lapse today: mine, or of everybody."""
    places = WaitingPlace.objects.filter(
        state=WaitingPlace.State.OFFERED, offer_until__lte=end_of_today(), lead__set_aside=""
    )
    if not may_manage_leads(request.user):
        places = places.filter(lead__owner=request.user)
    found = places.select_related("lead__person", "lead__course", "lead__stage", "cohort__course").order_by(
        "offer_until", "pk"
    )[: ROWS + 1]
    rows = [Row(place.lead, str(place.cohort), _("answer until %(when)s") % {
        "when": date_format(timezone.localtime(place.offer_until), "H:i")
    }) for place in found[:ROWS]]  # fmt: skip
    more_url = reverse("desk:waiting-lists") if len(found) > ROWS else ""
    return Waiting("offers", _("Offered seats that lapse today"), rows, more_url)


def _unassigned(request: HttpRequest, leads: LeadQuerySet) -> Waiting:
    """Return leads that nobody owned for an hour, each with what it waits for."""
    nobodys = leads.filter(owner=None, created_at__lt=timezone.now() - UNASSIGNED_AFTER)
    found = list(nobodys.annotate(by_hand=given_by_hand()).order_by("created_at", "pk")[: ROWS + 1])
    return _group("unassigned", _("Without an owner for more than an hour"), found, lambda lead: Row(
        lead, about(lead), why_waiting(lead, roster_for(request), by_hand=lead.by_hand)  # type: ignore[attr-defined]
    ), owner=NOBODY, open="true", age="older-hour")  # fmt: skip


def about(lead: Lead) -> str:
    """Return what a lead is about in a few words; its course must be loaded."""
    return lead.course.title if lead.course else str(lead.get_interest_display())


def _late_row(lead: Lead, *, managed: bool) -> Row:
    late = _("%(age)s late") % {"age": age(lead.answer_due_at)}
    return Row(lead, about(lead), f"{lead.owner}, {late}" if managed else late)


def _soon_row(lead: Lead, *, managed: bool) -> Row:
    due = date_format(timezone.localtime(lead.answer_due_at), "D H:i")
    words = _("answer by %(when)s") % {"when": due}
    return Row(lead, about(lead), f"{lead.owner}, {words}" if managed else words)


def _due_row(lead: Lead) -> Row:
    when = date_format(timezone.localtime(lead.next_action_at), "j M, H:i")
    return Row(lead, lead.next_action, when, overdue=is_past(lead.next_action_at))


def _stuck_row(lead: Lead) -> Row:
    words = _("%(stage)s for %(age)s") % {"stage": lead.stage.name, "age": age(lead.stage_since)}
    return Row(lead, about(lead), words)
