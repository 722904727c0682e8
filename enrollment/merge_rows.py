"""Rows that a merge moves from one lead and person to another, each step with what its undo needs."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Model, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment.errors import NothingToReachBy
from enrollment.followups.stopping import Why, lock_runs, reasons_to_stop, stop_run
from enrollment.merge_choices import points_of
from enrollment.models import (
    Consent,
    ContactPoint,
    DataAccess,
    DuplicateSuggestion,
    Enrollment,
    Lead,
    LeadEvent,
    LeadFile,
    Person,
    SequenceRun,
    StageChange,
    Submission,
    WaitingPlace,
)

LEAD_ROWS: dict[type[Model], str | Promise] = {
    LeadEvent: gettext_lazy("Lines of the timeline"),
    LeadFile: gettext_lazy("Files"),
    StageChange: gettext_lazy("Moves between stages"),
    Submission: gettext_lazy("Form posts"),
    Enrollment: gettext_lazy("Enrolments"),
    WaitingPlace: gettext_lazy("Places on waiting lists"),
    SequenceRun: gettext_lazy("Follow-ups"),
}
"""What follows a lead into another one, by its field `lead`."""
PERSON_ROWS: dict[type[Model], str | Promise] = {
    Consent: gettext_lazy("Consents"),
    DataAccess: gettext_lazy("Notes on who took the data out"),
    Lead: gettext_lazy("Other leads of the person"),
}
"""What follows a person into another one, by its field `person`; contact points follow as chosen."""


def plain(value: Any) -> Any:
    """Return a value as the record keeps it."""
    return value.isoformat() if isinstance(value, datetime) else value


def row_as_record(row: Model) -> dict[str, Any]:
    """Return a whole row as the record keeps it, so that it can be written anew."""
    return {field.attname: plain(getattr(row, field.attname)) for field in row._meta.concrete_fields}


def write(row: Model, values: dict[str, Any]) -> dict[str, list[Any]]:
    """Set what differs and return each changed field with its value before and after."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    record = {name: [plain(getattr(row, name)), plain(value)] for name, value in changed.items()}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.save(update_fields=list(changed))
    return record


def move(row: type[Model], other: Lead, kept: Lead) -> list[int]:
    """Move the rows of a lead; return their keys."""
    rows = row._default_manager.filter(lead=other)
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    row._default_manager.filter(pk__in=keys).update(lead=kept)
    return keys


def move_person(row: type[Model], absorbed: Person, person: Person) -> list[int]:
    """Move the rows of a person; return their keys.

    Leads set aside move too, so that the absorbed lead stays with its person's data.
    """
    rows = row._base_manager.filter(person=absorbed)
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    row._base_manager.filter(pk__in=keys).update(person=person)
    return keys


def settle_waiting(kept: Lead, other: Lead) -> dict[str, str]:
    """Let one place in the queue of a cohort stay, the offered or else the earlier one; return who left."""
    left: dict[str, str] = {}
    places = WaitingPlace.objects.filter(lead__in=[kept, other], state__in=WaitingPlace.OPEN_STATES)
    best: dict[int, WaitingPlace] = {}
    for place in sorted(places, key=lambda place: (place.state != "offered", place.joined_at, place.pk)):
        if best.setdefault(place.cohort_id, place) != place:
            left[str(place.pk)] = place.state
    WaitingPlace.objects.filter(pk__in=left).update(state=WaitingPlace.State.LEFT)
    return left


def settle_runs(kept: Lead, other: Lead) -> None:
    """Let one run of each sequence go on, the one that began earlier; the other stops."""
    going: set[int] = set()
    runs = lock_runs(SequenceRun.objects.filter(lead__in=[kept, other]))
    for run in sorted(runs, key=lambda run: (run.entered_at, run.pk)):
        if run.sequence_id in going:
            stop_run(run, Why.MERGED, detail=_("the other lead is in it already"))
        going.add(run.sequence_id)


def stop_what_ended(lead: Lead) -> None:
    """Stop runs that the lead brought along or took over and that end where it stands now."""
    runs = lock_runs(SequenceRun.objects.filter(lead=lead))
    reasons = reasons_to_stop(runs) if runs else {}
    for run in runs:
        if why := reasons.get(run.pk):
            stop_run(run, why)


def add_tags(kept: Lead, other: Lead) -> list[int]:
    """Add the other lead's tags; return those that are new."""
    known = set(kept.tags.values_list("pk", flat=True))
    new = [tag for tag in other.tags.values_list("pk", flat=True) if tag not in known]
    kept.tags.add(*new)
    return new


def repoint(other: Lead, *, to: Lead) -> list[int]:
    """Let leads that were merged into the absorbed one lead on to the kept one at once."""
    earlier = Lead.everything.filter(merged_into=other)
    keys = list(earlier.values_list("pk", flat=True))
    earlier.update(merged_into=to)
    return keys


def move_account(absorbed: Person, *, to: Person) -> int | None:
    """Give the account to the kept person; return its key."""
    account = absorbed.user_id
    if account is None:
        return None
    absorbed.user = None
    absorbed.save(update_fields=["user"])
    to.user_id = account
    to.save(update_fields=["user"])
    return account


def move_points(absorbed: Person, *, to: Person, staying: Collection[int] | None) -> dict[str, Any]:
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


def settle_suggestions(absorbed: Person, person: Person) -> dict[str, Any]:
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
