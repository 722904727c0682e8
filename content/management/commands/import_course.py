"""`import_course PATH`: a course folder into the CMS."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from content.console import quiet_logs, say
from content.errors import CourseFileError
from content.importer import import_course


class Command(BaseCommand):
    """Imports one course; prints one line of counts and one for each page that needs a look."""

    help = "Create or update a course from a folder of Markdown files (see docs/course-files.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the folder that holds course.md")
        parser.add_argument("--force", action="store_true", help="also replace pages changed in the CMS")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with quiet_logs():
                report = import_course(options["path"], force=options["force"])
        except CourseFileError as error:
            raise CommandError(str(error)) from error
        say(self.stdout, options["path"].resolve().name, report)
