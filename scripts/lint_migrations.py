"""Refuse migrations that break the release still running while they are applied.

The first migration of an app makes new tables only and is left out. SQLite copies a table to add a column,
which looks like a column without a default and like new constraints; so those rules need DATABASE_URL to name
PostgreSQL.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings.test")

import django
from django.apps import apps
from django.conf import settings
from django.db import connection
from django_migration_linter import MigrationLinter


def main() -> int:
    django.setup()
    own = [app.label for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR]
    linter = MigrationLinter(
        str(settings.BASE_DIR),
        include_apps=own,
        no_cache=True,
        ignore_initial_migrations=True,
        all_warnings_as_errors=True,
        exclude_migration_tests=["NOT_NULL", "ADD_UNIQUE"] if connection.vendor == "sqlite" else [],
    )
    linter.lint_all_migrations()
    linter.print_summary()
    return int(linter.has_errors)


if __name__ == "__main__":
    sys.exit(main())
