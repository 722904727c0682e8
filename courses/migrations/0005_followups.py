"""When follow-ups may leave, and how many a day."""

import datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0004_forget_posts_after_days'),
    ]

    operations = [
        migrations.AddField(
            model_name='institutesettings',
            name='follow_up_from',
            field=models.TimeField(db_default=datetime.time(10, 0), default=datetime.time(10, 0), help_text='By the clock where the person is. SMS never leave between 21:00 and 10:00.', verbose_name='follow-ups leave from'),
        ),
        migrations.AddField(
            model_name='institutesettings',
            name='follow_up_until',
            field=models.TimeField(db_default=datetime.time(20, 0), default=datetime.time(20, 0), verbose_name='follow-ups leave until'),
        ),
        migrations.AddField(
            model_name='institutesettings',
            name='follow_ups_a_day',
            field=models.PositiveSmallIntegerField(db_default=2, default=2, help_text='At most, over all sequences and channels; what is more waits for the next day.', verbose_name='follow-ups a person gets a day'),
        ),
    ]
