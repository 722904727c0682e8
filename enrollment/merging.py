"""Making two leads one, and taking that back for thirty days. Only a person decides it, never the product.

Locks are taken as everywhere at the desk: leads in the order of their keys, then their people, then cohorts.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Model, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from enrollment.errors import BothHoldASeat, LeadsChanged, NothingToReachBy, NotWorkedAnyMore, TwoAccounts
from enrollment.finding import refresh_search
from enrollment.merge_choices import (
    OTHER,
    Choice,
    choices_for,
    fingerprint_of,
    joined_values,
    likely,
    points_of,
)
from enrollment.models import (
    Consent,
    ContactPoint,
    DataAccess,
    DuplicateSuggestion,
    Enrollment,
    Lead,
    LeadEvent,
    LeadFile,
    Merge,
    Person,
    StageChange,
    Submission,
    WaitingPlace,
)
from enrollment.seats import lock_cohorts

LEAD_ROWS: dict[type[Model], str | Promise] = {
    LeadEvent: gettext_lazy("Lines of the timeline"),
    LeadFile: gettext_lazy("Files"),
    StageChange: gettext_lazy("Moves between stages"),
    Submission: gettext_lazy("Form posts"),
    Enrollment: gettext_lazy("Enrolments"),
    WaitingPlace: gettext_lazy("Places on waiting lists"),
}
"""What follows a lead into another one, by its field `lead`."""
PERSON_ROWS: dict[type[Model], str | Promise] = {
    Consent: gettext_lazy("Consents"),
    DataAccess: gettext_lazy("Notes on who took the data out"),
    Lead: gettext_lazy("Other leads of the person"),
}
"""What follows a person into another one, by its field `person`; contact points follow as chosen."""
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
    record: dict[str, Any] = {
        "fields": _set_fields(kept, other, chosen or {}),
        "person_fields": {},
        "places": _settle_waiting(kept, other),
        "moved": {row._meta.label: _move(row, other, kept) for row in LEAD_ROWS},
        "tags": _add_tags(kept, other),
        "merged": _repoint(other, to=kept),
        "people": None,
    }
    if person.pk != absorbed.pk:
        record["people"] = {"kept": person.pk, "absorbed": absorbed.pk}
        record["person_fields"] = _set_person_fields(kept, other, chosen or {})
        record["absorbed_fields"] = _write(absorbed, EMPTY_PERSON)
        record["account"] = _move_account(absorbed, to=person)
        record["points"] = _move_points(absorbed, to=person, staying=points)
        record["suggestions"] = _settle_suggestions(absorbed, person)
        record["moved_people"] = {row._meta.label: _move_person(row, absorbed, person) for row in PERSON_ROWS}
    Lead.everything.filter(pk=other.pk).update(set_aside=Lead.SetAside.MERGED, merged_into=kept)
    Person.objects.filter(pk__in={person.pk, absorbed.pk}).update(compared_at=None)
    done = Merge.objects.create(kept=kept, absorbed=other, actor=actor, record=record)
    LeadEvent.objects.create(lead=kept, kind=LeadEvent.Kind.MERGE, text=text, actor=actor)
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


def plain(value: Any) -> Any:
    """Return a value as the record keeps it."""
    return value.isoformat() if isinstance(value, datetime) else value


def row_as_record(row: Model) -> dict[str, Any]:
    """Return a whole row as the record keeps it, so that it can be written anew."""
    return {field.attname: plain(getattr(row, field.attname)) for field in row._meta.concrete_fields}


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
    return _write(kept, values)


def _set_person_fields(kept: Lead, other: Lead, chosen: Mapping[str, str]) -> dict[str, list[Any]]:
    values: dict[str, Any] = {}
    for choice in choices_for(kept, other):
        whose = _whose(choice, kept, other, chosen).person
        values |= {name: getattr(whose, name) for name in choice.person_fields}
    return _write(kept.person, values)


def _write(row: Model, values: dict[str, Any]) -> dict[str, list[Any]]:
    """Set what differs and return each changed field with its value before and after."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    record = {name: [plain(getattr(row, name)), plain(value)] for name, value in changed.items()}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.save(update_fields=list(changed))
    return record


def _move(row: type[Model], other: Lead, kept: Lead) -> list[int]:
    rows = row._default_manager.filter(lead=other)
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    row._default_manager.filter(pk__in=keys).update(lead=kept)
    return keys


def _move_person(row: type[Model], absorbed: Person, person: Person) -> list[int]:
    """Move rows; leads set aside move too, so that the absorbed lead stays with its person's data."""
    rows = row._base_manager.filter(person=absorbed)
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    row._base_manager.filter(pk__in=keys).update(person=person)
    return keys


def _settle_waiting(kept: Lead, other: Lead) -> dict[str, str]:
    """Let one place in the queue of a cohort stay, the offered or else the earlier one; return who left."""
    left: dict[str, str] = {}
    places = WaitingPlace.objects.filter(lead__in=[kept, other], state__in=WaitingPlace.OPEN_STATES)
    best: dict[int, WaitingPlace] = {}
    for place in sorted(places, key=lambda place: (place.state != "offered", place.joined_at, place.pk)):
        if best.setdefault(place.cohort_id, place) != place:
            left[str(place.pk)] = place.state
    WaitingPlace.objects.filter(pk__in=left).update(state=WaitingPlace.State.LEFT)
    return left


def _add_tags(kept: Lead, other: Lead) -> list[int]:
    known = set(kept.tags.values_list("pk", flat=True))
    new = [tag for tag in other.tags.values_list("pk", flat=True) if tag not in known]
    kept.tags.add(*new)
    return new


def _repoint(other: Lead, *, to: Lead) -> list[int]:
    """Let leads that were merged into the absorbed one lead on to the kept one at once."""
    earlier = Lead.everything.filter(merged_into=other)
    keys = list(earlier.values_list("pk", flat=True))
    earlier.update(merged_into=to)
    return keys


def _move_account(absorbed: Person, *, to: Person) -> int | None:
    account = absorbed.user_id
    if account is None:
        return None
    absorbed.user = None
    absorbed.save(update_fields=["user"])
    to.user_id = account
    to.save(update_fields=["user"])
    return account


def _move_points(absorbed: Person, *, to: Person, staying: Collection[int] | None) -> dict[str, Any]:
    """Give the kept person the chosen contact points once each; return what moved and what was dropped.

    Nothing stays with the absorbed record: an address of nobody must not look like one of two people.
    """
    mine, theirs = points_of(to), points_of(absorbed)
    wanted = {point.pk for point in [*mine, *theirs]} if staying is None else set(staying)
    if wanted.isdisjoint(point.pk for point in [*mine, *theirs]) and (mine or theirs):
        raise NothingToReachBy
    known = {(point.kind, point.value) for point in mine}
    moved = [point.pk for point in theirs if point.pk in wanted and (point.kind, point.value) not in known]
    dropped = [point for point in mine if point.pk not in wanted]
    dropped += [point for point in theirs if point.pk not in moved]
    ContactPoint.objects.filter(pk__in=[point.pk for point in dropped]).delete()
    ContactPoint.objects.filter(pk__in=moved).update(person=to)
    return {"moved": moved, "dropped": [row_as_record(point) for point in dropped]}


def _settle_suggestions(absorbed: Person, person: Person) -> dict[str, Any]:
    """Forget suggestions about the absorbed person; that they are two stays said of the kept one."""
    about = DuplicateSuggestion.objects.filter(Q(person=absorbed) | Q(other=absorbed))
    rows = list(about.order_by("pk"))
    forgotten = [row_as_record(row) for row in rows]
    about.delete()
    said = []
    for row in rows:
        third = row.other_id if row.person_id == absorbed.pk else row.person_id
        if row.dismissed_at and third != person.pk:
            newer, older = max(third, person.pk), min(third, person.pk)
            suggestion, created = DuplicateSuggestion.objects.get_or_create(
                person_id=newer,
                other_id=older,
                defaults={
                    "same_email": row.same_email,
                    "same_phone": row.same_phone,
                    "same_name": row.same_name,
                    "dismissed_at": row.dismissed_at,
                    "dismissed_by_id": row.dismissed_by_id,
                },
            )
            if created:
                said.append(suggestion.pk)
    return {"forgotten": forgotten, "said": said}
