"""Indexes for every order of the lead list and its rarer filters, and for finding leads by parts of words."""

import datetime

import django.db.models.functions.comparison
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from lms.operations import AddIndexOnline

FORWARDS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "ALTER TABLE enrollment_lead ALTER COLUMN search_text SET STATISTICS 1000",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS lead_search_text"
    " ON enrollment_lead USING gin (search_text gin_trgm_ops)",
)
BACKWARDS = (
    "DROP INDEX CONCURRENTLY IF EXISTS lead_search_text",
    "ALTER TABLE enrollment_lead ALTER COLUMN search_text SET STATISTICS -1",
)


def index_search_text(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _run(FORWARDS, schema_editor)


def drop_index_of_search_text(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _run(BACKWARDS, schema_editor)


def _run(statements: tuple[str, ...], schema_editor: BaseDatabaseSchemaEditor) -> None:
    """PostgreSQL alone has trigrams. The finer statistics tell its planner rare names from common ones."""
    if schema_editor.connection.vendor == "postgresql":
        for statement in statements:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("enrollment", "0007_import_rows")]

    operations = [
        AddIndexOnline(
            model_name="lead",
            index=models.Index(fields=["answer_due_at", "id"], name="lead_answer_due"),
        ),
        AddIndexOnline(
            model_name="lead",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    "next_action_at",
                    models.Value(datetime.datetime(9999, 12, 31, 0, 0, tzinfo=datetime.UTC)),
                ),
                models.F("id"),
                name="lead_planned",
            ),
        ),
        AddIndexOnline(
            model_name="lead", index=models.Index(fields=["source", "-created_at"], name="lead_source")
        ),
        AddIndexOnline(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("campaign__gt", "")),
                fields=["campaign", "-created_at"],
                name="lead_campaign",
            ),
        ),
        migrations.RunPython(index_search_text, drop_index_of_search_text),
    ]
