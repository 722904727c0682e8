"""Telling new rows from known and refused ones, a chunk at a time.

Certain is somebody with the same name and the same e-mail address, or, where a row has no address, the
same name and the same phone. Everybody else is somebody new: likely pairs are suggested later, when all
have been imported. A known person's row is added to a lead about the same course; where they have none,
it becomes a further lead of that person.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from enrollment.importing.answers import AnswerReader, Answers
from enrollment.importing.reading import Row
from enrollment.models import ContactPoint, Lead, PipelineStage
from enrollment.people import fold_name

type Key = tuple[str, str, str]
"""Kind and value of a contact point, and the folded name."""


@dataclass
class Verdict:
    """What becomes of one row."""

    answers: Answers
    keys: Sequence[Key] = ()
    """By which the person is known: first the one that decides."""
    person: int | None = None
    lead: int | None = None
    """The lead that the row is added to."""

    @property
    def is_refused(self) -> bool:
        return bool(self.answers.problems)


@dataclass(frozen=True)
class _KnownLead:
    key: int
    course: int | None
    is_open: bool

    def suits(self, course: int | None) -> bool:
        """Whether what a row asks for is what this lead is about; a lead that ended must say so itself."""
        return course is None or self.course == course or (self.is_open and self.course is None)

    def closeness(self, course: int | None) -> tuple[bool, bool, int]:
        return self.is_open, self.course == course, self.key


class Judge:
    """Judges the rows of one file in order. It remembers who was in the file, half a kilobyte a row."""

    def __init__(self, reader: AnswerReader) -> None:
        self._reader = reader
        self._people: dict[int, int] = {}
        self._wishes: dict[int, int] = {}

    def remember(self, rows: Iterable[Row], *, refused: set[int]) -> None:
        """Take note of rows that were judged before, by this worker or another; no query."""
        for row in rows:
            if row[0] not in refused:
                answers = self._reader.recall(row)
                self._repeated(answers, _keys(answers))

    def judge(self, rows: Iterable[Row]) -> list[Verdict]:
        """Return a verdict for each row; three queries at most."""
        verdicts = []
        for row in rows:
            answers = self._reader.read(row)
            keys = _keys(answers)
            if not answers.problems and (earlier := self._repeated(answers, keys)):
                answers.problems.append(
                    _("The same person asks for the same as in row %(row)s.") % {"row": earlier}
                )
            verdicts.append(Verdict(answers, keys))
        self._recognise([verdict for verdict in verdicts if not verdict.is_refused])
        return verdicts

    def _repeated(self, answers: Answers, keys: Sequence[Key]) -> int | None:
        """Return the earlier row that says the same, or None after taking note of this one."""
        wishes = [hash((key, answers.course)) for key in keys]
        people = [hash(key) for key in keys]
        earlier = self._wishes.get(wishes[0]) or (self._people.get(people[0]) if not answers.course else None)
        if earlier is None:
            self._wishes.update(dict.fromkeys(wishes, answers.number))
            self._people.update(dict.fromkeys(people, answers.number))
        return earlier

    def _recognise(self, verdicts: Sequence[Verdict]) -> None:
        people = _people_by_key(verdicts)
        leads = _leads_of({person for known in people.values() for person in known})
        for verdict in verdicts:
            known = people.get(verdict.keys[0])
            if not known:
                continue
            if any(known.values()):
                verdict.answers.problems.append(
                    _("This person is known, and their record is restricted: they asked to be left alone.")
                )
                continue
            course = verdict.answers.course
            suitable = [lead for person in known for lead in leads[person] if lead.suits(course)]
            verdict.person = min(known)
            if suitable:
                verdict.lead = max(suitable, key=lambda lead: lead.closeness(course)).key


def _keys(answers: Answers) -> list[Key]:
    name = fold_name(answers.name)
    email = (ContactPoint.Kind.EMAIL.value, answers.email.lower(), name)
    phone = (ContactPoint.Kind.PHONE.value, answers.e164, name)
    return [key for key in (email, phone) if key[1]]


def _people_by_key(verdicts: Sequence[Verdict]) -> dict[Key, dict[int, bool]]:
    """Return the people whom the deciding keys name, each with whether they are restricted; two queries."""
    wanted = {verdict.keys[0] for verdict in verdicts}
    people: dict[Key, dict[int, bool]] = defaultdict(dict)
    for kind in ContactPoint.Kind:
        values = {value for its_kind, value, _name in wanted if its_kind == kind}
        points = ContactPoint.objects.filter(kind=kind, value__in=values).values_list(
            "value", "person", "person__name", "person__restricted_at"
        )
        for value, person, name, restricted_at in points:
            key = (kind.value, value, fold_name(name))
            if key in wanted:
                people[key][person] = restricted_at is not None
    return people


def _leads_of(people: Iterable[int]) -> dict[int, list[_KnownLead]]:
    """Return the course leads of these people by person, those merged away by what they became; one query."""
    leads: dict[int, list[_KnownLead]] = defaultdict(list)
    found = (
        Lead.everything.filter(person__in=people, interest=Lead.Interest.CONTACT)
        .exclude(set_aside__in=[Lead.SetAside.IMPORTING, Lead.SetAside.RESTRICTED])
        .values_list("person", "pk", "merged_into", "course", "stage")
    )
    for person, key, merged_into, course, stage in found:
        leads[person].append(_KnownLead(merged_into or key, course, stage not in PipelineStage.ENDED))
    return leads
