"""One row of a table as answers, checked by the rules of the enquiry form."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.fields import CleanCharField, LineField
from accounts.models import User
from courses.models import CoursePage
from enrollment.access import admissions_workers
from enrollment.forms import LINK, PHONE_FORMAT, EnquiryForm
from enrollment.importing.columns import FIELDS, Mapping
from enrollment.importing.reading import Row
from enrollment.models import Lead
from enrollment.phones import parse_phone
from enrollment.spreadsheets import FORMULA_STARTS

OLDEST = 2000
"""A year before which nobody asked."""
DATE_FORMATS = (
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d/%m/%y",
    "%d-%m-%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d %B %Y",
)
TIME_FORMATS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
YES = {"yes", "y", "true", "1", "x", "agreed", "granted"}
NO = {"no", "n", "false", "0", "-"}
CHOICES: dict[str, type[TextChoices]] = {
    "source": Lead.Source,
    "best_time": Lead.BestTime,
    "contact_by": Lead.ContactBy,
}
SHORTENED = re.compile(r"\d+([.,]\d+)?e\+?\d+", re.IGNORECASE)
"""A long number as a spreadsheet shows it, its last digits lost."""


@dataclass
class Answers:
    """What a row says, cleaned."""

    number: int
    cells: list[str]
    name: str = ""
    email: str = ""
    phone: str = ""
    e164: str = ""
    course: int | None = None
    source: str = Lead.Source.IMPORT
    owner: int | None = None
    contact_by: str = Lead.ContactBy.EMAIL
    best_time: str = ""
    message: str = ""
    campaign: str = ""
    created_at: datetime | None = None
    consent: bool = False
    problems: list[str] = field(default_factory=list)


class AnswerReader:
    """Reads rows by one mapping. Making it costs two queries, reading a row none."""

    def __init__(self, headings: list[str], mapping: Mapping) -> None:
        columns = mapping["columns"]
        self._width = len(headings)
        self._position = {columns[name]: at for at, name in enumerate(headings) if name in columns}
        self._values = mapping["values"]
        self._courses = _courses()
        self._owners = _owners()
        self._choices = {name: _spellings(choices) for name, choices in CHOICES.items()}
        self._name = EnquiryForm.base_fields["name"]
        self._email = EnquiryForm.base_fields["email"]
        self._message = CleanCharField(required=False, max_length=5_000)
        self._campaign = LineField(required=False, max_length=100)

    def read(self, row: Row) -> Answers:
        """Return the answers, with a sentence for each problem."""
        number, cells = row
        answers = Answers(number, cells)
        if len(cells) > self._width:
            answers.problems.append(_("The row has more cells than there are headings."))
        self._read_person(answers)
        self._read_wishes(answers)
        return answers

    def recall(self, row: Row) -> Answers:
        """Return who a row is about and which course, all that is needed of one that was read before."""
        answers = Answers(*row)
        self._read_person(answers)
        self._read_course(answers)
        return answers

    def _read_person(self, answers: Answers) -> None:
        name = " ".join(filter(None, [self._cell(answers, "name"), self._cell(answers, "last_name")]))
        if name:
            answers.name = self._cleaned(answers, "name", name, self._name)
        else:
            self._note(answers, "name", _("Enter the person's name"))
        if LINK.search(answers.name):
            self._note(answers, "name", _("Enter a name without a web address"))
        if email := self._cell(answers, "email"):
            answers.email = self._cleaned(answers, "email", email, self._email)
        if phone := self._cell(answers, "phone"):
            answers.phone, answers.e164 = phone[:254], self._number(answers, phone)
        if not email and not phone:
            answers.problems.append(_("The row has neither an e-mail address nor a phone number."))

    def _number(self, answers: Answers, phone: str) -> str:
        number = None if SHORTENED.fullmatch(phone) or len(phone) > 40 else parse_phone(phone)
        if number is None:
            self._note(answers, "phone", str(PHONE_FORMAT))
        return number or ""

    def _read_wishes(self, answers: Answers) -> None:
        answers.message = self._cleaned(answers, "message", self._cell(answers, "message"), self._message)
        answers.campaign = self._cleaned(answers, "campaign", self._cell(answers, "campaign"), self._campaign)
        self._read_course(answers)
        self._read_owner(answers)
        answers.source = (
            self._choice(answers, "source") or self._values.get("source") or Lead.Source.IMPORT.value
        )
        answers.best_time = self._choice(answers, "best_time")
        answers.contact_by = self._contact_by(answers)
        if asked := self._cell(answers, "created_at"):
            answers.created_at = self._moment(answers, asked)
        if said := self._cell(answers, "consent").casefold():
            answers.consent = said in YES
            if said not in YES | NO:
                self._note(answers, "consent", _("Enter yes or no"))

    def _read_course(self, answers: Answers) -> None:
        named = self._cell(answers, "course")
        if not named:
            answers.course = int(self._values.get("course") or 0) or None
            return
        answers.course = self._courses.get(_squashed(named))
        if answers.course is None:
            self._note(answers, "course", _("Enter the title of a published course"))

    def _read_owner(self, answers: Answers) -> None:
        if named := self._cell(answers, "owner"):
            answers.owner = self._owners.get(_squashed(named))
            if answers.owner is None:
                self._note(
                    answers, "owner", _("Enter the name or e-mail address of somebody who works leads")
                )

    def _contact_by(self, answers: Answers) -> str:
        """Return the way that is asked for if it is there, else the one that is."""
        wanted = self._choice(answers, "contact_by")
        if not answers.e164:
            return Lead.ContactBy.EMAIL
        if not answers.email and wanted == Lead.ContactBy.EMAIL:
            return Lead.ContactBy.PHONE
        return wanted or (Lead.ContactBy.EMAIL if answers.email else Lead.ContactBy.PHONE)

    def _choice(self, answers: Answers, name: str) -> str:
        said = _squashed(self._cell(answers, name))
        if not said:
            return ""
        value = self._choices[name].get(said, "")
        if not value:
            offered = ", ".join(str(label) for label in CHOICES[name].labels)
            self._note(answers, name, _("Use one of: %(offered)s") % {"offered": offered})
        return value

    def _moment(self, answers: Answers, said: str) -> datetime | None:
        moment = parse_moment(said)
        if moment is None:
            self._note(answers, "created_at", _("Enter a date like 2026-11-23 or 23/11/2026"))
        elif moment > timezone.now() + timedelta(days=1) or moment.year < OLDEST:
            self._note(answers, "created_at", _("Enter a date that is past"))
            return None
        return moment

    def _cell(self, answers: Answers, name: str) -> str:
        """Return the cell that fills the field, without the quote that defuses formulas."""
        at = self._position.get(name)
        text = answers.cells[at] if at is not None and at < len(answers.cells) else ""
        return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text

    def _cleaned(self, answers: Answers, name: str, text: str, rule: forms.Field) -> str:
        try:
            return str(rule.clean(text))
        except ValidationError as error:
            self._note(answers, name, error.messages[0])
            return ""

    def _note(self, answers: Answers, name: str, problem: str) -> None:
        answers.problems.append(f"{FIELDS[name].label}: {problem}.")


def parse_moment(said: str) -> datetime | None:
    """Return the moment that a date, with or without a time, names in ISO or Indian order; else None."""
    text = " ".join(said.split())
    try:
        found = parse_datetime(text) or datetime.fromisoformat(text)
    except ValueError:
        found = None
    for date_format in () if found else DATE_FORMATS:
        for time_format in TIME_FORMATS:
            try:
                found = found or datetime.strptime(text, date_format + time_format)  # noqa: DTZ007 - made aware
            except ValueError:
                continue
    if found is None or found.year < 2:
        return None
    return found if timezone.is_aware(found) else timezone.make_aware(found, timezone.get_default_timezone())


def _squashed(text: str) -> str:
    return " ".join(text.casefold().split())


def _spellings(choices: type[TextChoices]) -> dict[str, str]:
    """Return the value of each choice by its label and by itself."""
    named = {_squashed(str(label)): str(value) for value, label in choices.choices}
    return (
        named
        | {value: value for value in choices.values}
        | {value.replace("-", " "): value for value in choices.values}
    )


def _courses() -> dict[str, int]:
    """Return published courses by key, slug and, where it names one alone, title."""
    pages = list(CoursePage.objects.live().values_list("pk", "slug", "title"))
    titles = Counter(_squashed(title) for _pk, _slug, title in pages)
    named = {_squashed(title): pk for pk, _slug, title in pages if titles[_squashed(title)] == 1}
    return named | {slug: pk for pk, slug, _title in pages} | {str(pk): pk for pk, _slug, _title in pages}


def _owners() -> dict[str, int]:
    """Return people who work leads by e-mail address and, where it names one alone, name."""
    people: list[User] = list(admissions_workers())
    names = Counter(_squashed(str(person)) for person in people)
    named = {_squashed(str(person)): person.pk for person in people if names[_squashed(str(person))] == 1}
    return named | {person.email.casefold(): person.pk for person in people}
