"""`load_demo`: everything in `content/`, and with `--accounts` the people of the demo."""

from argparse import ArgumentParser
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, OutputWrapper

from content.console import quiet_logs, say
from content.demo import COURSE, PASSWORD, make_accounts
from content.demo_desk import furnish_desk, make_colleagues
from content.demo_followups import start_followups
from content.demo_leads import make_leads
from content.errors import CourseFileError
from content.importer import import_course, import_pages
from content.site import finish_site, prepare_site, read_site
from courses.models import CoursePage, HomePage

CONTENT = Path(__file__).resolve().parents[2]


class Command(BaseCommand):
    """Loads the site, the pages and every course; a second run changes nothing."""

    help = "Load the site and the courses in content/. Safe to repeat: work done in the CMS is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--accounts", action="store_true", help="also make the demo accounts and leads")
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is a home page")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["accounts"] and not settings.DEMO:
            raise CommandError("Demo accounts have a known password. They are made under demo settings only.")
        if options["if_empty"] and HomePage.objects.exists():
            self.stdout.write("The database has a home page; nothing loaded.")
            return
        if options["verbosity"] == 0:
            self.stdout = OutputWrapper(StringIO())
        try:
            with quiet_logs():
                self._load_pages()
                if options["accounts"]:
                    self._load_people()
        except CourseFileError as error:
            raise CommandError(str(error)) from error

    def _load_pages(self) -> None:
        site_file = read_site(CONTENT / "site.yaml")
        say(self.stdout, "catalogue", prepare_site(site_file))
        for path in sorted(CONTENT.glob("*/course.md")):
            say(self.stdout, path.parent.name, import_course(path.parent))
        say(self.stdout, "pages of text", import_pages(CONTENT / "pages"))
        say(self.stdout, "home page", finish_site(site_file))

    def _load_people(self) -> None:
        self.stdout.write(f"demo accounts: {make_accounts()} new, each with the password {PASSWORD}.")
        make_colleagues()
        self.stdout.write(f"demo leads: {make_leads(CONTENT / 'demo_leads.yaml')} new.")
        furnish_desk(CoursePage.objects.filter(slug=COURSE).first())
        start_followups()
