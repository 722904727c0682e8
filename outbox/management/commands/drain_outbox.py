"""Send what is due without Celery."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from outbox.delivery import Outcome, drain
from outbox.models import Channel, Message
from outbox.recovery import reap

ENDED_WELL = {Outcome.SENT, Outcome.SUPPRESSED, Outcome.STOPPED, Outcome.POSTPONED}


class Command(BaseCommand):
    help = "Sends the messages that are due, without Celery. Ends with status 1 unless all of them left."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=3600, help="stop after this time")

    def handle(self, *args: Any, seconds: float, **options: Any) -> None:
        reap()
        tally = drain(seconds=seconds)
        due = Message.objects.due().count()
        counts = ", ".join(
            f"{tally.outcomes[outcome]} {word}"
            for outcome, word in (
                (Outcome.SENT, "sent"),
                (Outcome.RETRY, "to be tried again"),
                (Outcome.FAILED, "refused"),
                (Outcome.UNKNOWN, "unclear"),
                (Outcome.SUPPRESSED, "suppressed"),
                (Outcome.STOPPED, "stopped"),
                (Outcome.POSTPONED, "postponed"),
            )
        )
        line = f"Outbox: {counts}; {due} still due."
        if tally.unreachable:
            names = ", ".join(str(Channel(channel).label) for channel in sorted(tally.unreachable))
            raise CommandError(f"{line} Nobody answers for: {names}.")
        if due or set(tally.outcomes) - ENDED_WELL:
            raise CommandError(line)
        self.stdout.write(self.style.SUCCESS(line))
