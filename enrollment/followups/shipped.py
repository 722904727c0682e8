"""The sequences and texts that come with the product, as enrollment/followups/shipped.yaml says them."""

from collections.abc import Sequence as Rows
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from enrollment.models import MessageTemplate, Sequence, Step

FILE = Path(__file__).with_name("shipped.yaml")
FIRST_POSITION = 100
"""The texts of sequences stand below those of counsellors."""


def fill_after_migrating(*, plan: Rows[tuple[Any, bool]] = (), **kwargs: Any) -> None:
    """Write the sequences after migrating forwards or flushing; a receiver of post_migrate."""
    if not any(backwards for _migration, backwards in plan):
        ensure_sequences()


@transaction.atomic
def ensure_sequences() -> None:
    """Write the shipped sequences, switched off, where there are none; one query when there are some."""
    if Sequence.objects.exists():
        return
    for shipped in yaml.safe_load(FILE.read_text()):
        sequence = Sequence.objects.create(
            slug=shipped["slug"],
            name=shipped["name"],
            trigger=shipped["trigger"],
            days=shipped.get("days"),
            interest=shipped.get("interest", ""),
            basis=shipped["basis"],
            stop_on_reply="reply" in shipped["stops"],
            stop_on_call="call" in shipped["stops"],
            stop_on_enrolment="enrolment" in shipped["stops"],
            stop_on_closing="closing" in shipped["stops"],
            stop_on_cohort_start="cohort" in shipped["stops"],
        )
        Step.objects.bulk_create(_step(sequence, place, step) for place, step in enumerate(shipped["steps"]))


def _step(sequence: Sequence, place: int, shipped: dict[str, Any]) -> Step:
    delay, unit = shipped["wait"].split()
    return Step(
        sequence=sequence,
        sort_order=place,
        delay=int(delay),
        unit=unit,
        channel=MessageTemplate.Channel.EMAIL,
        text=_text(shipped),
        conditions=[_condition(condition) for condition in shipped.get("if", [])],
    )


def _text(shipped: dict[str, Any]) -> MessageTemplate:
    """Return the step's text; one of the institute's own with its name is taken as it is."""
    text, _created = MessageTemplate.objects.get_or_create(
        channel=MessageTemplate.Channel.EMAIL,
        name=shipped["text"],
        defaults={
            "subject": shipped["subject"],
            "body": shipped["body"].strip(),
            "subject_ta": shipped["subject_ta"],
            "body_ta": shipped["body_ta"].strip(),
            "is_offered": False,
            "position": FIRST_POSITION,
        },
    )
    return text


def _condition(shipped: str | dict[str, int]) -> tuple[str, int | None]:
    """Return a block of the conditions: its name, and its number if it has one."""
    return (shipped, None) if isinstance(shipped, str) else next(iter(shipped.items()))
