"""What somebody at the desk decides about a message that is unclear or was refused.

The lead is locked first, then its run, then the message; the decision is a line on the lead's timeline.
"""

from collections.abc import Callable
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from enrollment.desk import lock_lead
from enrollment.errors import EnrollmentError
from enrollment.followups.stopping import reason_to_stop
from enrollment.models import Lead, LeadEvent, SequenceRun, Step
from outbox.errors import AlreadySettled, UnsendableMessage
from outbox.failures import bring_back, put_away, try_again
from outbox.ledger import in_words
from outbox.models import Message
from outbox.settling_by_hand import give_up, say_sent, send_again

KEEPER = "followup"


class Choice(models.TextChoices):
    """What can be decided."""

    ARRIVED = "arrived", gettext_lazy("It arrived")
    AGAIN = "again", gettext_lazy("Send again")
    GIVE_UP = "give-up", gettext_lazy("Give up")
    DONE = "done", gettext_lazy("Done")
    BACK = "back", gettext_lazy("Not done")


class SettledMeanwhile(EnrollmentError):
    """Somebody, or the sender, was faster."""

    def __init__(self, message: Message) -> None:
        super().__init__(
            _("Too late: somebody settled this message meanwhile. It is now: %(now)s.")
            % {"now": in_words(message)}
        )


class CantBeSentAgain(EnrollmentError):
    """Something forbids that the message leaves."""


@transaction.atomic
def settle(message: Message, choice: str, *, shown: str, actor: User) -> None:
    """Carry out a decision on a message that was `shown` in this state; too late, nothing is written.

    Raises SettledMeanwhile, and CantBeSentAgain where something stands against sending it once more.
    """
    lead = lead_of(message)
    if lead:
        lock_lead(lead)
    service, words = _DECISIONS.get((shown, choice), (None, ""))
    if service is None or message.state != shown:
        raise SettledMeanwhile(message)
    if choice == Choice.AGAIN and shown == Message.State.FAILED and message.keeper == KEEPER:
        _take_up_run(message)
    try:
        service(message, str(actor))
    except AlreadySettled:
        raise SettledMeanwhile(Message.objects.get(pk=message.pk)) from None
    except UnsendableMessage as error:
        raise CantBeSentAgain(str(error)) from error
    if lead:
        text = str(words) % {"subject": message.subject or message.text[:60]}
        LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.MESSAGE, text=text, actor=actor)


def lead_of(message: Message) -> Lead | None:
    """Return the lead on whose timeline the message is or will be; at most two queries."""
    event = LeadEvent.objects.filter(message=message).select_related("lead").order_by("pk").first()
    if event:
        return event.lead
    run = SequenceRun.objects.filter(pk=run_key(message)).select_related("lead").first()
    return run.lead if run else None


def run_key(message: Message) -> int:
    """Return the key of the run that a follow-up belongs to, 0 for other messages; its own key says it."""
    return _key_part(message, 1)


def _key_part(message: Message, position: int) -> int:
    parts = message.key.split(":")
    if message.keeper != KEEPER or len(parts) <= position or not parts[position].isdecimal():
        return 0
    return int(parts[position])


def _take_up_run(message: Message) -> None:
    """Let the follow-ups that this refusal ended go on from here."""
    run = (
        SequenceRun.objects.select_for_update(of=["self"], no_key=True)
        .select_related("lead__person", "sequence")
        .filter(pk=run_key(message))
        .first()
    )
    if run is None or run.why != SequenceRun.Why.FAILED:
        raise CantBeSentAgain(_("Its follow-ups have ended. Write to them from the lead's page instead."))
    if SequenceRun.objects.active().filter(lead=run.lead, sequence=run.sequence).exists():
        raise CantBeSentAgain(_("They are in these follow-ups again already."))
    run.state, run.why, run.ended_at, run.message = SequenceRun.State.ACTIVE, "", None, message
    run.step = Step.objects.filter(pk=_key_part(message, 2)).first()
    run.planned_for = timezone.now()
    run.save(update_fields=["state", "why", "ended_at", "message", "step", "planned_for"])
    if why := reason_to_stop(run):
        raise CantBeSentAgain(
            _("Not sent again: %(why)s.") % {"why": str(SequenceRun.Why(why).label).lower()}
        )


type _Decision = tuple[Callable[[Message, str], None], Any]

_DECISIONS: dict[tuple[str, str], _Decision] = {
    (Message.State.UNKNOWN, Choice.ARRIVED): (
        say_sent,
        gettext_lazy("“%(subject)s” was unclear: it arrived"),
    ),
    (Message.State.UNKNOWN, Choice.AGAIN): (
        send_again,
        gettext_lazy("“%(subject)s” was unclear: it is sent again"),
    ),
    (Message.State.UNKNOWN, Choice.GIVE_UP): (
        give_up,
        gettext_lazy("“%(subject)s” was unclear: given up"),
    ),
    (Message.State.FAILED, Choice.AGAIN): (
        try_again,
        gettext_lazy("“%(subject)s” was refused: it is sent again"),
    ),
    (Message.State.FAILED, Choice.DONE): (
        put_away,
        gettext_lazy("“%(subject)s” was refused: nothing more to do"),
    ),
    (Message.State.FAILED, Choice.BACK): (
        bring_back,
        gettext_lazy("“%(subject)s” was refused: to be looked at again"),
    ),
}
"""By state and choice: what is done, and what the timeline says."""
