"""Bring the database up to date: tables, roles, and the demo course when nothing is there yet.

Used by `make run`, with demo accounts, and by the container stack, without them (LOAD_DEMO=false: no course
either). Changes nothing that is already in place.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.demo")

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from lms import env


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
    if env.flag("LOAD_DEMO", default=True):
        load_demo_into_empty_database()


def migrate() -> None:
    """Apply migrations, if any are missing."""
    executor = MigrationExecutor(connection)
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        print(f"Migrating the database ({len(missing)} steps)", flush=True)
        call_command("migrate", verbosity=0, interactive=False)


def load_demo_into_empty_database() -> None:
    """Load the demo where there is neither an account nor a course; all of it or nothing."""
    if any(apps.get_model(model).objects.exists() for model in ("accounts.User", "courses.CoursePage")):
        return
    print("Loading the demo course", flush=True)
    with transaction.atomic():
        call_command("load_demo", accounts=settings.DEMO, verbosity=0)


if __name__ == "__main__":
    main()
