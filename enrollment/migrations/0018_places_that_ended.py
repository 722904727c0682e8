"""Runs that end by waiting for a seat; those about a place, and those that are due, are found by an index."""

from django.db import migrations, models

from lms.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("enrollment", "0017_entry_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="sequencerun",
            name="why",
            field=models.CharField(
                blank=True,
                choices=[
                    ("reply", "They answered"),
                    ("call", "A call reached them"),
                    ("enrolled", "They were enrolled"),
                    ("waits", "They wait for a seat"),
                    ("closed", "The lead was closed"),
                    ("withdrawn", "They left the course"),
                    ("moved", "They left the cohort or its waiting list"),
                    ("cohort", "The cohort has started"),
                    ("unsubscribed", "They unsubscribed"),
                    ("bounced", "The address doesn't exist"),
                    ("complained", "They reported it as spam"),
                    ("merged", "The lead was merged"),
                    ("erased", "The person was restricted or erased"),
                    ("consent", "Their consent is missing"),
                    ("failed", "A message couldn't be delivered"),
                    ("unreachable", "There is no address to write to"),
                    ("staff", "Stopped by hand"),
                ],
                max_length=16,
                verbose_name="why it stopped",
            ),
        ),
        AddIndexOnline(
            model_name="sequencerun",
            index=models.Index(
                condition=models.Q(("state", "active")), fields=["planned_for", "id"], name="run_planned"
            ),
        ),
        AddIndexOnline(
            model_name="sequencerun",
            index=models.Index(
                condition=models.Q(
                    ("state", "active"),
                    models.Q(("cohort__isnull", False), ("enrollment__isnull", False), _connector="OR"),
                ),
                fields=["id"],
                name="run_about_place",
            ),
        ),
    ]
