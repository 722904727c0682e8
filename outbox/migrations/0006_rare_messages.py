"""What few messages are, found among a million: refused, of a rare purpose, not by e-mail."""

from django.db import migrations, models

from lms.operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('outbox', '0005_incident'),
    ]

    operations = [
        AddIndexOnline(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'failed')), fields=['-due_at', '-id'], name='message_refused'),
        ),
        AddIndexOnline(
            model_name='message',
            index=models.Index(condition=models.Q(('purpose__in', ['account', 'enrolment', 'notice'])), fields=['purpose', '-due_at', '-id'], name='message_rare_purpose'),
        ),
        AddIndexOnline(
            model_name='message',
            index=models.Index(condition=models.Q(('channel__in', ['whatsapp', 'sms'])), fields=['channel', '-due_at', '-id'], name='message_rare_channel'),
        ),
    ]
