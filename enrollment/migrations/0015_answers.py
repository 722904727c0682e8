"""Answers count among what people wrote; a run can end because somebody left a cohort."""

from django.db import migrations, models

from lms.operations import AddIndexOnline, RemoveIndexOnline


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('enrollment', '0014_followups'),
    ]

    operations = [
        migrations.AlterField(
            model_name='sequencerun',
            name='why',
            field=models.CharField(blank=True, choices=[('reply', 'They answered'), ('call', 'A call reached them'), ('enrolled', 'They were enrolled'), ('closed', 'The lead was closed'), ('withdrawn', 'They left the course'), ('moved', 'They left the cohort or its waiting list'), ('cohort', 'The cohort has started'), ('unsubscribed', 'They unsubscribed'), ('bounced', "The address doesn't exist"), ('complained', 'They reported it as spam'), ('merged', 'The lead was merged'), ('erased', 'The person was restricted or erased'), ('consent', 'Their consent is missing'), ('failed', "A message couldn't be delivered"), ('unreachable', 'There is no address to write to'), ('staff', 'Stopped by hand')], max_length=16, verbose_name='why it stopped'),
        ),
        AddIndexOnline(
            model_name='leadevent',
            index=models.Index(condition=models.Q(('kind__in', ['repeated', 'another', 'reply'])), fields=['created_at'], name='lead_event_wrote'),
        ),
        RemoveIndexOnline(model_name='leadevent', name='lead_event_wrote_again'),
    ]
