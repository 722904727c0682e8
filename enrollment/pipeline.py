"""The stages and closing reasons that every institute starts with."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from enrollment.models import ClosingReason, Lead, PipelineStage

CLOSING_REASONS = (
    "No answer after several tries",
    "Chose another institute",
    "Too expensive",
    "Dates don't fit",
    "Not interested any more",
    "Doesn't qualify",
    "Wrong number or address",
    "Not recorded",
)


def fill_after_migrating(*, plan: Sequence[tuple[Any, bool]] = (), **kwargs: Any) -> None:
    """Fill the pipeline after migrating forwards or flushing; a receiver of post_migrate."""
    if not any(backwards for _migration, backwards in plan):
        ensure_pipeline()


@transaction.atomic
def ensure_pipeline() -> None:
    """Make the first stages and closing reasons where there are none; two queries when there are some."""
    if not PipelineStage.objects.exists():
        PipelineStage.objects.bulk_create(
            PipelineStage(key=key, name=str(label), position=10 * (place + 1))
            for place, (key, label) in enumerate(Lead.Stage.choices)
        )
    if not ClosingReason.objects.exists():
        ClosingReason.objects.bulk_create(
            ClosingReason(name=name, position=10 * (place + 1)) for place, name in enumerate(CLOSING_REASONS)
        )
