"""Try to break out of the grader, and tell how each attempt ended."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lessons import grading
from lessons.grading.choice import chosen_grader


class Command(BaseCommand):
    help = "Tries every escape in the grader that GRADER names. Ends with status 1 unless all of them fail."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcomes = chosen_grader().check()
        except grading.GraderUnavailable as error:
            raise CommandError(f"No exercise can be decided here: {error}") from error
        for outcome in outcomes:
            word = self.style.SUCCESS("held   ") if outcome.contained else self.style.ERROR("ESCAPED")
            self.stdout.write(f"{word}  {outcome.title:<58}  {outcome.detail}")
        holes = sum(not outcome.contained for outcome in outcomes)
        if holes:
            raise CommandError(f"{holes} of {len(outcomes)} attempts got out. Don't grade with this.")
        self.stdout.write(f"All {len(outcomes)} attempts failed, in {grading.status().engine}.")
