"""What became of a message, in plain words: for whoever asks whether somebody got it."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outbox.models import DeliveryAttempt, Message, ProviderEvent, Report, Suppression
from outbox.verdict import BACK_OFF

State = Message.State
Outcome = DeliveryAttempt.Outcome

_PRIVATE = re.compile(r"\[\[\w+\]\]")
_REPORTED = {
    Report.DELIVERED: gettext_lazy("delivered %(when)s"),
    Report.READ: gettext_lazy("read %(when)s"),
    Report.FAILED: gettext_lazy("not delivered, says the provider at %(when)s"),
    Report.BOUNCED: gettext_lazy("came back %(when)s: the address doesn't exist"),
    Report.COMPLAINED: gettext_lazy("reported as spam %(when)s"),
}
_FORBIDDEN = {
    Suppression.Reason.UNSUBSCRIBED: gettext_lazy("they unsubscribed"),
    Suppression.Reason.COMPLAINED: gettext_lazy("they reported us as spam"),
    Suppression.Reason.BOUNCED: gettext_lazy("the address doesn't exist"),
    Suppression.Reason.ERASED: gettext_lazy("the person was restricted or erased"),
}


@dataclass(frozen=True)
class Line:
    """One thing that happened to a message."""

    at: datetime
    words: str
    detail: str = ""


def history(path: str = "") -> tuple[Prefetch, Prefetch]:
    """Return the prefetches for tries and reports; `path` leads from other rows to their message."""
    events = ProviderEvent.objects.defer("payload").order_by("received_at", "pk")
    return Prefetch(f"{path}deliveries"), Prefetch(f"{path}events", events)


def known_as(messages: QuerySet[Message], text: str) -> QuerySet[Message]:
    """Return the messages to an address or number, or of a Message-ID, a key or a provider's id.

    Each is compared whole, because an index stands behind each.
    """
    bare = text.strip().strip("<>")
    named = Q(message_id=f"<{bare}>") | Q(key=bare) | Q(provider_id=bare, provider_id__gt="")
    return messages.alias(lower_to=Lower("to")).filter(Q(lower_to=bare.lower()) | named)


def in_words(message: Message) -> str:
    """Say in one line how a message stands; no query where its events were fetched with it."""
    match message.state:
        case State.PENDING:
            return _waiting(message)
        case State.CLAIMED | State.SENDING:
            return _("Being sent now")
        case State.SENT:
            return _left(message)
        case State.FAILED:
            return _failed(message)
        case State.UNKNOWN:
            return _("Unclear: it may have arrived")
    words = _("Not tried again: %(why)s") if message.attempts else _("Not sent: %(why)s")
    return words % {"why": _reason(message.last_error)}


def happenings(message: Message) -> list[Line]:
    """Return the tries and what the provider told, in their order; no query where both were fetched."""
    tries = [
        Line(attempt.finished_at, attempt.get_outcome_display(), attempt.detail)
        for attempt in message.deliveries.all()
    ]
    told = [Line(event.received_at, _told(event)) for event in message.events.all()]
    return sorted([*tries, *told], key=lambda line: line.at)


def readable_text(message: Message) -> str:
    """Return the text as it was queued; codes and links that are for the receiver alone stay hidden."""
    return _PRIVATE.sub(_("(private link)"), message.text)


def moment_in_words(moment: datetime) -> str:
    """Return the time of day for today, with the day for the days around, and with the year beyond."""
    local, today = timezone.localtime(moment), timezone.localdate()
    if local.date() == today:
        return date_format(local, "H:i")
    return date_format(local, "D j M, H:i" if local.year == today.year else "D j M Y, H:i")


def _waiting(message: Message) -> str:
    when = {"when": moment_in_words(message.due_at), "why": message.last_error}
    if message.due_at <= timezone.now():
        return _("Due since %(when)s") % when
    if message.attempts:
        return _("Will be tried again %(when)s: %(why)s") % when
    return (
        _("Waiting until %(when)s: %(why)s") % when
        if message.last_error
        else _("Waiting until %(when)s") % when
    )


def _left(message: Message) -> str:
    """Return when it left and what is known since: of each kind of report the first."""
    reported: dict[str, datetime] = {}
    for event in message.events.all():
        reported.setdefault(event.kind, event.received_at)
    if message.report and message.reported_at:
        reported.setdefault(message.report, message.reported_at)
    told = [
        words % {"when": moment_in_words(reported[report])}
        for report, words in _REPORTED.items()
        if report in reported
    ]
    sent_at = message.sent_at or message.due_at
    return ", ".join([_("Sent %(when)s") % {"when": moment_in_words(sent_at)}, *told])


def _failed(message: Message) -> str:
    why = {"why": message.last_error or _("no reason was given"), "tries": message.attempts}
    if message.handled_at:
        return _("Failed, and dealt with: %(why)s") % why
    if message.attempts > len(BACK_OFF):
        return _("Given up after %(tries)d tries: %(why)s") % why
    return _("Refused: %(why)s") % why


def _reason(said: str) -> str:
    """Return why a message was cancelled so that it goes on a sentence."""
    for reason, words in _FORBIDDEN.items():
        if said == str(reason.label):
            return str(words)
    return said[:1].lower() + said[1:] if said else _("it was taken back")


def _told(event: ProviderEvent) -> str:
    return str(Report(event.kind).label) if event.kind in Report else event.kind
