"""Follow-up sequences, their texts in two languages, and what people like to read and where they are."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import modelcluster.fields
import wagtail.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0005_followups'),
        ('enrollment', '0013_unused_posts'),
        ('outbox', '0003_message_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='messagetemplate',
            name='body_ta',
            field=models.TextField(blank=True, db_default='', help_text='Sent to people who read Tamil; the English text where this is empty.', max_length=2000, verbose_name='text in Tamil'),
        ),
        migrations.AddField(
            model_name='messagetemplate',
            name='dlt_header',
            field=models.CharField(blank=True, db_default='', help_text="The registered sender, such as OSIZLB; empty for the institute's usual one.", max_length=11, verbose_name='DLT header'),
        ),
        migrations.AddField(
            model_name='messagetemplate',
            name='dlt_template',
            field=models.CharField(blank=True, db_default='', help_text="India's operators carry an SMS under the id that its exact text is registered with.", max_length=30, verbose_name='DLT template id'),
        ),
        migrations.AddField(
            model_name='messagetemplate',
            name='is_offered',
            field=models.BooleanField(db_default=True, default=True, help_text='Untick it for texts that only sequences use.', verbose_name='offered on the lead page'),
        ),
        migrations.AddField(
            model_name='messagetemplate',
            name='subject_ta',
            field=models.CharField(blank=True, db_default='', max_length=120, verbose_name='subject in Tamil'),
        ),
        migrations.AddField(
            model_name='messagetemplate',
            name='whatsapp_template',
            field=models.CharField(blank=True, db_default='', help_text='Its name at WhatsApp. Without it the text leaves within 24 hours of their last message only.', max_length=120, verbose_name='approved template'),
        ),
        migrations.AddField(
            model_name='person',
            name='language',
            field=models.CharField(choices=[('en', 'English'), ('ta', 'Tamil')], db_default='en', default='en', max_length=2, verbose_name='language'),
        ),
        migrations.AddField(
            model_name='person',
            name='time_zone',
            field=models.CharField(blank=True, db_default='', max_length=40, verbose_name='time zone'),
        ),
        migrations.AlterField(
            model_name='leadevent',
            name='kind',
            field=models.CharField(choices=[('enquiry', 'Enquiry'), ('repeated', 'Enquiry sent again'), ('message', 'Message'), ('note', 'Note'), ('plan', 'Next action'), ('stage', 'Stage'), ('owner', 'Owner'), ('enrolment', 'Enrolment'), ('call', 'Call'), ('chat', 'WhatsApp'), ('another', 'Another enquiry'), ('tags', 'Tags'), ('file', 'File'), ('merge', 'Merge'), ('consent', 'Consent'), ('privacy', 'Privacy'), ('late', 'Late'), ('import', 'Import'), ('facts', 'Facts'), ('followup', 'Follow-up'), ('reply', 'They answered')], max_length=12, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='messagetemplate',
            name='channel',
            field=models.CharField(choices=[('whatsapp', 'WhatsApp'), ('email', 'E-mail'), ('sms', 'SMS')], max_length=12, verbose_name='channel'),
        ),
        migrations.CreateModel(
            name='Sequence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                ('slug', models.SlugField(blank=True, editable=False, max_length=40, null=True, unique=True, verbose_name='key')),
                ('is_on', models.BooleanField(default=False, help_text='While it is off nobody enters and nothing of it leaves; runs wait where they are.', verbose_name='on')),
                ('entered_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='looked for entries until')),
                ('trigger', models.CharField(choices=[('enquiry', 'Somebody asks'), ('stage', 'A lead comes into a stage'), ('waiting', 'Somebody joins a waiting list'), ('enrolled', 'Somebody is enrolled'), ('inactive', 'A learner takes no lesson for some days'), ('cohort', "A learner's cohort starts in some days")], default='enquiry', max_length=12, verbose_name='who enters')),
                ('days', models.PositiveSmallIntegerField(blank=True, help_text='For learners without a lesson, and before a cohort starts.', null=True, validators=[django.core.validators.MaxValueValidator(365)], verbose_name='days')),
                ('interest', models.CharField(blank=True, choices=[('contact', 'Course'), ('placement', 'Placement')], max_length=12, verbose_name='interest')),
                ('source', models.CharField(blank=True, choices=[('website', 'Website'), ('campaign', 'Campaign'), ('phone', 'Phone'), ('walk-in', 'Walk-in'), ('referral', 'Referral'), ('partner', 'Partner'), ('import', 'Import')], max_length=40, verbose_name='source')),
                ('basis', models.CharField(choices=[('followups', 'It answers what they asked'), ('news', 'They allowed course news'), ('course', 'It belongs to the course they take')], default='followups', max_length=12, verbose_name='why we may write')),
                ('stop_on_reply', models.BooleanField(default=True, verbose_name='they answer')),
                ('stop_on_call', models.BooleanField(default=True, verbose_name='a call reaches them')),
                ('stop_on_enrolment', models.BooleanField(default=True, verbose_name='they are enrolled')),
                ('stop_on_closing', models.BooleanField(default=True, verbose_name='the lead is closed')),
                ('stop_on_cohort_start', models.BooleanField(default=False, verbose_name='their cohort has started')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='made at')),
                ('course', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='courses.coursepage', verbose_name='course')),
                ('stage', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='enrollment.pipelinestage', to_field='key', verbose_name='stage')),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('trigger', 'stage'), _negated=True), ('stage__isnull', False), _connector='OR'), name='sequence_names_stage', violation_error_message='Choose the stage.'),
                    models.CheckConstraint(condition=models.Q(models.Q(('trigger__in', ['inactive', 'cohort']), _negated=True), ('days__isnull', False), _connector='OR'), name='sequence_counts_days', violation_error_message='Say how many days.'),
                ],
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('delay', models.PositiveSmallIntegerField(default=1, help_text='After the message before it.', validators=[django.core.validators.MaxValueValidator(365)], verbose_name='wait')),
                ('unit', models.CharField(choices=[('hours', 'hours'), ('working-hours', 'working hours'), ('days', 'days'), ('working-days', 'working days')], default='working-days', max_length=16, verbose_name='unit')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('whatsapp', 'WhatsApp'), ('sms', 'SMS')], default='email', max_length=12, verbose_name='channel')),
                ('conditions', wagtail.fields.StreamField([('account_made', 0), ('no_account', 1), ('first_lesson_done', 2), ('no_lesson_done', 3), ('inactive_for', 4), ('cohort_starts_in', 5), ('seats_left', 6)], blank=True, block_lookup={0: ('wagtail.blocks.static_block.StaticBlock', (), {'admin_text': 'They have signed in once.', 'icon': 'user', 'label': 'They have made their account'}), 1: ('wagtail.blocks.static_block.StaticBlock', (), {'admin_text': 'They have never signed in.', 'icon': 'user', 'label': 'They have no account yet'}), 2: ('wagtail.blocks.static_block.StaticBlock', (), {'admin_text': 'One lesson or more is done.', 'icon': 'success', 'label': 'They have done a first lesson'}), 3: ('wagtail.blocks.static_block.StaticBlock', (), {'admin_text': 'No lesson is done.', 'icon': 'cross', 'label': 'They have done no lesson yet'}), 4: ('enrollment.followups.blocks.DaysBlock', (), {'icon': 'time', 'label': 'Inactive for at least (days)'}), 5: ('enrollment.followups.blocks.DaysBlock', (), {'icon': 'calendar-alt', 'label': 'The cohort starts within (days)'}), 6: ('wagtail.blocks.IntegerBlock', (), {'icon': 'group', 'label': 'Nearly full: seats left at most', 'max_value': 999, 'min_value': 0})}, help_text='All must hold when it is due; otherwise the step is left out.', verbose_name='only if')),
                ('sequence', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='enrollment.sequence')),
                ('text', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='enrollment.messagetemplate', verbose_name='text')),
            ],
            options={
                'ordering': ['sort_order'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TextVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('subject', models.CharField(blank=True, max_length=120, verbose_name='subject')),
                ('body', models.TextField(verbose_name='text')),
                ('subject_ta', models.CharField(blank=True, max_length=120, verbose_name='subject in Tamil')),
                ('body_ta', models.TextField(blank=True, verbose_name='text in Tamil')),
                ('approval', models.JSONField(default=dict, verbose_name='approval')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='enrollment.messagetemplate')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('template', 'number'), name='text_version_number_once'),
                ],
                'ordering': ['template', '-number'],
            },
        ),
        migrations.CreateModel(
            name='SequenceRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_key', models.CharField(max_length=80, unique=True, verbose_name='entry key')),
                ('state', models.CharField(choices=[('active', 'Running'), ('finished', 'Finished'), ('stopped', 'Stopped')], default='active', max_length=12, verbose_name='state')),
                ('why', models.CharField(blank=True, choices=[('reply', 'They answered'), ('call', 'A call reached them'), ('enrolled', 'They were enrolled'), ('closed', 'The lead was closed'), ('withdrawn', 'They left the course'), ('cohort', 'The cohort has started'), ('unsubscribed', 'They unsubscribed'), ('bounced', "The address doesn't exist"), ('complained', 'They reported it as spam'), ('merged', 'The lead was merged'), ('erased', 'The person was restricted or erased'), ('consent', 'Their consent is missing'), ('failed', "A message couldn't be delivered"), ('unreachable', 'There is no address to write to'), ('staff', 'Stopped by hand')], max_length=16, verbose_name='why it stopped')),
                ('steps_done', models.PositiveSmallIntegerField(default=0, verbose_name='steps done')),
                ('planned_for', models.DateTimeField(blank=True, null=True, verbose_name='planned for')),
                ('snoozed_until', models.DateTimeField(blank=True, null=True, verbose_name='snoozed until')),
                ('entered_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='entered at')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended at')),
                ('cohort', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='courses.cohort')),
                ('edited_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('enrollment', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='enrollment.enrollment')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='enrollment.lead')),
                ('message', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='run', to='outbox.message')),
                ('sequence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='enrollment.sequence')),
                ('step', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='enrollment.step')),
                ('text_version', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='enrollment.textversion')),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'stopped'), _negated=True), ('why__gt', ''), _connector='OR'), name='run_stopped_has_reason'),
                    models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'active')), models.Q(models.Q(('state', 'active'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='run_ended_has_time'),
                    models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('lead', 'sequence'), name='run_active_once'),
                ],
                'indexes': [
                    models.Index(fields=['sequence', 'state', '-entered_at'], name='run_of_sequence'),
                    models.Index(condition=models.Q(('message__isnull', True), ('state', 'active')), fields=['id'], name='run_to_plan'),
                ],
                'ordering': ['-entered_at', '-pk'],
            },
        ),
    ]
