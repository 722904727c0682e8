"""Give every institute the first stages and closing reasons, and closed leads a reason."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

STAGES = (
    ("new", "New"),
    ("contacted", "Contacted"),
    ("qualified", "Qualified"),
    ("applied", "Applied"),
    ("enrolled", "Enrolled"),
    ("closed", "Closed"),
)
REASONS = (
    "No answer after several tries",
    "Chose another institute",
    "Too expensive",
    "Dates don't fit",
    "Not interested any more",
    "Doesn't qualify",
    "Wrong number or address",
    "Not recorded",
)


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    PipelineStage = apps.get_model("enrollment", "PipelineStage")
    ClosingReason = apps.get_model("enrollment", "ClosingReason")
    PipelineStage.objects.bulk_create(
        PipelineStage(key=key, name=name, position=10 * (place + 1)) for place, (key, name) in enumerate(STAGES)
    )
    ClosingReason.objects.bulk_create(
        ClosingReason(name=name, position=10 * (place + 1)) for place, name in enumerate(REASONS)
    )
    not_recorded = ClosingReason.objects.get(name=REASONS[-1])
    Lead = apps.get_model("enrollment", "Lead")
    Lead.everything.filter(stage="closed").update(closing_reason=not_recorded)


def empty(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Lead = apps.get_model("enrollment", "Lead")
    PipelineStage = apps.get_model("enrollment", "PipelineStage")
    ClosingReason = apps.get_model("enrollment", "ClosingReason")
    Lead.everything.update(closing_reason=None)
    PipelineStage.objects.all().delete()
    ClosingReason.objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("enrollment", "0002_admissions_desk")]

    operations = [migrations.RunPython(fill, empty)]
