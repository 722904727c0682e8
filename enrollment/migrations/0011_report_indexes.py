"""Indexes for what reports count by the day on which it happened: first answers and calls."""

from django.db import migrations, models

from lms.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("enrollment", "0010_import_tries"),
    ]

    operations = [
        AddIndexOnline(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("answered_at__isnull", False)),
                fields=["answered_at"],
                name="lead_answered",
            ),
        ),
        AddIndexOnline(
            model_name="leadevent",
            index=models.Index(
                condition=models.Q(("kind", "call")), fields=["created_at"], name="lead_event_calls"
            ),
        ),
    ]
