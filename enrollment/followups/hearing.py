"""What people tell us outside of the desk: they answer a message, or want no more of them.

Somebody who answered hears nothing more by itself, on any of their leads, until staff decide. Where a family
shares an address or a number, nobody can tell who wrote; then it counts for each of them, since a follow-up
that was stopped needlessly costs a press and one that was sent after an answer costs trust.
"""

from collections.abc import Iterable

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from enrollment.followups.stopping import Why, stop_runs_of
from enrollment.models import (
    Consent,
    ContactPoint,
    Lead,
    LeadEvent,
    Person,
    PipelineStage,
    Sequence,
    SequenceRun,
)
from outbox.models import Channel, Reply, Suppression

LONGEST_REPLY = 10000
NEWS_TOPICS = ("", "news")
"""What is unsubscribed from when course news isn't wanted any more."""
WHY = {
    Suppression.Reason.UNSUBSCRIBED: Why.UNSUBSCRIBED,
    Suppression.Reason.COMPLAINED: Why.COMPLAINED,
    Suppression.Reason.BOUNCED: Why.BOUNCED,
    Suppression.Reason.ERASED: Why.ERASED,
}

log = structlog.get_logger(__name__)


@transaction.atomic
def take_reply(reply: Reply) -> list[Lead]:
    """Put an answer on the timeline and stop what it stops; return the leads that it was put on.

    It belongs to the lead whose message it answers, else to the newest lead of whoever has the sender's
    address. An automatic answer is none.
    """
    if reply.is_automatic:
        return []
    answered = _lead_of_message(reply)
    people = {answered.person_id} if answered else people_at(reply.sender, reply.channel)
    _lock_leads_of(people)
    leads = [answered] if answered else _newest_leads(people)
    text = _words(reply, shared=len(leads) > 1)
    LeadEvent.objects.bulk_create(
        LeadEvent(lead=lead, kind=LeadEvent.Kind.REPLY, text=text) for lead in leads
    )
    stop_runs_of(people, Why.REPLY)
    log.info("reply_taken", reply=reply.pk, leads=[lead.pk for lead in leads])
    return leads


@transaction.atomic
def take_suppression(*, address: str, channel: str, reason: str, topic: str) -> None:
    """Stop the runs of everybody at an address that gets nothing more, or nothing more on a topic.

    Who unsubscribes from news, from everything, or calls it spam has taken their consent to news back.
    """
    people = people_at(address, channel)
    if not people:
        return
    _lock_leads_of(people)
    if topic in NEWS_TOPICS and reason in {
        Suppression.Reason.UNSUBSCRIBED,
        Suppression.Reason.COMPLAINED,
    }:
        _take_back_news(people, channel=channel)
    dead = channel if reason == Suppression.Reason.BOUNCED else ""
    stop_runs_of(people, WHY[Suppression.Reason(reason)], topic=topic, channel=dead)


@transaction.atomic
def take_subscription(*, address: str, channel: str, topic: str) -> None:
    """Write down that news is wanted again by those who unsubscribed from it themselves.

    Runs that stopped stay stopped. What was told to staff isn't changed by a link. A START from a number
    gives no consent: numbers can be forged, the link in a mail can't.
    """
    if topic != Sequence.Basis.NEWS or channel != Channel.EMAIL:
        return
    people = people_at(address, channel)
    _lock_leads_of(people)
    _write_down(
        [consent for consent in _newest_on_news(people) if not consent.granted and consent.actor_id is None],
        granted=True,
        channel=channel,
    )


def people_at(address: str, channel: str) -> set[int]:
    """Return the keys of those who are reached at an address or a number, without restricted ones; one query.

    By e-mail also those whose account has it: learners are written to there.
    """
    kind = ContactPoint.Kind.EMAIL if channel == Channel.EMAIL else ContactPoint.Kind.PHONE
    found = Q(contact_points__kind=kind, contact_points__value=address.lower())
    if channel == Channel.EMAIL:
        found |= Q(user__email=address.lower())
    return set(Person.objects.filter(found, restricted_at=None).order_by().values_list("pk", flat=True))


def _lead_of_message(reply: Reply) -> Lead | None:
    """Return the lead whose message is answered; at most two queries."""
    if reply.message_id is None:
        return None
    told = LeadEvent.objects.filter(message=reply.message_id).values("lead")
    running = SequenceRun.objects.filter(message=reply.message_id).values("lead")
    return Lead.everything.filter(Q(pk__in=told) | Q(pk__in=running)).first()


def _newest_leads(people: Iterable[int]) -> list[Lead]:
    """Return one lead a person: one with follow-ups, else an open one, else the newest; no hidden one."""
    running = Exists(SequenceRun.objects.active().filter(lead=OuterRef("pk")))
    leads = Lead.objects.filter(person__in=people).annotate(is_written_to=running)
    newest: dict[int, Lead] = {}
    for lead in sorted(
        leads,
        key=lambda lead: (lead.is_written_to, lead.stage_id not in PipelineStage.ENDED, lead.pk),
        reverse=True,
    ):
        newest.setdefault(lead.person_id, lead)
    return sorted(newest.values(), key=lambda lead: lead.pk)


def _lock_leads_of(people: Iterable[int]) -> None:
    """Lock all leads of these people in order, as everybody does who changes more than one."""
    leads = Lead.everything.filter(person__in=list(people)).order_by("pk")
    list(leads.select_for_update(of=["self"], no_key=True).values_list("pk", flat=True))


def _words(reply: Reply, *, shared: bool) -> str:
    """Return the answer as the timeline tells it."""
    parts = [reply.subject, reply.text[:LONGEST_REPLY].strip()]
    text = "\n\n".join(filter(None, parts)) or _("An answer without text (%(channel)s)") % {
        "channel": reply.get_channel_display()
    }
    if shared:
        whose = _("From %(sender)s, which several people share: it is not known who wrote.")
        text = f"{whose % {'sender': reply.sender}}\n\n{text}"
    return text


def _take_back_news(people: Iterable[int], *, channel: str) -> None:
    """Write down that news isn't wanted any more, for those who had allowed it."""
    _write_down(
        [consent for consent in _newest_on_news(people) if consent.granted], granted=False, channel=channel
    )


def _newest_on_news(people: Iterable[int]) -> list[Consent]:
    """Return the newest word of each of these people on course news; one query."""
    said: dict[int, Consent] = {}
    news = Consent.objects.filter(person__in=people, purpose=Consent.Purpose.NEWS)
    for consent in news.order_by("created_at", "pk"):
        said[consent.person_id] = consent
    return list(said.values())


def _write_down(consents: Iterable[Consent], *, granted: bool, channel: str) -> None:
    Consent.objects.bulk_create(
        Consent(
            person_id=consent.person_id,
            purpose=consent.purpose,
            channel=channel,
            granted=granted,
            notice_version=consent.notice_version,
            language=consent.language,
        )
        for consent in consents
    )
