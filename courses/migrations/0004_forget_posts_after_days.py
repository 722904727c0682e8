"""How long what spam and refused posts said is kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0003_answer_in_four_hours"),
    ]

    operations = [
        migrations.AddField(
            model_name="institutesettings",
            name="forget_posts_after_days",
            field=models.PositiveSmallIntegerField(
                db_default=30,
                default=30,
                help_text="Until then somebody can still make a lead of one; then only its count is left.",
                verbose_name="spam and refused posts are emptied after (days)",
            ),
        ),
    ]
