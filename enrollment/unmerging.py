"""Taking a merge back: what moved goes home, what came or changed since stays with the kept lead.

Follow-ups go home with their lead, and what waits goes to the address that its person has again. Those that
the merge stopped stay stopped: weeks later their next message would be out of place, and nothing may leave
twice. Staff start them again where they are wanted.
"""

from typing import Any

import structlog
from django.apps import apps
from django.db import transaction
from django.db.models import ForeignKey, Model, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from courses import wall_clock
from enrollment.errors import MergeStays, NewerMergeFirst, TooLateToUndo
from enrollment.finding import refresh_search
from enrollment.followups.addressing import readdress
from enrollment.merge_rows import plain
from enrollment.merging import UNDO_FOR, lock_leads
from enrollment.models import (
    ContactPoint,
    DuplicateSuggestion,
    Enrollment,
    Lead,
    LeadEvent,
    Merge,
    Person,
    WaitingPlace,
)

log = structlog.get_logger(__name__)


@transaction.atomic
def undo(merge: Merge, *, actor: User) -> list[str]:
    """Part the two leads again; return the names of fields that were changed since and stay as they are.

    Repeating it does nothing. Raises TooLateToUndo after UNDO_FOR, NewerMergeFirst when a later merge
    builds on this one, and MergeStays when the person was restricted or erased meanwhile.
    """
    merge = Merge.objects.select_for_update(of=["self"]).get(pk=merge.pk)
    if merge.undone_at:
        return []
    if not is_undoable(merge):
        raise TooLateToUndo
    leads = lock_leads([merge.kept_id, merge.absorbed_id])
    kept, absorbed, record = leads[merge.kept_id], leads[merge.absorbed_id], merge.record
    if newer := _newer(merge, kept):
        raise NewerMergeFirst(newer.absorbed.reference)
    if kept.set_aside or not record:
        raise MergeStays
    for label, keys in record["moved"].items():
        _rows(label).filter(pk__in=keys, lead=kept).update(lead=absorbed)
    _stand_again(record["places"])
    kept.tags.remove(*record["tags"])
    Lead.everything.filter(pk__in=record["merged"], merged_into=kept).update(merged_into=absorbed)
    stayed = _restore(kept, record["fields"])
    people = [kept.person_id]
    if record["people"]:
        person, first = kept.person, Person.objects.get(pk=record["people"]["absorbed"])
        stayed += _restore(person, record["person_fields"]) + _part(person, first, record)
        people.append(first.pk)
    Lead.everything.filter(pk=absorbed.pk).update(set_aside="", merged_into=None)
    Person.objects.filter(pk__in=people).update(compared_at=None)
    merge.undone_at, merge.undone_by = timezone.now(), actor
    merge.save(update_fields=["undone_at", "undone_by"])
    _note(kept, absorbed, stayed, actor=actor)
    readdress(people)
    refresh_search(people)
    log.info("merge_undone", merge=merge.pk, stayed=len(stayed))
    return stayed


def is_undoable(merge: Merge) -> bool:
    """Whether the merge stands and is young enough to be taken back."""
    return merge.undone_at is None and timezone.now() - merge.created_at < UNDO_FOR


def _rows(label: str) -> Any:
    return apps.get_model(label)._base_manager


def _stand_again(places: dict[str, str]) -> None:
    """Put places back on the lists that the merge took them off, unless their lead got in otherwise since."""
    for place in WaitingPlace.objects.filter(pk__in=places, state=WaitingPlace.State.LEFT):
        same = {"lead": place.lead_id, "cohort": place.cohort_id}
        joined_anew = WaitingPlace.objects.open().filter(**same).exists()
        if not joined_anew and not Enrollment.objects.opening().filter(**same).exists():
            place.state = places[str(place.pk)]
            place.save(update_fields=["state"])


def _newer(merge: Merge, kept: Lead) -> Merge | None:
    """Return the last later merge that took part in these leads or their person."""
    return (
        Merge.objects.filter(
            Q(kept__in=[merge.kept_id, merge.absorbed_id])
            | Q(absorbed__in=[merge.kept_id, merge.absorbed_id])
            | Q(kept__person=kept.person_id),
            pk__gt=merge.pk,
            undone_at=None,
        )
        .select_related("absorbed")
        .first()
    )


def _restore(row: Model, record: dict[str, list[Any]]) -> list[str]:
    """Set back what is still as the merge left it; return the names of the fields that aren't."""
    stayed, restored = [], []
    for name, (before, after) in record.items():
        field: Any = row._meta.get_field(name)
        if plain(getattr(row, name)) != after or _is_gone(field, before):
            stayed.append(str(field.verbose_name))
            continue
        setattr(row, name, before if isinstance(field, ForeignKey) else field.to_python(before))
        restored.append(name)
    if restored:
        row.save(update_fields=restored)
    return stayed


def _is_gone(field: Any, value: Any) -> bool:
    """Whether the row that a field led to was deleted meanwhile."""
    if not isinstance(field, ForeignKey) or value is None:
        return False
    target = field.target_field.attname
    return not field.related_model._default_manager.filter(**{target: value}).exists()


def _part(person: Person, first: Person, record: dict[str, Any]) -> list[str]:
    """Give the absorbed person back what was theirs; return the names of what stays."""
    stayed = []
    for label, keys in record["moved_people"].items():
        _rows(label).filter(pk__in=keys, person=person).update(person=first)
    _restore(first, record["absorbed_fields"])
    ContactPoint.objects.filter(pk__in=record["points"]["moved"], person=person).update(person=first)
    for row in record["points"]["dropped"]:
        _write_anew(ContactPoint, row, once=("person_id", "kind", "value"))
    if account := record["account"]:
        if person.user_id == account:
            person.user = None
            person.save(update_fields=["user"])
            first.user_id = account
            first.save(update_fields=["user"])
        else:
            stayed.append(str(_("account")))
    _restore_suggestions(person, record["suggestions"])
    return stayed


def _restore_suggestions(person: Person, record: dict[str, Any]) -> None:
    """Bring back what was suggested and decided; pairs found since are looked for anew by the task."""
    DuplicateSuggestion.objects.filter(pk__in=record["said"]).delete()
    for row in record["forgotten"]:
        _write_anew(DuplicateSuggestion, row, once=("person_id", "other_id"))


def _write_anew(model: type[Model], record: dict[str, Any], *, once: tuple[str, ...]) -> None:
    """Write a dropped row as it was, unless there is one like it or what it was about is gone."""
    fields: dict[str, Any] = {name: model._meta.get_field(name) for name in record}
    if any(_is_gone(fields[name], record[name]) for name in once):
        return
    values = {
        name: value if isinstance(fields[name], ForeignKey) else fields[name].to_python(value)
        for name, value in record.items()
        if not _is_gone(fields[name], value)
    }
    found = model._default_manager.get_or_create(**{name: values.pop(name) for name in once}, defaults=values)
    model._default_manager.filter(pk=found[0].pk).update(created_at=values["created_at"])


def _note(kept: Lead, absorbed: Lead, stayed: list[str], *, actor: User) -> None:
    text = _("The merge of %(reference)s was taken back.") % {"reference": absorbed.reference}
    if stayed:
        more = _("Changed since and therefore kept: %(fields)s.") % {"fields": ", ".join(stayed)}
        text = f"{text}\n{more}"
    when = date_format(wall_clock.today(), "j M Y")
    back = _("Parted again from %(reference)s on %(day)s.") % {"reference": kept.reference, "day": when}
    LeadEvent.objects.bulk_create(
        [
            LeadEvent(lead=kept, kind=LeadEvent.Kind.MERGE, text=text, actor=actor),
            LeadEvent(lead=absorbed, kind=LeadEvent.Kind.MERGE, text=back, actor=actor),
        ]
    )
