"""Whether a follow-up may be sent to somebody, and in plain words why not.

Asked when it is planned, before it leaves, in previews and before a sequence is started by hand. What is
final comes first: waiting doesn't help against it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from enrollment.consents import standing
from enrollment.followups.caps import count_on_day, day_of
from enrollment.followups.facts import Facts, Institute
from enrollment.followups.hours import allowed_from, is_open_day, zone_of
from enrollment.followups.texts import filled, language_of
from enrollment.models import Consent, Lead, Person, Sequence, TextVersion
from outbox.channels import is_configured
from outbox.channels.dlt import count_parts, dlt_mismatch
from outbox.models import Channel, Message, OptOut, Suppression, address_hash
from outbox.replies import window_open

LONGEST_TEMPLATE = 1024
"""Characters of a filled text that WhatsApp approved."""
LONGEST_CHAT = 4096
"""Characters of any other text on WhatsApp."""
MOST_PARTS = 6
"""An SMS longer than this costs more than an e-mail is worth."""

Reason = Suppression.Reason


@dataclass(frozen=True)
class Refusal:
    """One thing that stands in the way."""

    code: str
    text: str
    until: datetime | None = None
    """When it may leave, where waiting helps."""
    lasting: str = ""
    """Why it waits, in words that are still true when they are read later."""
    final: bool = False
    """Whether nothing but a change of the person's mind, address or consent helps."""


class Written(Protocol):
    """A text with its places filled: `texts.Words` and `texts.Rendered` both are."""

    @property
    def subject(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def content(self) -> dict[str, Any]: ...
    @property
    def holes(self) -> tuple[str, ...]: ...


def refusals(
    *,
    lead: Lead,
    channel: str,
    basis: str,
    at: datetime,
    version: TextVersion | None = None,
    written: Written | None = None,
    facts: Facts | None = None,
    on_working_days: bool = False,
    message: Message | None = None,
) -> list[Refusal]:
    """Return all that stands in the way of sending this to a lead at this moment; final ones first.

    Of a text nothing is checked without a version or what was written from it. `message` is the one that
    is asked about, if it exists already. With facts whose institute is read, five queries for a mail, six
    for WhatsApp outside of a template; what the text names besides.
    """
    facts = facts or Facts(lead=lead, enrollment=None, entered_cohort=None, at=at, institute=Institute())
    if version and written is None:
        written = filled(version, channel, facts)
    found = [*unwanted(facts, channel=channel, basis=basis)]
    if written:
        found += unfit(written, channel=channel, number=facts.address(channel), version=version, facts=facts)
    early = too_early(facts, channel=channel, at=at, on_working_days=on_working_days, message=message)
    found += [early] if early else []
    return sorted(found, key=lambda refusal: not refusal.final)


def unwanted(facts: Facts, *, channel: str, basis: str) -> list[Refusal]:
    """Return why this person gets nothing on this channel for this reason; at most four queries."""
    person = facts.lead.person
    if person.erased_at or person.restricted_at or facts.lead.set_aside == Lead.SetAside.RESTRICTED:
        text = _("The person was erased.") if person.erased_at else _("The person's data is restricted.")
        return [_final("restricted", text)]
    return [*_unreachable(facts, channel), *_forbidden(facts, channel, basis), *_not_allowed(person, basis)]


def too_early(
    facts: Facts,
    *,
    channel: str,
    at: datetime,
    on_working_days: bool = False,
    message: Message | None = None,
) -> Refusal | None:
    """Return why a follow-up has to wait and until when; None when it may leave now.

    One query once the facts' institute has been read; none outside of the hours.
    """
    institute, person = facts.institute, facts.lead.person

    def allowed(moment: datetime) -> datetime:
        return allowed_from(
            moment,
            person=person,
            channel=channel,
            institute=institute.settings,
            calendar=institute.calendar,
            on_working_days=on_working_days,
        )

    until = allowed(at)
    if until > at:
        return _hours_refusal(facts, channel=channel, at=at, until=until, on_working_days=on_working_days)
    zone, most = zone_of(person, institute.calendar.zone), institute.settings.follow_ups_a_day
    if count_on_day(person, at=at, zone=zone, besides=message) < most:
        return None
    until = allowed(day_of(at, zone)[1])
    text = _("%(name)s has had as many follow-ups as a person gets a day (%(most)d). %(when)s") % {
        "name": person.name,
        "most": most,
        "when": _can_leave(until, at, zone=zone),
    }
    lasting = _("They had already had as many follow-ups that day as a person gets (%(most)d).") % {
        "most": most
    }
    return Refusal("daily-cap", text, until=until, lasting=lasting)


def unfit(
    written: Written, *, channel: str, number: str = "", version: TextVersion | None = None, facts: Facts
) -> list[Refusal]:
    """Return why a text can't be carried as it is; no query, one for WhatsApp outside of a template."""
    found = [
        Refusal("hole", _("Nothing is known for {%(place)s}.") % {"place": place.strip("{}")})
        for place in written.holes
    ]
    if channel == Channel.EMAIL:
        found += [] if written.subject.strip() else [Refusal("no-subject", _("The subject is empty."))]
    elif channel == Channel.WHATSAPP:
        found += _unfit_for_whatsapp(written, number)
    else:
        found += _unfit_for_sms(written, version, facts.lead.person)
    return found


def _unreachable(facts: Facts, channel: str) -> Iterator[Refusal]:
    if not facts.address(channel):
        text = (
            _("There is no e-mail address.") if channel == Channel.EMAIL else _("There is no phone number.")
        )
        yield _final("no-address", text)
    if not is_configured(channel):
        text = _("%(channel)s isn't set up on this server.") % {"channel": Channel(channel).label}
        yield Refusal("channel-off", text)


def _forbidden(facts: Facts, channel: str, basis: str) -> Iterator[Refusal]:
    """Say what addresses of the person forbid; three queries.

    Who stops what comes to one address wants it on no other; one that is dead says nothing of the others.
    """
    hashes = {(where, address_hash(address)) for where, address in facts.addresses()}
    keys = [hashed for _where, hashed in hashes]
    here = (channel, address_hash(facts.address(channel)))
    blocked = Suppression.objects.filter(address_hash__in=keys).values_list(
        "channel", "address_hash", "reason"
    )
    reasons = {
        reason: (where, hashed) == here
        for where, hashed, reason in sorted(blocked, key=lambda row: row[:2] == here)
        if (where, hashed) in hashes
    }
    opted = OptOut.objects.filter(address_hash__in=keys, topic=basis).values_list("channel", "address_hash")
    if Reason.ERASED in reasons:
        yield _final("erased", _("The person at this address was erased."))
    if reasons.get(Reason.BOUNCED):
        yield _final("bounced", _("The address doesn't exist: a message came back."))
    if Reason.COMPLAINED in reasons:
        yield _final("complained", _("They reported us as spam."))
    if Reason.UNSUBSCRIBED in reasons:
        yield _final("unsubscribed", _("They unsubscribed from everything that isn't about their place."))
    elif hashes.intersection(opted):
        topic = settings.MESSAGE_TOPICS.get(basis, basis)
        yield _final("opted-out", _("They unsubscribed from this: %(topic)s.") % {"topic": topic})


def _not_allowed(person: Person, basis: str) -> Iterator[Refusal]:
    """Say which consent is missing; one query."""
    said = standing(person) if basis != Sequence.Basis.COURSE else {}
    enquiry, news = said.get(Consent.Purpose.ENQUIRY), said.get(Consent.Purpose.NEWS)
    if basis == Sequence.Basis.ANSWER and enquiry and not enquiry.granted:
        yield _final("consent", _("They took back that we may answer their enquiry."))
    if basis != Sequence.Basis.NEWS:
        return
    if news is None:
        yield _final("consent", _("They haven't allowed course news."))
    elif not news.granted:
        yield _final("consent", _("They don't want course news any more."))
    if person.under_18 and not person.guardian_contact:
        yield _final("guardian", _("They are under 18 and no guardian is known: no course news."))


def _hours_refusal(
    facts: Facts, *, channel: str, at: datetime, until: datetime, on_working_days: bool
) -> Refusal:
    """Say that it is night, a holiday or a closed day, and when it can leave."""
    calendar, institute, person = facts.institute.calendar, facts.institute.settings, facts.lead.person
    zone = zone_of(person, calendar.zone)
    day, begin, end = at.astimezone(calendar.zone).date(), institute.follow_up_from, institute.follow_up_until
    theirs, hours = at.astimezone(zone), {"begin": f"{begin:%H:%M}", "end": f"{end:%H:%M}"}
    lasting = ""
    if not is_open_day(day, calendar, on_working_days=on_working_days):
        code = "holiday" if day in calendar.holidays else "closed-day"
        text = _("The institute is closed on %(day)s.") % {"day": date_format(day, "l j F")}
    elif channel == Channel.SMS and begin <= theirs.time() < end:
        code, text = "sms-hours", _("In India an SMS like this may leave between 10:00 and 21:00 only.")
    else:
        code = "quiet-hours"
        text = _("It is %(now)s for %(name)s; follow-ups leave from %(begin)s to %(end)s.")
        text %= {"now": f"{theirs:%H:%M}", "name": person.name, **hours}
        lasting = (
            _("Outside the hours in which follow-ups leave, %(begin)s to %(end)s where they are.") % hours
        )
    text_now = f"{text} {_can_leave(until, at, zone=zone)}"
    return Refusal(code, text_now, until=until, lasting=lasting or text)


def _unfit_for_whatsapp(written: Written, number: str) -> Iterator[Refusal]:
    longest = LONGEST_TEMPLATE
    if not written.content.get("template"):
        longest = LONGEST_CHAT
        if not window_open(number):
            text = _(
                "The text has no approved template, and they haven't written to us within 24 hours: "
                "WhatsApp carries it only as an answer."
            )
            yield Refusal("no-template", text)
    if len(written.body) > longest:
        yield _too_long(
            _("The text is too long: %(length)d characters, and WhatsApp takes %(most)d."),
            len(written.body),
            longest,
        )


def _unfit_for_sms(written: Written, version: TextVersion | None, person: Person) -> Iterator[Refusal]:
    options = settings.OUTBOX_WAYS.get(Channel.SMS, {}).get("OPTIONS", {})
    header = written.content.get("header") or options.get("header")
    if not written.content.get("template"):
        yield Refusal("no-dlt", _("The text has no DLT template id: no operator carries it."))
    if "entity_id" in options and not (options["entity_id"] and header):
        yield Refusal("no-dlt", _("The DLT entity id or header is missing on this server."))
    if version:
        registered = version.body_ta if language_of(version, person) == "ta" else version.body
        if difference := dlt_mismatch(written.body, registered):
            yield Refusal("dlt-text", difference)
    if (parts := count_parts(written.body)) > MOST_PARTS:
        yield _too_long(
            _("The text is too long: %(length)d SMS, and %(most)d is the most."), parts, MOST_PARTS
        )


def _too_long(words: str, length: int, most: int) -> Refusal:
    return Refusal("too-long", words % {"length": length, "most": most})


def _can_leave(until: datetime, at: datetime, *, zone: ZoneInfo) -> str:
    """Return when it can leave, by the clock where the person is."""
    local, today = until.astimezone(zone), at.astimezone(zone).date()
    words = {"time": f"{local:%H:%M}", "day": date_format(local, "l j F")}
    match (local.date() - today).days:
        case 0:
            return _("This one can leave today at %(time)s.") % words
        case 1:
            return _("This one can leave tomorrow at %(time)s.") % words
    return _("This one can leave on %(day)s at %(time)s.") % words


def _final(code: str, text: str) -> Refusal:
    return Refusal(code, text, final=True)
