"""`export_course SLUG PATH`: a course out of the CMS."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from content.errors import CourseFileError
from content.exporter import export_course


class Command(BaseCommand):
    """Writes the live content of one course with its pictures."""

    help = "Write a course as a folder of Markdown files (see docs/course-files.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the course's address, such as python-full-stack")
        parser.add_argument("path", type=Path, help="an empty or a new folder")
        parser.add_argument("--force", action="store_true", help="replace an earlier export in the folder")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = export_course(options["slug"], options["path"], force=options["force"])
        except CourseFileError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{options['slug']}: {count} pages written to {options['path']}.")
