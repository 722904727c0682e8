"""`check_course PATH`: run everything in a course folder that can be run."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from content.checking import count, find_flaws, find_unfit, places_of
from content.errors import CourseFileError
from content.folder import read_course
from content.page_python import PagePythonEnded, find_flaws_in_page
from lessons.example_runs import run_item
from lessons.grading import GraderUnavailable


class Command(BaseCommand):
    """Prints a line for each thing that fails, with its file and line."""

    help = (
        "Run the examples of a course folder, and its exercises: reference solutions must pass their checks, "
        "starter files must not."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the folder that holds course.md")
        parser.add_argument(
            "--pyodide",
            action="store_true",
            help="run it in the Python of the pages, under Node, instead of the server's sandbox",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        workers = os.process_cpu_count() or 1
        try:
            course = read_course(options["path"])
            places = places_of(course)
            unfit = list(find_unfit(course))
            if options["pyodide"]:
                flaws = find_flaws_in_page(places, workers=workers)
            else:
                flaws = find_flaws(places, run_item, workers=workers, with_starters=True)
        except (CourseFileError, GraderUnavailable, PagePythonEnded) as error:
            raise CommandError(str(error)) from error
        flaws = [*unfit, *flaws]
        for flaw in flaws:
            self.stdout.write(str(flaw))
        if flaws:
            raise CommandError(f"{len(flaws)} to mend; {count(places)}.")
        self.stdout.write(f"{options['path'].resolve().name}: {count(places)}; all of it runs.")
