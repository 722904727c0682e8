"""Bring the groups and the review workflow in line with `accounts.roles`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.roles import DUTIES, UnknownPermissionError, remove_roles, sync_roles


class Command(BaseCommand):
    help = "Make the roles' groups, permissions and review workflow; safe to run after every migration."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--remove", action="store_true", help="Take the groups and the workflow away.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            remove_roles()
            self.stdout.write("Roles removed.")
            return
        try:
            sync_roles()
        except UnknownPermissionError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Roles are in place: {', '.join(duties.group for duties in DUTIES.values())}.")
