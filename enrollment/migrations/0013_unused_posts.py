"""An index for the posts that are emptied after a time."""

from django.db import migrations, models

from lms.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("enrollment", "0012_fill_search_text"),
    ]

    operations = [
        AddIndexOnline(
            model_name="submission",
            index=models.Index(
                condition=models.Q(
                    ("outcome__in", ["rejected", "spam"]),
                    models.Q(
                        models.Q(("payload", "{}"), _negated=True),
                        ("address__isnull", False),
                        _connector="OR",
                    ),
                ),
                fields=["received_at"],
                name="submission_to_empty",
            ),
        ),
    ]
