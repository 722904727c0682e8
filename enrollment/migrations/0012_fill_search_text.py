"""Let leads be found that asked before there was a search text; in batches, while the site runs."""

import re
from collections import defaultdict
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BATCH = 1000
NOT_DIGITS = re.compile(r"\D")


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    leads = apps.get_model("enrollment", "Lead")._base_manager.order_by("pk")
    after = 0
    while batch := list(leads.filter(pk__gt=after, search_text="").select_related("person")[:BATCH]):
        after = batch[-1].pk
        points, posts = _points(apps, batch), _posts(apps, batch)
        for lead in batch:
            references = dict.fromkeys([lead.reference, *posts[lead.pk]])
            words = [lead.person.name.casefold(), *points[lead.person_id]]
            lead.search_text = "\n".join([*words, *(reference.casefold() for reference in references)])
        leads.bulk_update(batch, ["search_text"], batch_size=BATCH // 2)


def _points(apps: Apps, batch: list[Any]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    points = apps.get_model("enrollment", "ContactPoint").objects
    for point in points.filter(person__in=[lead.person_id for lead in batch]).order_by("pk"):
        is_phone = point.kind == "phone"
        found[point.person_id].append(NOT_DIGITS.sub("", point.value) if is_phone else point.value.casefold())
    return found


def _posts(apps: Apps, batch: list[Any]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    posts = apps.get_model("enrollment", "Submission").objects
    for lead, reference in posts.filter(lead__in=[lead.pk for lead in batch]).values_list(
        "lead", "reference"
    ):
        found[lead].append(reference)
    return found


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("enrollment", "0011_report_indexes")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
