"""Channels beside e-mail, what providers report, and topics that people opt out of."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outbox', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChannelState',
            fields=[
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('whatsapp', 'WhatsApp'), ('sms', 'SMS')], max_length=12, primary_key=True, serialize=False, verbose_name='channel')),
                ('closed_until', models.DateTimeField(blank=True, null=True, verbose_name='left alone until')),
                ('failures', models.PositiveSmallIntegerField(default=0, verbose_name='failures in a row')),
                ('allowance', models.FloatField(default=0, verbose_name='messages allowed now')),
                ('counted_at', models.DateTimeField(blank=True, null=True, verbose_name='counted at')),
            ],
        ),
        migrations.CreateModel(
            name='OptOut',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('whatsapp', 'WhatsApp'), ('sms', 'SMS')], default='email', max_length=12, verbose_name='channel')),
                ('address_hash', models.CharField(max_length=64, verbose_name='address hash')),
                ('topic', models.CharField(max_length=20, verbose_name='topic')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('channel', 'address_hash', 'topic'), name='opt_out_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Reply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.CharField(max_length=200, unique=True, verbose_name='event id')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('whatsapp', 'WhatsApp'), ('sms', 'SMS')], max_length=12, verbose_name='channel')),
                ('sender', models.CharField(max_length=320, verbose_name='from')),
                ('subject', models.CharField(blank=True, max_length=200, verbose_name='subject')),
                ('text', models.TextField(blank=True, verbose_name='text')),
                ('is_automatic', models.BooleanField(default=False, verbose_name='automatic')),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='received at')),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='replies', to='outbox.message')),
            ],
            options={
                'indexes': [
                    models.Index(condition=models.Q(('sender', ''), _negated=True), fields=['channel', 'sender', '-received_at'], name='reply_sender_newest'),
                ],
                'verbose_name_plural': 'replies',
            },
        ),
        migrations.AddField(
            model_name='message',
            name='content',
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict, verbose_name='content'),
        ),
        migrations.AddField(
            model_name='message',
            name='keeper',
            field=models.CharField(blank=True, db_default='', max_length=20, verbose_name='keeper'),
        ),
        migrations.AddField(
            model_name='message',
            name='provider_id',
            field=models.CharField(blank=True, db_default='', max_length=200, verbose_name="provider's id"),
        ),
        migrations.AddField(
            model_name='message',
            name='report',
            field=models.CharField(blank=True, choices=[('delivered', 'Delivered'), ('read', 'Read'), ('failed', 'Not delivered'), ('bounced', "Address doesn't exist"), ('complained', 'Reported as spam')], db_default='', max_length=12, verbose_name='report'),
        ),
        migrations.AddField(
            model_name='message',
            name='reported_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='reported at'),
        ),
        migrations.AddField(
            model_name='message',
            name='topic',
            field=models.CharField(blank=True, db_default='', max_length=20, verbose_name='topic'),
        ),
        migrations.AddField(
            model_name='message',
            name='wording',
            field=models.CharField(blank=True, db_default='', max_length=40, verbose_name='wording'),
        ),
        migrations.AlterField(
            model_name='deliveryattempt',
            name='outcome',
            field=models.CharField(choices=[('sent', 'Sent'), ('retry', 'Will be tried again'), ('failed', 'Refused for good'), ('unknown', 'Unclear'), ('suppressed', 'Suppressed'), ('stopped', 'Stopped'), ('postponed', 'Postponed')], max_length=12, verbose_name='outcome'),
        ),
        migrations.AlterField(
            model_name='message',
            name='channel',
            field=models.CharField(choices=[('email', 'E-mail'), ('whatsapp', 'WhatsApp'), ('sms', 'SMS')], default='email', max_length=12, verbose_name='channel'),
        ),
        migrations.AlterField(
            model_name='message',
            name='purpose',
            field=models.CharField(choices=[('account', 'Account'), ('acknowledgement', 'Acknowledgement'), ('enrolment', 'Enrolment'), ('notice', 'Notice to staff'), ('marketing', 'Follow-up')], max_length=16, verbose_name='purpose'),
        ),
        migrations.AlterField(
            model_name='suppression',
            name='channel',
            field=models.CharField(choices=[('email', 'E-mail'), ('whatsapp', 'WhatsApp'), ('sms', 'SMS')], default='email', max_length=12, verbose_name='channel'),
        ),
    ]
