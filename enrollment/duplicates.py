"""Finding people who may be one. It only suggests: families share phones, institutes share addresses."""

from collections import defaultdict
from collections.abc import Iterable

import structlog
from django.db import transaction
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from enrollment.models import ContactPoint, DuplicateSuggestion, Lead, Person
from enrollment.people import fold_name

BATCH = 500
"""How many people one call compares, so that its transaction stays short."""
SHARED_BY_AT_MOST = 10
"""An address or number of more people than this says nothing about any two of them.

Such people are suggested only when their names are the same too, each together with the first of
that name: a phone of 500 people makes no pair by itself, and never more than 499.
"""

type Address = tuple[str, str]
"""Kind and value of a contact point."""
type Pair = tuple[int, int]
"""The newer person, then the one who was known before."""

log = structlog.get_logger(__name__)


def compare_new() -> int:
    """Suggest pairs for worked people who weren't compared yet, oldest first; return how many people were.

    At most BATCH people and a fixed number of queries a call. Repeating it adds nothing, and two at
    once share the work. What was said to be two people stays said.
    """
    with transaction.atomic():
        worked = Exists(Lead.objects.filter(person=OuterRef("pk")))
        waiting = Person.objects.filter(worked, compared_at=None).order_by("pk")
        batch = list(waiting.select_for_update(skip_locked=True)[:BATCH])
        keys = [person.pk for person in batch]
        _suggest({person.pk: fold_name(person.name) for person in batch})
        Person.objects.filter(pk__in=keys).update(compared_at=timezone.now())
    return len(batch)


def open_suggestions() -> QuerySet[DuplicateSuggestion]:
    """Return pairs that nobody has decided on, whose people the desk still works, newest first."""
    works = [Exists(Lead.objects.filter(person=OuterRef(name))) for name in ("person", "other")]
    return DuplicateSuggestion.objects.filter(*works, dismissed_at=None).order_by("-created_at", "-pk")


def dismiss(suggestion: DuplicateSuggestion, *, actor: User) -> bool:
    """Say that they are two people; return whether that was new."""
    undecided = DuplicateSuggestion.objects.filter(pk=suggestion.pk, dismissed_at=None)
    return bool(undecided.update(dismissed_at=timezone.now(), dismissed_by=actor))


def restore(suggestion: DuplicateSuggestion) -> bool:
    """Take `dismiss` back; return whether there was anything to take back."""
    decided = DuplicateSuggestion.objects.filter(pk=suggestion.pk, dismissed_at__isnull=False)
    return bool(decided.update(dismissed_at=None, dismissed_by=None))


def _suggest(names: dict[int, str]) -> None:
    """Write the pairs that these people, by key with folded name, make with anybody."""
    addresses = _addresses_of(names)
    crowded = _crowded(addresses)
    found: dict[Pair, DuplicateSuggestion] = {}
    for address, one, other, same_name in [
        *_pairs(names, {address: addresses[address] for address in addresses if address not in crowded}),
        *_pairs_in_crowd(names, {address: addresses[address] for address in crowded}),
    ]:
        pair = max(one, other), min(one, other)
        suggestion = found.setdefault(pair, DuplicateSuggestion(person_id=pair[0], other_id=pair[1]))
        suggestion.same_name = same_name
        suggestion.same_email |= address[0] == ContactPoint.Kind.EMAIL
        suggestion.same_phone |= address[0] == ContactPoint.Kind.PHONE
    _forget_others(names, found)
    # In one order, so that workers who write the same pairs never wait for each other in a circle.
    DuplicateSuggestion.objects.bulk_create(
        [found[pair] for pair in sorted(found)],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["person", "other"],
        update_fields=["same_email", "same_phone", "same_name"],
    )
    if crowded:
        log.info("addresses_shared_by_many", addresses=len(crowded), at_most=SHARED_BY_AT_MOST)


def _forget_others(names: Iterable[int], found: Iterable[Pair]) -> None:
    """Forget undecided pairs of these people that share nothing any more."""
    keys, holds = list(names), set(found)
    about = DuplicateSuggestion.objects.filter(Q(person__in=keys) | Q(other__in=keys), dismissed_at=None)
    gone = [key for key, *pair in about.values_list("pk", "person", "other") if tuple(pair) not in holds]
    DuplicateSuggestion.objects.filter(pk__in=gone).delete()


def _addresses_of(people: Iterable[int]) -> dict[Address, list[int]]:
    held: dict[Address, list[int]] = defaultdict(list)
    points = ContactPoint.objects.filter(person__in=list(people))
    for kind, value, person in points.values_list("kind", "value", "person"):
        held[kind, value].append(person)
    return held


def _points_at(addresses: Iterable[Address]) -> QuerySet[ContactPoint]:
    """Return the contact points of people who are worked, at these addresses."""
    values: dict[str, list[str]] = {kind: [] for kind in ContactPoint.Kind.values}
    for kind, value in addresses:
        values[kind].append(value)
    wanted = Q(pk__in=[])
    for kind, some in values.items():
        wanted |= Q(kind=kind, value__in=some)
    return ContactPoint.objects.filter(wanted, Exists(Lead.objects.filter(person=OuterRef("person"))))


def _crowded(addresses: Iterable[Address]) -> set[Address]:
    shared = _points_at(addresses).values("kind", "value").annotate(people=Count("person"))
    return set(shared.filter(people__gt=SHARED_BY_AT_MOST).values_list("kind", "value"))


def _pairs(
    names: dict[int, str], addresses: dict[Address, list[int]]
) -> Iterable[tuple[Address, int, int, bool]]:
    """Yield each of the people with everybody else at the same address."""
    others = _points_at(addresses).values_list("kind", "value", "person", "person__name")
    for kind, value, other, name in others:
        for person in addresses[kind, value]:
            if person != other:
                yield (kind, value), person, other, names[person] == fold_name(name)


def _pairs_in_crowd(
    names: dict[int, str], addresses: dict[Address, list[int]]
) -> Iterable[tuple[Address, int, int, bool]]:
    """Yield each of the people with the first of the same name at an address that many share."""
    firsts: dict[tuple[Address, str], int] = {}
    here = {person for people in addresses.values() for person in people}
    spelt = Person.objects.filter(pk__in=here).values("name")
    points = _points_at(addresses).filter(person__name__in=spelt)
    for kind, value, name, first in points.values_list("kind", "value", "person__name").annotate(
        first=Min("person")
    ):
        key = (kind, value), fold_name(name)
        firsts[key] = min(first, firsts.get(key, first))
    for address, people in addresses.items():
        for person in people:
            first = firsts.get((address, names[person]), person)
            if first != person:
                yield address, person, first, True
