"""A text as one real person would get it, with what is worth knowing before it leaves."""

from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from enrollment.admin.search import find_leads
from enrollment.followups.checking import Refusal, refusals
from enrollment.followups.facts import facts_of_lead
from enrollment.followups.texts import Rendered, rendered, unsaved_version
from enrollment.models import Lead, MessageTemplate, Person, Sequence
from enrollment.wording import places_in
from outbox.channels.dlt import count_parts, is_unicode
from outbox.models import Channel

MOST_MATCHES = 5
HOLE = "hole"
"""A refusal that the preview shows in the text itself."""


@dataclass(frozen=True)
class Size:
    """How long an SMS is, and how many it is paid as."""

    characters: int
    parts: int
    is_unicode: bool


@dataclass(frozen=True)
class Parameter:
    """A variable of an approved template: its number there, our place, and what fills it."""

    number: str
    place: str
    value: str


@dataclass(frozen=True)
class Preview:
    """A text, written for a lead."""

    lead: Lead
    language: str
    written: Rendered
    subject: SafeString
    body: SafeString
    html: str
    parameters: list[Parameter]
    registered: str
    """The text as it must be registered for DLT; empty for other channels."""
    size: Size | None
    refusals: list[Refusal]
    """What else stands in the way of sending it to them now."""

    @property
    def holes(self) -> list[str]:
        """The places, in their brackets, that nothing fills for this lead."""
        return [f"{{{name}}}" for name in self.written.holes]


def find_for_preview(query: str, *, chosen: str = "") -> list[Lead]:
    """Return the chosen lead, else the newest that match, else (without a query) the newest; one query."""
    leads = Lead.objects.select_related("person__user", "owner", "course").order_by("-created_at", "-pk")
    if chosen:
        return list(leads.filter(reference=chosen))
    return list(find_leads(leads, query)[:MOST_MATCHES]) if query.strip() else list(leads[:1])


def preview(text: MessageTemplate, lead: Lead, *, language: str, sequence: Sequence | None) -> Preview:
    """Write a text, saved or not, for a lead; nothing is saved. `language` overrides what they read."""
    if language:
        lead.person.language = language
    asked = sequence or Sequence(basis=Sequence.Basis.ANSWER)
    facts, version = facts_of_lead(lead), unsaved_version(text)
    written = rendered(version, text.channel, facts, sequence=asked)
    refused = refusals(
        lead=lead,
        channel=text.channel,
        basis=asked.basis,
        at=facts.at,
        version=version,
        written=written,
        facts=facts,
    )
    in_tamil = lead.person.language == Person.Language.TAMIL and bool(text.body_ta)
    source = text.body_ta if in_tamil else text.body
    return Preview(
        lead=lead,
        language=Person.Language.TAMIL if in_tamil else Person.Language.ENGLISH,
        written=written,
        subject=_marked(written.subject, written.holes),
        body=_marked(written.body, written.holes),
        html=_mail(written),
        parameters=_parameters(written, source) if text.channel == Channel.WHATSAPP else [],
        registered=_registered(source) if text.channel == Channel.SMS else "",
        size=_size(written.text) if text.channel == Channel.SMS else None,
        refusals=[refusal for refusal in refused if refusal.code != HOLE],
    )


def sequence_of(text: MessageTemplate | None) -> Sequence | None:
    """Return a sequence that sends a saved text; one query."""
    return Sequence.objects.filter(steps__text=text).order_by("pk").first() if text else None


def _marked(text: str, holes: tuple[str, ...]) -> SafeString:
    """Return text as HTML with the places that nothing fills marked."""
    html: str = escape(text)
    for name in holes:
        html = html.replace(f"{{{name}}}", f"<mark>{{{name}}}</mark>")
    return mark_safe(html)  # noqa: S308 - escaped above; names of places are ours


def _mail(written: Rendered) -> str:
    """Return the mail as most programs show it: in its own light colours, whatever the CMS has."""
    html = written.html.replace("[[unsubscribe_url]]", "#").replace('content="light dark"', 'content="light"')
    for name in written.holes:
        html = html.replace(f"{{{name}}}", f"<mark>{{{name}}}</mark>")
    return html


def _parameters(written: Rendered, source: str) -> list[Parameter]:
    values = written.content.get("parameters") or []
    return [
        Parameter(number=f"{{{{{number}}}}}", place=f"{{{name}}}", value=value)
        for number, (name, value) in enumerate(zip(places_in(source), values, strict=False), 1)
    ]


def _registered(source: str) -> str:
    for name in places_in(source):
        source = source.replace(f"{{{name}}}", "{#var#}")
    return source


def _size(text: str) -> Size:
    return Size(characters=len(text), parts=count_parts(text), is_unicode=is_unicode(text))
