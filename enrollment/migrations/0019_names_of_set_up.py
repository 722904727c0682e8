"""What the screens call texts, stages and sources."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('enrollment', '0018_places_that_ended'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='capturesource',
            options={'ordering': ['name'], 'verbose_name': 'source', 'verbose_name_plural': 'sources'},
        ),
        migrations.AlterModelOptions(
            name='messagetemplate',
            options={'ordering': ['channel', 'position', 'pk'], 'verbose_name': 'text', 'verbose_name_plural': 'texts'},
        ),
        migrations.AlterModelOptions(
            name='pipelinestage',
            options={'ordering': ['position', 'pk'], 'verbose_name': 'stage', 'verbose_name_plural': 'stages'},
        ),
    ]
