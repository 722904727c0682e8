"""Texts of sequences: their versions, and how one is written for one person. Nothing in them is run."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.text import Truncator

from enrollment import wording
from enrollment.followups.facts import Facts
from enrollment.mails import render_mail
from enrollment.models import Lead, MessageTemplate, Person, Sequence, TextVersion
from outbox.models import Channel, Message

FIELDS = ("subject", "body", "subject_ta", "body_ta")
APPROVAL = ("whatsapp_template", "dlt_template", "dlt_header")


SUBJECT_LENGTH = 200
_PRIVATE_PLACE = re.compile(r"\[\[(?=\w+\]\])")
"""What the outbox would fill; in a text or somebody's name it is no more than letters."""
VERSION_TRIES = 5


@dataclass(frozen=True)
class Words:
    """A text with its places filled, as far as something is known for them."""

    subject: str
    body: str
    content: dict[str, Any]
    """What the channel needs besides; of a mail its middle under `body`, and its `language`."""
    holes: tuple[str, ...] = ()
    """Names of places for which nothing is known; with one it must not leave."""

    def same_as(self, message: Message) -> bool:
        """Whether a message says just this."""
        said = message.subject if message.channel == Channel.EMAIL else message.text
        written = self.subject if message.channel == Channel.EMAIL else self.body
        return said == written and message.content == self.content


@dataclass(frozen=True)
class Rendered:
    """A text as it leaves."""

    subject: str
    body: str
    """The middle: what the text says, without what every mail has around it."""
    text: str
    html: str
    content: dict[str, Any]
    holes: tuple[str, ...] = ()


def current_version(template: MessageTemplate) -> TextVersion:
    """Return the version of the text as it is now, made if it has changed; one query for a known one.

    Two callers at once get the same version.
    """
    digest = digest_of(template)
    for tries_left in reversed(range(VERSION_TRIES)):
        newest = TextVersion.objects.filter(template=template).order_by("-number").first()
        if newest and newest.digest == digest:
            return newest
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
            if not tries_left:
                raise
    raise AssertionError


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


def filled(version: TextVersion, channel: str, facts: Facts) -> Words:
    """Return a version with its places filled for one person; reads only the facts that it names."""
    language = language_of(version, facts.lead.person)
    in_tamil = language == Person.Language.TAMIL
    subject = (version.subject_ta or version.subject) if in_tamil else version.subject
    body = version.body_ta if in_tamil else version.body
    places = wording.places_in(body)
    if channel == Channel.EMAIL:
        names = list(dict.fromkeys([*wording.places_in(subject), *places]))
    else:
        subject, names = "", places
    values = values_of(names, facts, language=language)
    filled_body = wording.fill(body, values)
    return Words(
        subject=_one_line(wording.fill(subject, values)),
        body=filled_body,
        content=_content(version, channel, language, body=filled_body, values=[values[n] for n in places]),
        holes=tuple(name for name in names if not values[name]),
    )


def rendered(version: TextVersion, channel: str, facts: Facts, *, sequence: Sequence) -> Rendered:
    """Return a version as it leaves to a person on a channel; places that nothing fills stay as they are."""
    words = filled(version, channel, facts)
    if channel == Channel.EMAIL:
        language = words.content["language"]
        return dressed(
            words.subject, words.body, facts, sequence=sequence, language=language, holes=words.holes
        )
    return Rendered(
        subject="", body=words.body, text=words.body, html="", content=words.content, holes=words.holes
    )


def dressed(
    subject: str,
    body: str,
    facts: Facts,
    *,
    sequence: Sequence,
    language: str = Person.Language.ENGLISH,
    holes: tuple[str, ...] = (),
) -> Rendered:
    """Return a mail with this text in its middle: the institute's look, and the way to unsubscribe."""
    subject = _one_line(subject)
    context = {
        "subject": subject,
        "body": _PRIVATE_PLACE.sub("[\N{WORD JOINER}[", body),
        "lead": facts.lead,
        "institute": facts.institute.settings,
        "basis": sequence.basis,
        "language": language,
    }
    mail = render_mail("followup", context)
    return Rendered(
        subject=subject,
        body=body,
        text=mail.text,
        html=mail.html,
        content={"body": body, "language": str(language)},
        holes=holes,
    )


def middle_of(message: Message) -> str:
    """Return what a waiting message says, without what every mail has around it."""
    return str(message.content.get("body", message.text))


def values_of(
    names: Iterable[str], facts: Facts, *, language: str = Person.Language.ENGLISH
) -> dict[str, str]:
    """Return what comes in these places, dates as the language writes them; empty where nothing is known."""
    with translation.override(language if language == Person.Language.TAMIL else settings.LANGUAGE_CODE):
        owner = facts.lead.owner
        values = wording.values_for(
            facts.lead, institute=facts.institute.settings, staff_name=owner.name if owner else ""
        )
        if facts.course:
            values |= {"course": facts.course.title, "course_url": wording.course_url(facts.course)}
        if language == Person.Language.TAMIL:
            values |= _in_tamil(facts, values)
        values |= {name: _FILLED_BY[name](facts) for name in names if name in _FILLED_BY}
    return {name: values.get(name, "") for name in names}


def _in_tamil(facts: Facts, values: dict[str, str]) -> dict[str, str]:
    """Return what the English words of the product would otherwise say in the middle of a Tamil text."""
    words = {"hours": values["hours"].replace(" to ", " \N{EN DASH} ")}
    if facts.course is None:
        is_placement = facts.lead.interest == Lead.Interest.PLACEMENT
        words["course"] = "வேலைவாய்ப்பு உதவி" if is_placement else "எங்கள் படிப்புகள்"
    return words


def _one_line(subject: str) -> str:
    return Truncator(" ".join(subject.split())).chars(SUBJECT_LENGTH)


def _content(
    version: TextVersion, channel: str, language: str, *, body: str, values: list[str]
) -> dict[str, Any]:
    if channel == Channel.EMAIL:
        return {"body": body, "language": str(language)}
    if channel == Channel.SMS:
        return {"template": version.approval["dlt_template"], "header": version.approval["dlt_header"]}
    if template := version.approval["whatsapp_template"]:
        parameters = [" ".join(value.split()) for value in values]
        return {"template": template, "language": str(language), "parameters": parameters}
    return {"session": True}


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
