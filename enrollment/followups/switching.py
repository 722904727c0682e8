"""Switching a sequence on and off, and what must be put right before."""

from collections.abc import Iterable
from collections.abc import Sequence as Rows

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from accounts.models import User
from enrollment.errors import EnrollmentError
from enrollment.followups.texts import FIELDS
from enrollment.models import MessageTemplate, Sequence, Step
from enrollment.wording import places_for, places_in
from outbox.models import Channel


class SequenceNotReady(EnrollmentError):
    """The sequence can't be switched on as it is."""

    def __init__(self, obstacles: Rows[str]) -> None:
        super().__init__(" ".join(obstacles))
        self.obstacles = obstacles


@transaction.atomic
def switch_on(sequence: Sequence, *, actor: User) -> bool:
    """Let people enter and messages leave from now on; return False if it was on already.

    Who came while it was off never enters. Raises SequenceNotReady. Six queries.
    """
    sequence = Sequence.objects.select_for_update().get(pk=sequence.pk)
    if sequence.is_on:
        return False
    if found := obstacles(sequence, steps_of(sequence)):
        raise SequenceNotReady(found)
    sequence.is_on = True
    sequence.entered_until = timezone.now()
    sequence.save(update_fields=["is_on", "entered_until"])
    log(instance=sequence, action="enrollment.sequence_on", user=actor)
    return True


@transaction.atomic
def switch_off(sequence: Sequence, *, actor: User) -> bool:
    """Let nobody enter and nothing leave; runs wait where they are. Return False if it was off already."""
    if not Sequence.objects.filter(pk=sequence.pk, is_on=True).update(is_on=False):
        return False
    log(instance=sequence, action="enrollment.sequence_off", user=actor)
    return True


def steps_of(sequence: Sequence) -> list[Step]:
    """Return the saved steps with their texts, in order; one query."""
    return list(Step.objects.filter(sequence=sequence).select_related("text").order_by("sort_order", "pk"))


def obstacles(sequence: Sequence, steps: Iterable[Step]) -> list[str]:
    """Return in words what must be put right before the sequence with these steps can be on. No query."""
    steps = list(steps)
    if not steps:
        return [_("Add a step first: a sequence without steps sends nothing.")]
    known = places_for(sequence.trigger)
    return [found for number, step in enumerate(steps, 1) if (found := _obstacle(number, step, known))]


def _obstacle(number: int, step: Step, known: Rows[str]) -> str:
    words = {
        "number": number,
        "text": step.text.name,
        "channel": step.get_channel_display(),
        "other": step.text.get_channel_display(),
    }
    if step.channel != step.text.channel:
        return _("Step %(number)d goes by %(channel)s, but “%(text)s” is a text for %(other)s.") % words
    if step.channel not in settings.OUTBOX_WAYS:
        return _("Step %(number)d goes by %(channel)s, which isn't set up on this server.") % words
    if lacks_registration(step.text):
        return (
            _("Step %(number)d: the SMS text “%(text)s” has no DLT template id. Without it no operator "
              "in India carries it.") % words
        )  # fmt: skip
    named = places_in("\n".join(getattr(step.text, name) for name in FIELDS))
    if unknown := [name for name in named if name not in known]:
        return (
            _("Step %(number)d: nothing can fill {%(place)s} of “%(text)s” for people who enter this way.")
            % {**words, "place": unknown[0]}
        )  # fmt: skip
    return ""


def lacks_registration(text: MessageTemplate) -> bool:
    """Whether it is an SMS that no operator would carry."""
    return text.channel == Channel.SMS and not text.dlt_template


def cautions(sequence: Sequence, steps: Iterable[Step]) -> list[str]:
    """Return in words what somebody should know before the sequence is on. No query."""
    found = [
        _("Step %(number)d: “%(text)s” names no approved template, so it leaves only to people who wrote to "
          "you on WhatsApp within the 24 hours before.") % {"number": number, "text": step.text.name}
        for number, step in enumerate(steps, 1)
        if step.channel == Channel.WHATSAPP and not step.text.whatsapp_template
    ]  # fmt: skip
    if sequence.basis == Sequence.Basis.NEWS:
        found.append(_("Only people who allowed course news get its messages."))
    return found
