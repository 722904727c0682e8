"""Times in which messages were late."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outbox', '0004_ledger'),
    ]

    operations = [
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('began_at', models.DateTimeField(verbose_name='began at')),
                ('noticed_at', models.DateTimeField(auto_now_add=True, verbose_name='noticed at')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
                ('most_due', models.PositiveIntegerField(default=0, verbose_name='most messages due')),
            ],
            options={
                'ordering': ['-began_at', '-pk'],
                'constraints': [models.UniqueConstraint(models.Value(1), condition=models.Q(('ended_at__isnull', True)), name='incident_open_once')],
            },
        ),
    ]
