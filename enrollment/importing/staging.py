"""Writing rows as leads that nobody sees yet, a chunk at a time; a fixed number of queries each.

Imported leads have no promise to keep: nobody told these people when they would hear. So they count
as answered when they asked, never turn late and are left out of first-response times; the stage says
whether somebody has talked to them. Nothing is sent to anybody.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from enrollment.access import admissions_workers
from enrollment.finding import search_text
from enrollment.importing.answers import Answers
from enrollment.importing.columns import FIELDS, Values
from enrollment.importing.judging import Key, Verdict
from enrollment.importing.owners import OwnerChoice
from enrollment.models import (
    Consent,
    ContactPoint,
    ImportedRow,
    Lead,
    LeadEvent,
    LeadImport,
    LeadTag,
    Person,
    PipelineStage,
    StageChange,
)
from enrollment.references import new_references


class Stager:
    """Writes the rows of one import. Making it costs at most a dozen queries."""

    def __init__(self, job: LeadImport, values: Values) -> None:
        self._job = job
        self._owners = OwnerChoice(job, values.get("owner", ""))
        self._names = {user.pk: str(user) for user in admissions_workers()}
        self._tag = tag_named(values["tag"]).pk if values.get("tag") else None
        self._words = _("“%(file)s”, row %(row)s")
        self._given = _("%(before)s to %(after)s")
        self._nobody = _("Nobody")
        self._labels = {name: str(FIELDS[name].label) for name in ("email", "phone", "message")}
        self._stage = values.get("stage") or PipelineStage.NEW

    def stage(self, verdicts: Sequence[Verdict]) -> None:
        """Write a chunk inside the caller's transaction: leads, and rows to deal with at the end."""
        new = [verdict for verdict in verdicts if not verdict.is_refused and verdict.lead is None]
        people = self._write_people(new)
        leads = self._write_leads(new, people)
        self._write_histories(new, leads)
        self._write_consents(new, people)
        further = [
            ImportedRow(lead_import_id=self._job.pk, number=verdict.answers.number, lead=lead)
            for verdict, lead in zip(new, leads, strict=True)
            if verdict.person
        ]
        others = [
            ImportedRow(
                lead_import=self._job,
                number=verdict.answers.number,
                lead_id=verdict.lead,
                text=self._line(verdict.answers),
            )
            for verdict in verdicts
            if verdict.lead and not verdict.is_refused
        ]
        ImportedRow.objects.bulk_create([*further, *others, *refused_rows(self._job, verdicts)])

    def _write_people(self, new: Sequence[Verdict]) -> list[int]:
        """Return whose each lead is; people of the chunk who weren't known are made, with their addresses."""
        made: dict[int, Person] = {}
        by_key: dict[Key, int] = {}
        places = []
        for place, verdict in enumerate(new):
            first = place if verdict.person else by_key.get(verdict.keys[0], place)
            if first == place and not verdict.person:
                made[place] = Person(name=verdict.answers.name, guardian_name="", guardian_contact="")
                by_key |= dict.fromkeys(verdict.keys, place)
            places.append(first)
        Person.objects.bulk_create(made.values())
        people = [made[place].pk if place in made else new[place].person or 0 for place in places]
        ContactPoint.objects.bulk_create(
            (
                _contact_point(person, key, verdict.answers)
                for verdict, person in zip(new, people, strict=True)
                if not verdict.person
                for key in verdict.keys
            ),
            ignore_conflicts=True,
        )
        return people

    def _write_leads(self, new: Sequence[Verdict], people: Sequence[int]) -> list[Lead]:
        now = timezone.now()
        references = new_references(len(new))
        leads = [
            self._lead(verdict, person=person, reference=reference, now=now)
            for verdict, person, reference in zip(new, people, references, strict=True)
        ]
        return Lead.everything.bulk_create(leads)

    def _lead(self, verdict: Verdict, *, person: int, reference: str, now: datetime) -> Lead:
        answers = verdict.answers
        asked_at = answers.created_at or now
        return Lead(
            person_id=person,
            reference=reference,
            interest=Lead.Interest.CONTACT,
            course_id=answers.course,
            stage_id=self._stage,
            stage_since=now,
            owner_id=self._owners.choose(answers),
            source=answers.source,
            contact_by=answers.contact_by,
            best_time=answers.best_time,
            message=answers.message,
            campaign=answers.campaign,
            created_at=asked_at,
            answer_due_at=asked_at,
            answered_at=asked_at,
            lead_import_id=self._job.pk,
            set_aside=Lead.SetAside.IMPORTING,
            search_text=search_text(
                name=answers.name,
                points=[(kind, value) for kind, value, _name in verdict.keys],
                references=[reference],
            ),
        )

    def _write_histories(self, new: Sequence[Verdict], leads: Sequence[Lead]) -> None:
        actor = self._job.actor_id
        events = []
        for verdict, lead in zip(new, leads, strict=True):
            text = self._line(verdict.answers)
            events.append(_event(lead, LeadEvent.Kind.IMPORT, text=text, actor=actor))
            if lead.owner_id or not self._owners.leaves_rest_waiting:
                owner = self._names.get(lead.owner_id or 0, self._nobody)
                text = self._given % {"before": self._nobody, "after": owner}
                events.append(_event(lead, LeadEvent.Kind.OWNER, text=text, actor=actor))
        LeadEvent.objects.bulk_create(events)
        if self._stage != PipelineStage.NEW:
            StageChange.objects.bulk_create(
                StageChange(
                    lead=lead,
                    before_id=PipelineStage.NEW,
                    after_id=self._stage,
                    actor_id=actor,
                    stayed=timedelta(0),
                    created_at=lead.stage_since,
                )
                for lead in leads
            )
        if self._tag:
            tagged = Lead.tags.through
            tagged.objects.bulk_create(tagged(lead_id=lead.pk, leadtag_id=self._tag) for lead in leads)

    def _write_consents(self, new: Sequence[Verdict], people: Sequence[int]) -> None:
        """Write down who agreed, of the people that this import made; known people's waits for the end."""
        Consent.objects.bulk_create(
            news_consent(self._job, person)
            for verdict, person in zip(new, people, strict=True)
            if verdict.answers.consent and not verdict.person
        )

    def _line(self, answers: Answers) -> str:
        """Return what the timeline says; the same row of the same file always says the same."""
        line = self._words % {"file": self._job.file_name, "row": answers.number}
        said = ((label, getattr(answers, name)) for name, label in self._labels.items())
        return "\n".join([line, *(f"{label}: {value}" for label, value in said if value)])


def refused_rows(job: LeadImport, verdicts: Sequence[Verdict]) -> list[ImportedRow]:
    """Return what the problems file is made of."""
    return [
        ImportedRow(lead_import=job, number=verdict.answers.number, text=" ".join(verdict.answers.problems))
        for verdict in verdicts
        if verdict.is_refused
    ]


def news_consent(job: LeadImport, person: int) -> Consent:
    """Return, unsaved, that the file says this person agreed to course news."""
    return Consent(
        person_id=person,
        purpose=Consent.Purpose.NEWS,
        granted=True,
        notice_version=f"import:{job.pk}",
        language=translation.get_language(),
        actor_id=job.actor_id,
    )


def tag_named(name: str) -> LeadTag:
    """Return the tag with this name in any case, made where there is none."""
    return LeadTag.objects.filter(name__iexact=name).first() or LeadTag.objects.create(name=name)


def _event(lead: Lead, kind: LeadEvent.Kind, *, text: str, actor: int | None) -> LeadEvent:
    """Return an unsaved line; with a value in every field, rows go to PostgreSQL as columns, far faster."""
    return LeadEvent(lead_id=lead.pk, kind=kind, text=text, actor_id=actor, outcome="")


def _contact_point(person: int, key: Key, answers: Answers) -> ContactPoint:
    kind, value, _name = key
    typed = answers.email if kind == ContactPoint.Kind.EMAIL else answers.phone
    return ContactPoint(person_id=person, kind=kind, value=value, as_typed=typed)
