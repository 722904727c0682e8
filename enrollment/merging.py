"""Making two leads one, and taking that back for thirty days. Only a person decides it, never the product.

Locks are taken as everywhere at the desk: leads in the order of their keys, then their people, then cohorts,
then runs of follow-ups.

Follow-ups go on with the kept lead, each sequence once, and to the addresses that stay. What ends them where
the kept lead stands ends those of the other one too.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Model, Q
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.errors import BothHoldASeat, LeadsChanged, NotWorkedAnyMore, TwoAccounts
from enrollment.finding import refresh_search
from enrollment.followups.addressing import readdress
from enrollment.merge_choices import (
    OTHER,
    Choice,
    choices_for,
    fingerprint_of,
    joined_values,
    likely,
)
from enrollment.merge_rows import (
    LEAD_ROWS,
    PERSON_ROWS,
    add_tags,
    move,
    move_account,
    move_person,
    move_points,
    repoint,
    settle_runs,
    settle_suggestions,
    settle_waiting,
    stop_what_ended,
    write,
)
from enrollment.models import (
    Lead,
    LeadEvent,
    Merge,
    Person,
    WaitingPlace,
)
from enrollment.seats import lock_cohorts

EMPTY_PERSON = {"name": "", "under_18": False, "guardian_name": "", "guardian_contact": ""}
"""What is left of an absorbed person: a row to come back to."""
UNDO_FOR = timedelta(days=30)

log = structlog.get_logger(__name__)


@transaction.atomic
def merge(
    *,
    kept: Lead,
    other: Lead,
    actor: User,
    chosen: Mapping[str, str] | None = None,
    points: Collection[int] | None = None,
    shown: str | None = None,
) -> Merge:
    """Make `other` part of `kept`, and its person part of the kept lead's person.

    `chosen` says by name of a choice whose value stays, otherwise the likely one; `points` are the
    contact points that stay in use, otherwise all. With `shown`, the fingerprint that the actor saw,
    a change made meanwhile raises LeadsChanged. Raises NotWorkedAnyMore, TwoAccounts, BothHoldASeat or
    NothingToReachBy and then changes nothing.
    """
    kept, other = _lock_pair(kept, other)
    if shown is not None and shown != fingerprint_of(kept, other):
        raise LeadsChanged
    person, absorbed = kept.person, other.person
    text = _changes_in_words(kept, other, chosen or {})
    settle_runs(kept, other)
    record: dict[str, Any] = {
        "fields": _set_fields(kept, other, chosen or {}),
        "person_fields": {},
        "places": settle_waiting(kept, other),
        "moved": {row._meta.label: move(row, other, kept) for row in LEAD_ROWS},
        "tags": add_tags(kept, other),
        "merged": repoint(other, to=kept),
        "people": None,
    }
    if person.pk != absorbed.pk:
        record["people"] = {"kept": person.pk, "absorbed": absorbed.pk}
        record["person_fields"] = _set_person_fields(kept, other, chosen or {})
        record["absorbed_fields"] = write(absorbed, EMPTY_PERSON)
        record["account"] = move_account(absorbed, to=person)
        record["points"] = move_points(absorbed, to=person, staying=points)
        record["suggestions"] = settle_suggestions(absorbed, person)
        record["moved_people"] = {row._meta.label: move_person(row, absorbed, person) for row in PERSON_ROWS}
    Lead.everything.filter(pk=other.pk).update(set_aside=Lead.SetAside.MERGED, merged_into=kept)
    Person.objects.filter(pk__in={person.pk, absorbed.pk}).update(compared_at=None)
    done = Merge.objects.create(kept=kept, absorbed=other, actor=actor, record=record)
    LeadEvent.objects.create(lead=kept, kind=LeadEvent.Kind.MERGE, text=text, actor=actor)
    stop_what_ended(kept)
    readdress([person])
    refresh_search([person.pk, absorbed.pk])
    log.info("leads_merged", kept=kept.pk, absorbed=other.pk)
    return done


def refusal(kept: Lead, other: Lead) -> str:
    """Return why the two can't be merged, in words for a person, or an empty string."""
    try:
        _check(kept, other)
    except (NotWorkedAnyMore, TwoAccounts, BothHoldASeat) as error:
        return str(error)
    return ""


def count_followers(other: Lead, *, to: Lead) -> list[tuple[str, int]]:
    """Return what a merge would move, as names with counts above nothing; a query for each table."""
    counts = [(name, row._base_manager.filter(lead=other).count()) for row, name in LEAD_ROWS.items()]
    if other.person_id != to.person_id:
        counts += [(name, _followers(row, other).count()) for row, name in PERSON_ROWS.items()]
    return [(str(name), count) for name, count in counts if count]


def _followers(row: type[Model], other: Lead) -> Any:
    rows = row._base_manager.filter(person=other.person_id)
    return rows.filter(set_aside="").exclude(pk=other.pk) if row is Lead else rows


def kept_key(lead_key: int) -> int | None:
    """Return the key of the lead that this one was merged into, or None; one query."""
    return (
        Lead.everything.filter(pk=lead_key, set_aside=Lead.SetAside.MERGED)
        .values_list("merged_into", flat=True)
        .first()
    )


def lock_leads(keys: Iterable[int]) -> dict[int, Lead]:
    """Lock leads with all leads of their people, then the people; return the leads asked for, by key."""
    keys = list(keys)
    holders = list(Lead.everything.filter(pk__in=keys).values_list("person", flat=True))
    locked = Lead.everything.select_for_update(of=["self"], no_key=True)
    list(locked.filter(Q(pk__in=keys) | Q(person__in=holders)).order_by("pk"))
    rows = Lead.everything.filter(pk__in=keys).select_related(
        "owner", "stage", "closing_reason", "course", "capture_source"
    )
    leads = {lead.pk: lead for lead in rows}
    people = {lead.person_id for lead in leads.values()}
    persons = Person.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk")
    by_key = {person.pk: person for person in persons}
    for lead in leads.values():
        lead.person = by_key[lead.person_id]
    return leads


def _lock_pair(kept: Lead, other: Lead) -> tuple[Lead, Lead]:
    """Lock both leads, and the lists that they stand in: a seat offered meanwhile must be seen."""
    leads = lock_leads([kept.pk, other.pk])
    pair = leads[kept.pk], leads[other.pk]
    lock_cohorts(WaitingPlace.objects.open().filter(lead__in=pair).values_list("cohort", flat=True))
    _check(*pair)
    return pair


def _check(kept: Lead, other: Lead) -> None:
    """Raise what stands in the way."""
    if kept.set_aside or other.set_aside or kept.pk == other.pk:
        raise NotWorkedAnyMore
    one, two = kept.person.user_id, other.person.user_id
    if one and two and one != two:
        raise TwoAccounts
    offered = WaitingPlace.objects.filter(lead__in=[kept, other], state=WaitingPlace.State.OFFERED)
    cohorts = list(offered.values_list("cohort", flat=True))
    if len(cohorts) != len(set(cohorts)):
        raise BothHoldASeat


def _whose(choice: Choice, kept: Lead, other: Lead, chosen: Mapping[str, str]) -> Lead:
    which = chosen.get(choice.name) or likely(choice, kept, other)
    return other if which == OTHER else kept


def _changes_in_words(kept: Lead, other: Lead, chosen: Mapping[str, str]) -> str:
    lines = [
        _("%(reference)s (%(name)s) was merged into this lead.")
        % {"reference": other.reference, "name": other.person.name}
    ]
    for choice in choices_for(kept, other):
        before, after = choice.words(kept), choice.words(_whose(choice, kept, other, chosen))
        left = choice.words(other) if before == after else before
        if left != after:
            lines.append(
                _("%(label)s: %(after)s, not %(left)s")
                % {"label": choice.label, "after": after or _("empty"), "left": left or _("empty")}
            )
    return "\n".join(lines)


def _set_fields(kept: Lead, other: Lead, chosen: Mapping[str, str]) -> dict[str, list[Any]]:
    values = joined_values(kept, other)
    for choice in choices_for(kept, other):
        whose = _whose(choice, kept, other, chosen)
        values |= {name: getattr(whose, name) for name in choice.fields}
    return write(kept, values)


def _set_person_fields(kept: Lead, other: Lead, chosen: Mapping[str, str]) -> dict[str, list[Any]]:
    values: dict[str, Any] = {}
    for choice in choices_for(kept, other):
        whose = _whose(choice, kept, other, chosen).person
        values |= {name: getattr(whose, name) for name in choice.person_fields}
    return write(kept.person, values)
