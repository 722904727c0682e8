"""Enquiries of the last two months for the demo, with what became of each."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

import yaml
from django.db import transaction
from django.utils import timezone

from accounts.addresses import accept_address
from accounts.models import User
from content.demo import COURSE
from courses.models import CoursePage, InstituteSettings
from enrollment.consents import PRESENT
from enrollment.finding import refresh_search
from enrollment.intake import INTERESTS
from enrollment.mails import render_mail
from enrollment.models import (
    ClosingReason,
    Consent,
    ContactPoint,
    Enrollment,
    Lead,
    LeadEvent,
    Person,
    StageChange,
    Submission,
)
from enrollment.phones import parse_phone
from outbox.models import DeliveryAttempt, Message
from outbox.queue import derive_message_id

DETAILS = ("status", "experience_years", "target_role", "skills")
OWNERS = ("admissions@example.com", "meera@example.com", "arjun@example.com")
SENT_AFTER = timedelta(seconds=4)
SUNDAY = 6

_MOMENT = re.compile(r"(?P<ahead>\+?)(?P<count>\d+)(?P<unit>[dhm])(?: (?P<clock>\d\d:\d\d))?")
_REFERENCE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass
class Rows:
    """Everything to be written, in one batch a table."""

    people: list[Person] = field(default_factory=list)
    points: list[ContactPoint] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    changes: list[StageChange] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    deliveries: list[DeliveryAttempt] = field(default_factory=list)
    events: list[LeadEvent] = field(default_factory=list)

    def write(self) -> None:
        """Write every batch, then the times that the database would set to now."""
        batches = (
            self.people, self.points, self.leads, self.submissions, self.consents,
            self.messages, self.deliveries, self.events, self.changes,
        )  # fmt: skip
        for batch in batches:
            _write(batch)


def _write(batch: list[Any]) -> None:
    """Insert rows with the times that they carry, also where the model insists on the present."""
    if not batch:
        return
    stamp = next((name for name in ("received_at", "created_at") if hasattr(batch[0], name)), None)
    times = [getattr(row, stamp) for row in batch] if stamp else []
    model = type(batch[0])
    model.objects.bulk_create(batch)
    if stamp and model._meta.get_field(stamp).auto_now_add:
        for row, at in zip(batch, times, strict=True):
            setattr(row, stamp, at)
        model.objects.bulk_update(batch, [stamp])


@transaction.atomic
def make_leads(path: Path) -> int:
    """Make the leads that aren't there yet and return how many; about 30 queries for all of them.

    The base loader makes text only, never objects.
    """
    entries = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  # nosec B506
    known = set(Submission.objects.values_list("key", flat=True))
    fresh = [entry for entry in entries if _key(entry) not in known]
    if not fresh:
        return 0
    desk = Desk(
        institute=InstituteSettings.current(),
        course=CoursePage.objects.filter(slug=COURSE).first(),
        owners=list(User.objects.filter(email__in=OWNERS).order_by("pk")),
        now=timezone.localtime(),
    )
    for entry in fresh:
        desk.take_in(entry)
    desk.rows.write()
    refresh_search([person.pk for person in desk.rows.people])
    for entry, lead in zip(fresh, desk.rows.leads, strict=True):
        if lead.stage_id == Lead.Stage.ENROLLED and lead.course:
            desk.enrol(entry, lead)
    return len(fresh)


@dataclass
class Desk:
    """Plays the entries of the file through the two months before `now`."""

    institute: InstituteSettings
    course: CoursePage | None
    owners: list[User]
    now: datetime
    rows: Rows = field(default_factory=Rows)

    def __post_init__(self) -> None:
        self.calendar = self.institute.calendar()
        self.reasons = {reason.name: reason for reason in ClosingReason.objects.all()}

    def take_in(self, entry: dict[str, Any]) -> None:
        """Plan the rows of one enquiry with its acknowledgement and history."""
        asked = min(self.moment(entry["asked"]), self.now)
        form = Submission.Form.PLACEMENT if "target_role" in entry else Submission.Form.ENQUIRY
        person = Person(name=entry["name"], created_at=asked)
        self.rows.people.append(person)
        self._contact_points(person, entry, asked)
        lead = Lead(
            person=person,
            reference=_reference(entry),
            interest=INTERESTS[form],
            course=self.course,
            source=entry.get("source", Lead.Source.WEBSITE),
            campaign=entry.get("campaign", ""),
            contact_by=entry["contact_by"],
            best_time=entry.get("best_time", ""),
            message=entry["message"],
            details=_details(entry),
            answer_due_at=self.calendar.add_hours(asked, self.institute.answer_within_hours),
            created_at=asked,
            stage_since=asked,
        )
        self.rows.leads.append(lead)
        submission = self._submission(entry, form, lead, asked)
        if entry.get("news"):
            self.rows.consents.append(
                Consent(
                    person=person, purpose=Consent.Purpose.NEWS, granted=True,
                    notice_version=PRESENT, language="en-gb", submission=submission, created_at=asked,
                )
            )  # fmt: skip
        self._note(lead, LeadEvent.Kind.ENQUIRY, asked, text=lead.message)
        self._mail(lead, "acknowledgement", f"enquiry:{submission.key}:acknowledgement", asked)
        self._play(lead, entry, asked)

    def enrol(self, entry: dict[str, Any], lead: Lead) -> None:
        """Give an enrolled lead its account and its place in the course."""
        learner, is_new = User.objects.get_or_create(
            email=entry["email"], defaults={"date_joined": self._enrolled_at(lead)}
        )
        if is_new:
            learner.name = entry["name"]
            learner.set_unusable_password()
            learner.save(update_fields=["first_name", "last_name", "password"])
        signed_in = "signed_in" in entry
        if signed_in:
            accept_address(learner)
        Person.objects.filter(pk=lead.person_id).update(user=learner)
        Enrollment.objects.get_or_create(
            learner=learner,
            course=lead.course,
            defaults={
                "lead": lead,
                "state": Enrollment.State.ACTIVE if signed_in else Enrollment.State.INVITED,
                "created_at": self._enrolled_at(lead),
            },
        )

    def moment(self, text: str) -> datetime:
        """Return the time that "3d 10:30", "5h", "20m" or "+1d 11:00" means."""
        found = _MOMENT.fullmatch(text)
        if not found:
            raise ValueError(f"“{text}” is no time such as 3d 10:30, 5h or +1d 11:00.")
        count = int(found["count"])
        step = {"d": timedelta(days=count), "h": timedelta(hours=count), "m": timedelta(minutes=count)}
        at = self.now + step[found["unit"]] if found["ahead"] else self.now - step[found["unit"]]
        if found["clock"]:
            at = datetime.combine(at.date(), time.fromisoformat(found["clock"]), at.tzinfo)
        return at

    def _at_work(self, text: str, after: datetime) -> datetime:
        """Return a time at which staff did something: no Sunday, after what came before, not ahead."""
        at = self.moment(text)
        if at.weekday() == SUNDAY:
            at += timedelta(days=1)
        return min(max(at, after + timedelta(minutes=5)), self.now)

    def _contact_points(self, person: Person, entry: dict[str, Any], asked: datetime) -> None:
        typed = [(ContactPoint.Kind.EMAIL, entry["email"], entry["email"].lower())]
        if number := parse_phone(entry.get("phone", "")):
            typed.append((ContactPoint.Kind.PHONE, entry["phone"], number))
        self.rows.points += [
            ContactPoint(person=person, kind=kind, value=value, as_typed=as_typed, created_at=asked)
            for kind, as_typed, value in typed
        ]

    def _submission(self, entry: dict[str, Any], form: str, lead: Lead, asked: datetime) -> Submission:
        names = ("name", "email", "phone", "contact_by", "best_time", "message", *DETAILS)
        payload = json.dumps({name: [entry[name]] for name in sorted(names) if name in entry})
        submission = Submission(
            key=_key(entry),
            reference=lead.reference,
            form=form,
            payload=payload,
            digest=hashlib.sha256(payload.encode()).hexdigest(),
            outcome=Submission.Outcome.LEAD,
            lead=lead,
            received_at=asked,
        )
        self.rows.submissions.append(submission)
        return submission

    def _note(
        self, lead: Lead, kind: str, at: datetime, *, text: str = "", actor: User | None = None,
        message: Message | None = None, outcome: str = "",
    ) -> None:  # fmt: skip
        self.rows.events.append(
            LeadEvent(
                lead=lead,
                kind=kind,
                text=text,
                actor=actor,
                message=message,
                outcome=outcome,
                created_at=at,
            )
        )

    def _mail(
        self, lead: Lead, name: Literal["acknowledgement", "invitation"], key: str, at: datetime
    ) -> None:
        """Plan a mail that left a few seconds after its reason."""
        context = {
            "lead": lead,
            "institute": self.institute,
            "course": lead.course,
            "cohort": None,
            "answer_by": lead.answer_due_at,
        }
        mail = render_mail(name, context)
        sent_at = min(at + SENT_AFTER, self.now)
        purpose = {
            "acknowledgement": Message.Purpose.ACKNOWLEDGEMENT,
            "invitation": Message.Purpose.ENROLMENT,
        }
        message = Message(
            key=key,
            purpose=purpose[name],
            to=_email_of(self.rows, lead.person),
            reply_to=self.institute.email,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            due_at=at,
            state=Message.State.SENT,
            attempts=1,
            message_id=derive_message_id(key),
            created_at=at,
            sent_at=sent_at,
        )
        self.rows.messages.append(message)
        self.rows.deliveries.append(
            DeliveryAttempt(
                message=message, started_at=sent_at, finished_at=sent_at, outcome=DeliveryAttempt.Outcome.SENT
            )
        )
        self._note(lead, LeadEvent.Kind.MESSAGE, at, text=mail.subject, message=message)

    def _play(self, lead: Lead, entry: dict[str, Any], asked: datetime) -> None:
        """Give the lead to its owner and move it through the stages of its history."""
        at = asked
        if "history" in entry or entry.get("owner"):
            lead.owner = self._next_owner()
            at = self.calendar.add_hours(asked, 1)
            if "history" in entry:
                at = self._at_work(_parts(entry["history"][0])[0], asked)
            self._note(lead, LeadEvent.Kind.OWNER, at, text=f"Nobody to {lead.owner}", actor=lead.owner)
        for moment, what, text in map(_parts, entry.get("history", [])):
            at = self._at_work(moment, at)
            if what == "note":
                self._note(lead, LeadEvent.Kind.NOTE, at, text=text, actor=lead.owner)
            elif what in LeadEvent.Outcome.values:
                self._note(lead, LeadEvent.Kind.CALL, at, text=text, actor=lead.owner, outcome=what)
            else:
                self._move(lead, Lead.Stage(what), at, reason=text)
        if "next" in entry:
            moment, lead.next_action, _text = _parts(entry["next"])
            lead.next_action_at = self.moment(moment)
            if lead.next_action_at.weekday() == SUNDAY:
                lead.next_action_at += timedelta(days=1)
        if "signed_in" in entry and lead.course:
            text = f"Signed in for the first time; {lead.course.title} is open"
            self._note(lead, LeadEvent.Kind.ENROLMENT, self.moment(entry["signed_in"]), text=text)

    def _next_owner(self) -> User | None:
        """Return whose turn it is: everybody gets every third lead."""
        return self.owners[len(self.rows.leads) % len(self.owners)] if self.owners else None

    def _move(self, lead: Lead, stage: Lead.Stage, at: datetime, *, reason: str) -> None:
        before, actor = Lead.Stage(str(lead.stage_id)), lead.owner
        if lead.answered_at is None:
            lead.answered_at = at
        self.rows.changes.append(
            StageChange(
                lead=lead,
                before_id=before,
                after_id=stage,
                actor=actor,
                stayed=at - lead.stage_since,
                created_at=at,
            )
        )
        lead.stage_id, lead.stage_since = stage, at
        if stage == Lead.Stage.CLOSED:
            lead.closing_reason = self.reasons[reason]
        if stage == Lead.Stage.ENROLLED and lead.course:
            self._note(
                lead, LeadEvent.Kind.ENROLMENT, at, text=f"Enrolled in {lead.course.title}", actor=actor
            )
        text = f"{before.label} to {stage.label}" + (f": {reason}" if reason else "")
        self._note(lead, LeadEvent.Kind.STAGE, at, text=text, actor=actor)
        if stage == Lead.Stage.ENROLLED and lead.course:
            self._mail(lead, "invitation", f"enrolment:demo:{lead.reference}:invitation", at)

    def _enrolled_at(self, lead: Lead) -> datetime:
        times = [
            event.created_at
            for event in self.rows.events
            if event.lead is lead and event.kind == LeadEvent.Kind.STAGE
        ]
        return max(times)


def _email_of(rows: Rows, person: Person) -> str:
    return next(point.as_typed for point in rows.points if point.person is person)


def _parts(line: str) -> tuple[str, str, str]:
    """Return time, what happened, and the text of a history line."""
    moment, what, *text = line.split(" | ", 2)
    return moment, what, "".join(text)


def _details(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the answers of the placement form as the form stores them."""
    answers = {name: entry[name] for name in DETAILS if name in entry}
    if "experience_years" in answers:
        answers["experience_years"] = int(answers["experience_years"])
    return answers


def _key(entry: dict[str, Any]) -> UUID:
    """Return the form key of an entry, the same on every run."""
    return uuid5(NAMESPACE_URL, f"demo-enquiry:{entry['email']}")


def _reference(entry: dict[str, Any]) -> str:
    number = _key(entry).int
    letters = ""
    for _place in range(6):
        number, rest = divmod(number, len(_REFERENCE_LETTERS))
        letters += _REFERENCE_LETTERS[rest]
    return f"ENQ-{letters[:4]}-{letters[4:]}"
