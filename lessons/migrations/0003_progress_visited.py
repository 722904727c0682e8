"""Who was in a lesson within a stretch of time is found without reading everybody."""

from django.db import migrations, models

from lms.operations import AddIndexOnline


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('lessons', '0002_lesson_engine'),
    ]

    operations = [
        AddIndexOnline(
            model_name='progress',
            index=models.Index(fields=['visited_at'], name='progress_visited'),
        ),
    ]
