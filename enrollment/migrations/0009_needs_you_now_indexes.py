"""Indexes of what waits for somebody: only leads that are worked, whatever else there is."""

from django.db import migrations, models

from lms.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [('enrollment', '0008_lead_list_indexes')]

    operations = [
        AddIndexOnline(
            model_name='lead',
            index=models.Index(condition=models.Q(models.Q(('stage__in', ('enrolled', 'closed')), _negated=True), ('set_aside', ''), ('owner__isnull', True)), fields=['created_at', 'id'], name='lead_waiting'),
        ),
        AddIndexOnline(
            model_name='lead',
            index=models.Index(condition=models.Q(models.Q(('stage__in', ('enrolled', 'closed')), _negated=True), ('set_aside', ''), ('answered_at__isnull', True), ('owner__isnull', False)), fields=['answer_due_at', 'id'], name='lead_owned_due'),
        ),
        AddIndexOnline(
            model_name='lead',
            index=models.Index(condition=models.Q(models.Q(('stage__in', ('enrolled', 'closed')), _negated=True), ('set_aside', ''), ('answered_at__isnull', True)), fields=['owner', 'answer_due_at'], name='lead_owners_due'),
        ),
        AddIndexOnline(
            model_name='lead',
            index=models.Index(condition=models.Q(models.Q(('stage__in', ('enrolled', 'closed')), _negated=True), ('set_aside', ''), ('next_action_at__isnull', False)), fields=['owner', 'next_action_at'], name='lead_owners_actions'),
        ),
        AddIndexOnline(
            model_name='lead',
            index=models.Index(condition=models.Q(models.Q(('stage__in', ('enrolled', 'closed')), _negated=True), ('set_aside', '')), fields=['owner', 'stage', 'stage_since'], name='lead_owners_stages'),
        ),
        AddIndexOnline(
            model_name='leadevent',
            index=models.Index(condition=models.Q(('kind__in', ['repeated', 'another'])), fields=['created_at'], name='lead_event_wrote_again'),
        ),
    ]
