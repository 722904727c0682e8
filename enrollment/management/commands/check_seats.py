"""Compare the count of taken seats with the enrolments and offers that it counts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from enrollment.seats import seat_differences


class Command(BaseCommand):
    """Exits with 1 and names each cohort whose count differs; changes nothing."""

    help = "Compares the seats that cohorts count as taken with their enrolments and open offers."

    def handle(self, *args: Any, **options: Any) -> None:
        differences = seat_differences()
        for found in differences:
            self.stderr.write(
                f"{found.cohort} (id {found.cohort.pk}): {found.cohort.seats_taken} counted as taken, "
                f"{found.counted} enrolments and offers"
            )
        if differences:
            raise CommandError(f"{len(differences)} cohorts count their seats wrongly.")
        self.stdout.write("Every cohort counts its seats rightly.")
