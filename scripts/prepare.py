"""Bring the database up to date for `make run`: tables, roles, and the demo when nothing is there yet.

Changes nothing that is already in place, so it costs one Django start-up when there is nothing to do.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.demo")

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor


def main() -> None:
    django.setup()
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        sys.exit(f"The database does not answer: {str(error).splitlines()[0]}")
    migrate()
    if not settings.REDIS_URL:
        call_command("createcachetable", verbosity=0)
    call_command("sync_roles", verbosity=0)
    load_demo_into_empty_database()


def migrate() -> None:
    """Apply migrations, if any are missing."""
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print(f"Migrating the database ({len(missing)} steps)", flush=True)
        call_command("migrate", verbosity=0, interactive=False)


def load_demo_into_empty_database() -> None:
    """Load the demo course and accounts where nobody has an account; all of it or nothing."""
    if get_user_model().objects.exists():
        return
    print("Loading the demo course and accounts", flush=True)
    with transaction.atomic():
        call_command("load_demo", accounts=True, verbosity=0)


if __name__ == "__main__":
    main()
