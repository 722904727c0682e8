"""Stages of leads become keys into the table of stages; a closed lead must say why."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0003_first_pipeline")]

    operations = [
        migrations.AlterField(
            model_name='lead',
            name='stage',
            field=models.ForeignKey(db_column='stage', db_index=False, default='new', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollment.pipelinestage', to_field='key', verbose_name='stage'),
        ),
        migrations.AddConstraint(
            model_name='lead',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stage', 'closed'), _negated=True), ('closing_reason__isnull', False), _connector='OR'), name='lead_closed_has_reason'),
        ),
    ]
