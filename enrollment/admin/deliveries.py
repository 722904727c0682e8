"""Messages as the desk finds them: whom they were for, from which text, and what waits for a decision."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from courses import wall_clock
from enrollment.admin.permissions import may_manage_leads
from enrollment.admin.search import REFERENCE
from enrollment.models import ContactPoint, Lead, LeadEvent, MessageTemplate, Sequence, SequenceRun
from enrollment.phones import parse_phone
from enrollment.settling import run_key
from outbox import health
from outbox.ledger import history, in_words, known_as
from outbox.models import Channel, DeliveryAttempt, Message
from outbox.personal import FORGOTTEN

State = Message.State

QUEUES = {"unclear": State.UNKNOWN, "failed": State.FAILED}
"""The work queues and the state of the messages in them."""
KINDS_SHOWN = 8
COUNTED = 1000
STATES = {
    "waiting": (gettext_lazy("Waiting"), [State.PENDING, State.CLAIMED, State.SENDING]),
    "sent": (gettext_lazy("Sent"), [State.SENT]),
    "unclear": (gettext_lazy("Unclear"), [State.UNKNOWN]),
    "failed": (gettext_lazy("Refused"), [State.FAILED]),
    "cancelled": (gettext_lazy("Not sent"), [State.CANCELLED]),
}


def visible_messages(user: User) -> QuerySet[Message]:
    """Return the messages that the user may see: none to a restricted person.

    What is written to colleagues is for who manages leads.
    """
    hidden = ContactPoint.objects.filter(person__restricted_at__isnull=False).exclude(
        Exists(ContactPoint.objects.filter(value=OuterRef("value"), person__restricted_at__isnull=True))
    )
    accounts = User.objects.filter(person__restricted_at__isnull=False).values(lower_email=Lower("email"))
    noted = LeadEvent.objects.filter(lead__person__restricted_at__isnull=False, message=OuterRef("pk"))
    messages = (
        Message.objects.alias(lower_to=Lower("to"))
        .exclude(lower_to__in=hidden.values("value"))
        .exclude(lower_to__in=accounts)
        .exclude(Exists(noted))
        .exclude(key__in=_keys_of_hidden_runs())
    )
    if may_manage_leads(user):
        return messages
    staff = User.objects.filter(is_staff=True).values(lower_email=Lower("email"))
    return messages.exclude(purpose=Message.Purpose.NOTICE).exclude(lower_to__in=staff)


def _keys_of_hidden_runs() -> QuerySet:
    """Return the keys of follow-ups to restricted people, also of those that never left."""
    colon = Value(":")
    runs = SequenceRun.objects.filter(lead__person__restricted_at__isnull=False, sequence__steps__gt=0)
    step = "sequence__steps"
    parts = [Cast("pk", CharField()), colon, Cast(f"{step}__pk", CharField()), colon, F(f"{step}__channel")]
    return runs.values_list(Concat(Value("run:"), *parts, output_field=CharField()))


class DeliveryFilters(forms.Form):
    """What the list is narrowed to; each combination is an address."""

    q = forms.CharField(
        label=gettext_lazy("Search"),
        help_text=gettext_lazy(
            "A whole e-mail address or number, a lead's reference, a Message-ID or a key."
        ),
        required=False,
        max_length=320,
    )
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"), required=False)
    topic = forms.ChoiceField(label=gettext_lazy("Why we write"), required=False)
    sequence = forms.ModelChoiceField(
        label=gettext_lazy("Sequence"),
        queryset=Sequence.objects.all(),
        required=False,
        empty_label=gettext_lazy("Any"),
    )
    first = forms.DateField(
        label=gettext_lazy("Due from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    last = forms.DateField(
        label=gettext_lazy("Due to"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {
            "channel": Channel.choices,
            "state": [(name, label) for name, (label, _states) in STATES.items()],
            "purpose": Message.Purpose.choices,
            "topic": Sequence.Basis.choices,
        }
        for name, choices in offered.items():
            self.fields[name].choices = [("", _("Any")), *choices]  # type: ignore[attr-defined]

    def clean_q(self) -> str:
        return self.cleaned_data["q"].replace("\0", "").strip()

    def narrow(self, messages: QuerySet[Message]) -> QuerySet[Message]:
        """Return the messages that match; none for filters that mean nothing."""
        if not self.is_valid():
            return messages.none()
        said = self.cleaned_data
        if said["q"]:
            messages = find_messages(messages, said["q"])
        if said["state"]:
            messages = messages.filter(state__in=STATES[said["state"]][1])
        if said["sequence"]:
            messages = messages.filter(series=f"sequence:{said['sequence'].pk}", series__gt="")
        exact = {name: said[name] for name in ("channel", "purpose", "topic") if said[name]}
        return _between(messages.filter(**exact), said["first"], said["last"])


def _between(messages: QuerySet[Message], first: date | None, last: date | None) -> QuerySet[Message]:
    if first and first > date.min:
        messages = messages.filter(due_at__gte=wall_clock.midnight(first))
    if last and last < date.max:
        messages = messages.filter(due_at__lt=wall_clock.midnight(last + timedelta(days=1)))
    return messages


def find_messages(messages: QuerySet[Message], said: str) -> QuerySet[Message]:
    """Return what belongs to a lead's reference, or else to an address, a number or an id."""
    if parts := REFERENCE.fullmatch(said.casefold()):
        reference = f"ENQ-{parts[1]}-{parts[2]}".upper()
        return messages.filter(_of_leads(Lead.objects.filter(reference=reference)))
    if "@" not in said and (number := parse_phone(said)):
        return known_as(messages, number) | known_as(messages, said)
    return known_as(messages, said)


def _of_leads(leads: QuerySet[Lead]) -> Q:
    noted = LeadEvent.objects.filter(lead__in=leads, message__isnull=False)
    found = Q(pk__in=list(noted.values_list("message", flat=True)))
    for run in SequenceRun.objects.filter(lead__in=leads).values_list("pk", flat=True):
        found |= Q(key__startswith=f"run:{run}:")
    return found


@dataclass(frozen=True)
class Delivery:
    """One message with whom it was for and what became of it."""

    message: Message
    lead: Lead | None
    sequence: str
    text_name: str
    """Which text in which version it was written from."""

    @property
    def to(self) -> str:
        return _("(erased)") if self.message.to == FORGOTTEN else self.message.to

    @property
    def words(self) -> str:
        return in_words(self.message)

    @property
    def last_try(self) -> DeliveryAttempt | None:
        """The newest try, of those that were fetched with the message."""
        return next(reversed(self.message.deliveries.all()), None)


def with_what_happened(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Fetch tries and reports with the messages, and nothing that only their receivers may read."""
    return messages.defer("private", "html", "content").prefetch_related(*history())


def as_deliveries(messages: Iterable[Message]) -> list[Delivery]:
    """Tell of each message whose it is; three queries, however many there are."""
    messages = list(messages)
    leads = _leads_by_event(messages)
    runs = SequenceRun.objects.select_related("lead__person", "sequence").in_bulk(
        {key for message in messages if (key := run_key(message))}
    )
    names = text_names(message.wording for message in messages)
    return [_delivery(message, leads, runs, names) for message in messages]


def _delivery(
    message: Message, leads: Mapping[int, Lead], runs: Mapping[int, SequenceRun], names: Mapping[str, str]
) -> Delivery:
    run = runs.get(run_key(message))
    lead = leads.get(message.pk) or (run.lead if run else None)
    return Delivery(
        message=message,
        lead=lead,
        sequence=run.sequence.name if run else "",
        text_name=names.get(message.wording, ""),
    )


def _leads_by_event(messages: Iterable[Message]) -> dict[int, Lead]:
    events = LeadEvent.objects.filter(message__in=[message.pk for message in messages])
    return {
        event.message_id: event.lead
        for event in events.select_related("lead__person").order_by("-pk")
        if event.message_id
    }


def text_names(wordings: Iterable[str]) -> dict[str, str]:
    """Return "Follow-up 1, version 3" for each "12.3" that is known; one query, none where none is named."""
    parts = {
        wording: (int(key), number)
        for wording in set(wordings)
        for key, _dot, number in [wording.partition(".")]
        if key.isdecimal() and number.isdecimal()
    }
    if not parts:
        return {}
    names = dict(
        MessageTemplate.objects.filter(pk__in={key for key, _number in parts.values()}).values_list(
            "pk", "name"
        )
    )
    return {
        wording: _("%(text)s, version %(number)s") % {"text": names[key], "number": number}
        for wording, (key, number) in parts.items()
        if key in names
    }


def queue_of(name: str, *, user: User) -> QuerySet[Message]:
    """Return the messages of a work queue that the user may see."""
    condition = health.waits_for_decision() if QUEUES[name] == State.UNKNOWN else health.failed()
    return visible_messages(user).filter(condition)


def queue_counts(user: User) -> dict[str, str]:
    """Return how many messages wait in each queue, as far as anybody reads on; two queries."""
    counts = {name: queue_of(name, user=user).order_by()[: COUNTED + 1].count() for name in QUEUES}
    return {name: f"{COUNTED:,}+" if count > COUNTED else str(count) for name, count in counts.items()}


@dataclass(frozen=True)
class Kind:
    """Messages of one queue that stand there for the same reason."""

    channel: str
    why: str
    count: int

    @property
    def channel_name(self) -> str:
        return str(Channel(self.channel).label)


def kinds_in(messages: QuerySet[Message]) -> list[Kind]:
    """Return the most frequent reasons of a queue, so that many of one kind can be settled at once."""
    rows = messages.order_by().values_list("channel", "last_error").annotate(count=Count("pk"))
    return [Kind(*row) for row in rows.order_by("-count", "channel", "last_error")[:KINDS_SHOWN]]
