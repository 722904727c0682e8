"""Sequences that are switched on, their steps and texts, and leads that run in them."""

from typing import Any

import factory

from enrollment.models import MessageTemplate, Sequence, SequenceRun, Step
from outbox.models import Channel, Message
from tests.factories.enrollment import LeadFactory
from tests.factories.outbox import MessageFactory


class TextFactory(factory.django.DjangoModelFactory[MessageTemplate]):
    class Meta:
        model = MessageTemplate

    name = factory.Sequence(lambda number: f"Follow-up {number}")
    channel = Channel.EMAIL
    subject = "{course}: any questions?"
    body = "Hello {name},\n\nhave you any questions about {course}?"
    is_offered = False


class SequenceFactory(factory.django.DjangoModelFactory[Sequence]):
    """Answers an enquiry and stops for everything that has a box; no steps."""

    class Meta:
        model = Sequence

    name = factory.Sequence(lambda number: f"Test sequence {number}")
    is_on = True
    stop_on_cohort_start = True


class StepFactory(factory.django.DjangoModelFactory[Step]):
    """An e-mail two working days after the one before."""

    class Meta:
        model = Step

    sequence = factory.SubFactory(SequenceFactory)
    sort_order = factory.Sequence(lambda number: number)
    delay = 2
    channel = Channel.EMAIL
    text = factory.SubFactory(TextFactory, channel=factory.SelfAttribute("..channel"))


class RunFactory(factory.django.DjangoModelFactory[SequenceRun]):
    """An active run without a planned message."""

    class Meta:
        model = SequenceRun

    lead = factory.SubFactory(LeadFactory)
    sequence = factory.SubFactory(SequenceFactory)
    entry_key = factory.Sequence(lambda number: f"entry:{number}")


def planned_run(*, state: str = Message.State.PENDING, **values: Any) -> SequenceRun:
    """Return an active run whose first step's message waits, to the person's first address."""
    run = RunFactory(**values)
    step = run.sequence.steps.first() or StepFactory(sequence=run.sequence)
    point = run.lead.person.contact_points.order_by("pk").first()
    message = MessageFactory(
        key=f"run:{run.pk}:{step.pk}:{step.channel}",
        channel=step.channel,
        purpose=Message.Purpose.MARKETING,
        topic=run.sequence.basis,
        keeper="followup",
        to=point.value,
        state=state,
        leased=state in {Message.State.CLAIMED, Message.State.SENDING},
    )
    run.step, run.message, run.planned_for = step, message, message.due_at
    run.save(update_fields=["step", "message", "planned_for"])
    return run
