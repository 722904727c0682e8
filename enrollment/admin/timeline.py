"""What the lead page tells about a lead besides its own fields."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from courses.models import InstituteSettings
from enrollment.forms import PLACEMENT_STATUSES
from enrollment.models import ContactPoint, Lead, LeadEvent
from outbox.models import Message

PRIVATE = re.compile(r"\[\[\w+\]\]")


@dataclass(frozen=True)
class TimelineEntry:
    """One line of the timeline, with the message that it is about."""

    event: LeadEvent
    message_text: str

    @property
    def message(self) -> Message | None:
        """The message, as the outbox has it."""
        return self.event.message


def timeline(lead: Lead) -> list[TimelineEntry]:
    """Return everything that happened to the lead, newest first; one query."""
    events = lead.events.select_related("actor", "message")
    return [TimelineEntry(event, _readable(event.message)) for event in events]


def _readable(message: Message | None) -> str:
    """Return the text as it was sent, with codes and links for the receiver alone masked."""
    return PRIVATE.sub(_("(private link)"), message.text) if message else ""


@dataclass(frozen=True)
class Contact:
    """One way to reach the person, with the links that one press needs."""

    kind: str
    as_typed: str
    call: str = ""
    whatsapp: str = ""
    mail: str = ""


def contacts(lead: Lead, *, institute: InstituteSettings, staff_name: str) -> list[Contact]:
    """Return the person's addresses and numbers with links to call, write and mail."""
    return [
        _mail_contact(lead, point)
        if point.kind == ContactPoint.Kind.EMAIL
        else _phone_contact(lead, point, text=_greeting(lead, institute, staff_name))
        for point in lead.person.contact_points.all()
    ]


def _mail_contact(lead: Lead, point: ContactPoint) -> Contact:
    subject = _("Your enquiry %(reference)s") % {"reference": lead.reference}
    link = f"mailto:{quote(point.value, safe='@')}?subject={quote(subject)}"
    return Contact(point.kind, point.as_typed, mail=link)


def _phone_contact(lead: Lead, point: ContactPoint, *, text: str) -> Contact:
    digits = re.sub(r"\D", "", point.value)
    return Contact(
        point.kind,
        point.as_typed,
        call=f"tel:+{digits}",
        whatsapp=f"https://wa.me/{digits}?text={quote(text)}",
    )


def _greeting(lead: Lead, institute: InstituteSettings, staff_name: str) -> str:
    """Return the first words of a WhatsApp chat."""
    return _("Hello %(name)s, this is %(staff)s from %(institute)s. You asked about %(course)s.") % {
        "name": lead.person.name,
        "staff": staff_name or institute.name,
        "institute": institute.name,
        "course": lead.course.title if lead.course else lead.get_interest_display().lower(),
    }


def related_leads(lead: Lead) -> QuerySet[Lead]:
    """Return other leads on the same address or number: a hint only, since families share phones."""
    values = [point.value for point in lead.person.contact_points.all()]
    people = ContactPoint.objects.filter(value__in=values).values("person_id")
    return (
        Lead.objects.filter(person__in=people).exclude(pk=lead.pk).select_related("person", "course", "stage")
    )


DETAIL_LABELS = {
    "status": gettext_noop("Now"),
    "experience_years": gettext_noop("Years of experience"),
    "target_role": gettext_noop("Wanted role"),
    "skills": gettext_noop("Skills"),
}


def details(lead: Lead) -> list[tuple[str, str]]:
    """Return the answers of the placement form with their labels, empty ones left out."""
    statuses = dict(PLACEMENT_STATUSES)
    return [
        (_(label), str(statuses.get(value, value)))
        for key, label in DETAIL_LABELS.items()
        if (value := lead.details.get(key)) not in (None, "")
    ]
