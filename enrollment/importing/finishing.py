"""The end of an import: everything appears at once, or goes without ever having been seen."""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import batched
from tempfile import TemporaryFile

from django.core.files import File
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from enrollment.finding import refresh_search
from enrollment.importing.answers import AnswerReader, Answers
from enrollment.importing.errors import LeaseLost
from enrollment.importing.staging import news_consent
from enrollment.importing.storing import problems_name, stored_rows
from enrollment.models import Consent, ContactPoint, ImportedRow, Lead, LeadEvent, LeadImport, Person
from enrollment.models.leads import LeadQuerySet
from enrollment.spreadsheets import defuse

BATCH = 1_000


def save_problems(job: LeadImport) -> str:
    """Write the refused rows as CSV, each with its problem, and return the file's name, or "" for none.

    A file that a killed worker left is replaced.
    """
    refused = job.imported_rows.filter(lead=None)
    storage = job.file.storage
    storage.delete(problems_name(job))
    if not refused.exists():
        return ""
    with TemporaryFile("w+b") as file, stored_rows(job) as rows:
        text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        writer = csv.writer(text)
        writer.writerow([*map(defuse, job.columns), _("Row"), _("Problem")])
        width = len(job.columns)
        problems = refused.values_list("number", "text").iterator(BATCH)
        number, problem = next(problems)
        for row, cells in rows:
            if row == number:
                padded = [defuse(cell) for cell in [*cells, *[""] * (width - len(cells))]]
                writer.writerow([*padded, row, defuse(problem)])
                number, problem = next(problems, (0, ""))
        text.flush()
        file.seek(0)
        return storage.save(problems_name(job), File(file))


@transaction.atomic
def reveal(job: LeadImport, reader: AnswerReader, *, problems: str) -> None:
    """Make every staged lead appear and add known people's rows to their records, in one transaction.

    Whoever cancels meanwhile wins: then nothing of it happened. Raises LeaseLost.
    """
    known = job.imported_rows.exclude(lead=None)
    people: set[int] = set()
    with stored_rows(job) as rows:
        wanted = set(known.values_list("number", flat=True))
        answers = (reader.read(row) for row in rows if row[0] in wanted)
        for batch in batched(answers, BATCH):
            people |= _add_to_known(job, batch)
    Lead.everything.filter(lead_import=job, set_aside=Lead.SetAside.IMPORTING).update(set_aside="")
    for some in batched(sorted(people), BATCH):
        refresh_search(some)
    job.imported_rows.all().delete()
    done = LeadImport.objects.filter(pk=job.pk, lease_token=job.lease_token).update(
        state=LeadImport.State.DONE,
        problems=problems,
        finished_at=timezone.now(),
        last_error="",
        lease_token=None,
        leased_until=None,
    )
    if not done:
        raise LeaseLost


def _add_to_known(job: LeadImport, answers: Sequence[Answers]) -> set[int]:
    """Write lines, addresses and consent of a batch of known people; return who they are. Eight queries."""
    by_number = {answer.number: answer for answer in answers}
    rows = list(job.imported_rows.filter(number__in=by_number).select_related("lead"))
    rows = [row for row in rows if row.lead and row.lead.set_aside != Lead.SetAside.RESTRICTED]
    _write_lines(job, [row for row in rows if row.text])
    people = {row.number: row.lead.person_id for row in rows if row.lead}
    _write_points({number: by_number[number] for number in people}, people)
    _write_consents(job, {people[number] for number in people if by_number[number].consent})
    return set(people.values())


def _write_lines(job: LeadImport, rows: Iterable[ImportedRow]) -> None:
    """Write a line on each timeline that hasn't got the very same one from an earlier import."""
    said = {(row.lead_id or 0, row.text) for row in rows}
    leads = {lead for lead, _text in said}
    there = LeadEvent.objects.filter(lead__in=leads, kind=LeadEvent.Kind.IMPORT).values_list("lead", "text")
    for lead, text in there:
        said.discard((lead, text))
    LeadEvent.objects.bulk_create(
        LeadEvent(lead_id=lead, kind=LeadEvent.Kind.IMPORT, text=text, actor_id=job.actor_id)
        for lead, text in sorted(said)
    )


def _write_points(answers: dict[int, Answers], people: dict[int, int]) -> None:
    """Keep addresses and numbers that are new for a person, and have them compared with others again."""
    said = {
        (people[number], kind, value): typed
        for number, answer in answers.items()
        for kind, value, typed in (
            (ContactPoint.Kind.EMAIL.value, answer.email.lower(), answer.email),
            (ContactPoint.Kind.PHONE.value, answer.e164, answer.phone),
        )
        if value
    }
    points = ContactPoint.objects.filter(person__in=set(people.values()))
    for key in points.values_list("person", "kind", "value"):
        said.pop(key, None)
    ContactPoint.objects.bulk_create(
        (
            ContactPoint(person_id=person, kind=kind, value=value, as_typed=typed)
            for (person, kind, value), typed in said.items()
        ),
        ignore_conflicts=True,
    )
    Person.objects.filter(pk__in={person for person, _kind, _value in said}).update(compared_at=None)


def _write_consents(job: LeadImport, people: set[int]) -> None:
    """Write down who agreed, but for people who have said yes or no themselves."""
    spoken = Consent.objects.filter(person__in=people, purpose=Consent.Purpose.NEWS)
    asked = set(spoken.values_list("person", flat=True))
    Consent.objects.bulk_create(news_consent(job, person) for person in sorted(people - asked))


# Taking leads away again -----------------------------------------------------------------------


def remove_staged(job: LeadImport) -> int:
    """Delete one batch of leads that were never seen, with their people; return how many."""
    staged = Lead.everything.filter(lead_import=job, set_aside=Lead.SetAside.IMPORTING)
    return _remove(job, staged)


def remove_untouched(job: LeadImport) -> int:
    """Delete one batch of leads that nobody has worked since the import; return how many."""
    return _remove(job, untouched(job))


def untouched(job: LeadImport) -> LeadQuerySet:
    """Return the leads that nothing has happened to since, but for what the machine does by itself."""
    by_itself = Q(actor=None, kind__in=[LeadEvent.Kind.OWNER, LeadEvent.Kind.LATE])
    since = LeadEvent.objects.filter(lead=OuterRef("pk"), created_at__gt=job.finished_at).exclude(by_itself)
    return Lead.objects.filter(~Exists(since), lead_import=job)


@transaction.atomic
def _remove(job: LeadImport, leads: LeadQuerySet) -> int:
    """Delete up to BATCH leads, and people who came with this import and have no other.

    The lock leaves the keys alone until then: a sender that holds a run adds a line to its lead.
    """
    free = leads.select_for_update(of=["self"], skip_locked=True, no_key=True)
    found = dict(free.values_list("pk", "person")[:BATCH])
    Lead.everything.filter(pk__in=found).delete()
    Person.objects.filter(
        ~Exists(Lead.everything.filter(person=OuterRef("pk"))),
        pk__in=set(found.values()),
        user=None,
        created_at__gte=job.created_at,
    ).delete()
    return len(found)
