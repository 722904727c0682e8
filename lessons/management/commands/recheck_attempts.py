"""Have attempts that could not be checked checked again."""

from typing import Any

from django.core.management.base import BaseCommand

from lessons.models import Attempt
from lessons.verdicts import requeue


class Command(BaseCommand):
    help = "Lists the attempts that could not be checked by a fault of ours, and queues them again."

    def handle(self, *args: Any, **options: Any) -> None:
        faults = Attempt.objects.filter(state=Attempt.State.FAULT).select_related("lesson")
        for attempt in faults.order_by("submitted_at"):
            reason = attempt.result.get("fault", "")
            self.stdout.write(f"{attempt.lesson.title}, {attempt.block_id}, attempt {attempt.pk}: {reason}")
        count = requeue(Attempt.objects.all())
        words = "1 attempt" if count == 1 else f"{count} attempts"
        self.stdout.write(self.style.SUCCESS(f"{words} will be checked again."))
