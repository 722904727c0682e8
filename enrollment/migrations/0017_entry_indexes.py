"""Who was enrolled or joined a waiting list since a moment is found without reading everybody."""

from django.db import migrations, models

from lms.operations import AddIndexOnline


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrollment', '0016_delivery_list_log'),
    ]

    operations = [
        AddIndexOnline(
            model_name='enrollment',
            index=models.Index(fields=['created_at', 'id'], name='enrollment_made'),
        ),
        AddIndexOnline(
            model_name='waitingplace',
            index=models.Index(fields=['joined_at', 'id'], name='waiting_place_joined'),
        ),
    ]
