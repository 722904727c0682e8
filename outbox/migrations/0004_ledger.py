"""What the delivery list asks: the newest first, of one series, and what waits for a person."""

from django.db import migrations, models

from lms.operations import AddIndexOnline, RemoveIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('outbox', '0003_message_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='series',
            field=models.CharField(blank=True, db_default='', max_length=40, verbose_name='series'),
        ),
        migrations.AddField(
            model_name='message',
            name='handled_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='handled at'),
        ),
        AddIndexOnline(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'unknown'), models.Q(('handled_at__isnull', True), ('state', 'failed')), _connector='OR'), fields=['state', 'due_at', 'id'], name='message_to_settle'),
        ),
        AddIndexOnline(
            model_name='message',
            index=models.Index(fields=['-due_at', '-id'], name='message_newest'),
        ),
        AddIndexOnline(
            model_name='message',
            index=models.Index(condition=models.Q(('series__gt', '')), fields=['series', '-due_at', '-id'], name='message_of_series'),
        ),
        RemoveIndexOnline(
            model_name='message',
            name='message_needs_eyes',
        ),
    ]
