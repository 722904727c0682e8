"""Texts of sequences: their versions, and how one is written for one person. Nothing in them is run."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.formats import date_format

from enrollment import wording
from enrollment.followups.facts import Facts
from enrollment.mails import render_mail
from enrollment.models import MessageTemplate, Person, Sequence, TextVersion
from outbox.models import Channel

FIELDS = ("subject", "body", "subject_ta", "body_ta")
APPROVAL = ("whatsapp_template", "dlt_template", "dlt_header")


@dataclass(frozen=True)
class Rendered:
    """A text as it leaves."""

    subject: str
    body: str
    """The middle: what the text says, without what every mail has around it."""
    text: str
    html: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    """What the channel needs besides, and for a mail its middle under `body`."""
    holes: tuple[str, ...] = ()
    """Names of places for which nothing is known; with one, it must not leave."""


def current_version(template: MessageTemplate) -> TextVersion:
    """Return the version of the text as it is now, made if it has changed; one query for a known one.

    Two callers at once get the same version.
    """
    digest = digest_of(template)
    newest = TextVersion.objects.filter(template=template).order_by("-number").first()
    while newest is None or newest.digest != digest:
        try:
            with transaction.atomic():
                return TextVersion.objects.create(
                    template=template,
                    number=newest.number + 1 if newest else 1,
                    digest=digest,
                    approval={name: getattr(template, name) for name in APPROVAL},
                    **{name: getattr(template, name) for name in FIELDS},
                )
        except IntegrityError:
            newest = TextVersion.objects.filter(template=template).order_by("-number").first()
    return newest


def unsaved_version(template: MessageTemplate) -> TextVersion:
    """Return what a text would be as a version, for previews and rehearsals; nothing is written."""
    return TextVersion(
        template=template,
        number=0,
        approval={name: getattr(template, name) for name in APPROVAL},
        **{name: getattr(template, name) for name in FIELDS},
    )


def digest_of(template: MessageTemplate) -> str:
    """Return what tells two wordings of a text apart."""
    fields = [getattr(template, name) for name in (*FIELDS, *APPROVAL)]
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()


def wording_of(version: TextVersion) -> str:
    """Return how a message names the version that it was written from."""
    return f"{version.template_id}.{version.number}"


def language_of(version: TextVersion, person: Person) -> str:
    """Return in which language the person gets this text: their own if it is written in it."""
    return Person.Language.TAMIL if person.language == "ta" and version.body_ta else Person.Language.ENGLISH


def rendered(version: TextVersion, channel: str, facts: Facts, *, sequence: Sequence) -> Rendered:
    """Return a version written for one person on one channel.

    Reads only the facts that the text names.
    """
    language = language_of(version, facts.lead.person)
    in_tamil = language == Person.Language.TAMIL
    subject = (version.subject_ta or version.subject) if in_tamil else version.subject
    body = version.body_ta if in_tamil else version.body
    names = wording.places_in(f"{subject}\n{body}")
    values = values_of(names, facts, language=language)
    filled_subject = " ".join(wording.fill(subject, values).split())
    filled_body = wording.fill(body, values)
    holes = tuple(name for name in names if not values.get(name))
    if channel == Channel.EMAIL:
        return dressed(filled_subject, filled_body, facts, sequence=sequence, language=language, holes=holes)
    if channel == Channel.WHATSAPP:
        parameters = [" ".join(values.get(name, "").split()) for name in wording.places_in(body)]
        content = _whatsapp(version, language=language, parameters=parameters)
    else:
        content = {"template": version.approval["dlt_template"], "header": version.approval["dlt_header"]}
    return Rendered(subject="", body=filled_body, text=filled_body, content=content, holes=holes)


def dressed(
    subject: str,
    body: str,
    facts: Facts,
    *,
    sequence: Sequence,
    language: str = Person.Language.ENGLISH,
    holes: tuple[str, ...] = (),
) -> Rendered:
    """Return a mail around this middle, with the institute's look and the way to unsubscribe."""
    context = {
        "subject": subject,
        "body": body,
        "lead": facts.lead,
        "course": facts.course,
        "institute": facts.institute.settings,
        "basis": sequence.basis,
        "language": language,
    }
    mail = render_mail("followup", context)
    return Rendered(
        subject=mail.subject,
        body=body,
        text=mail.text,
        html=mail.html,
        content={"body": body, "language": language},
        holes=holes,
    )


def values_of(names: list[str], facts: Facts, *, language: str) -> dict[str, str]:
    """Return what comes in these places; dates and numbers as the language writes them."""
    with translation.override(language):
        values = wording.values_for(
            facts.lead,
            institute=facts.institute.settings,
            staff_name=facts.lead.owner.name if facts.lead.owner else "",
        )
        if facts.course:
            values |= {"course": facts.course.title, "course_url": wording.course_url(facts.course)}
        return values | {name: _FILLED_BY[name](facts) for name in names if name in _FILLED_BY}


def _whatsapp(version: TextVersion, *, language: str, parameters: list[str]) -> dict[str, Any]:
    template = version.approval["whatsapp_template"]
    if not template:
        return {"session": True}
    return {"template": template, "language": language, "parameters": parameters}


def _cohort_start(facts: Facts) -> str:
    return date_format(facts.cohort.starts_on, "j F") if facts.cohort else ""


def _seats_left(facts: Facts) -> str:
    return str(facts.cohort.seats_left) if facts.cohort else ""


def _lesson(facts: Facts) -> str:
    return facts.next_lesson.title if facts.next_lesson else ""


def _lesson_url(facts: Facts) -> str:
    """The next lesson's address; the course's for a learner who has done them all."""
    if facts.enrollment is None or facts.course is None:
        return ""
    page = facts.next_lesson or facts.course
    return wording.page_url(page.url_path)


def _days_inactive(facts: Facts) -> str:
    return "" if facts.days_inactive is None else str(facts.days_inactive)


_FILLED_BY = {
    "cohort_start": _cohort_start,
    "seats_left": _seats_left,
    "lesson": _lesson,
    "lesson_url": _lesson_url,
    "days_inactive": _days_inactive,
}
