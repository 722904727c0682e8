"""Indexes for claiming by channel and for finding messages by address, provider's id, Message-ID and time."""

import django.db.models.functions.text
from django.db import migrations, models

from lms.operations import AddIndexOnline, RemoveIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('outbox', '0002_channels_and_reports'),
    ]

    operations = [
        AddIndexOnline(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['channel', 'due_at', 'id'], name='message_channel_due'),
        ),
        AddIndexOnline(
            model_name='message',
            index=models.Index(django.db.models.functions.text.Lower('to'), models.OrderBy(models.F('id'), descending=True), name='message_to'),
        ),
        AddIndexOnline(
            model_name='message',
            index=models.Index(condition=models.Q(('provider_id__gt', '')), fields=['provider_id'], name='message_provider_id'),
        ),
        AddIndexOnline(
            model_name='message',
            index=models.Index(fields=['message_id'], name='message_message_id'),
        ),
        AddIndexOnline(
            model_name='message',
            index=models.Index(condition=models.Q(('sent_at__isnull', False)), fields=['sent_at'], name='message_sent'),
        ),
        RemoveIndexOnline(
            model_name='message',
            name='message_due',
        ),
    ]
