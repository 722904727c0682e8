"""Words that staff stick on leads."""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.desk import lock_lead
from enrollment.models import Lead, LeadEvent, LeadTag

LONGEST_TAG = 40
MOST_TAGS = 20
"""Tags that are taken from one form."""


@transaction.atomic
def add_tags(*, lead: Lead, names: Iterable[str], actor: User | None) -> list[LeadTag]:
    """Stick tags on the lead, made where there are none of that name in any case; return the new ones.

    Tags that the lead has already are left alone. Eight queries however many tags there are.
    """
    lead = lock_lead(lead)
    tags = _tags_called(names)
    has = set(lead.tags.values_list("pk", flat=True))
    new = [tag for tag in tags if tag.pk not in has]
    if new:
        lead.tags.add(*new)
        text = _("Added: %(tags)s") % {"tags": ", ".join(tag.name for tag in new)}
        LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.TAGS, text=text, actor=actor)
    return new


@transaction.atomic
def remove_tag(*, lead: Lead, tag: LeadTag, actor: User | None) -> bool:
    """Take a tag off the lead, and throw the tag away when no other lead has it; False if it was gone."""
    lead = lock_lead(lead)
    known = LeadTag.objects.select_for_update().filter(pk=tag.pk).first()
    links = Lead.tags.through.objects.filter(leadtag=tag)
    taken, _models = links.filter(lead=lead).delete()
    if known and not links.exists():
        known.delete()
    if taken:
        text = _("Removed: %(tag)s") % {"tag": tag.name}
        LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.TAGS, text=text, actor=actor)
    return bool(taken)


def _tags_called(names: Iterable[str]) -> list[LeadTag]:
    """Return the tags of these names, locked against being thrown away; missing ones are made."""
    wanted = {name.casefold(): name for name in (" ".join(name.split()) for name in names) if name}
    if not wanted:
        return []
    called = LeadTag.objects.filter(reduce(or_, (Q(name__iexact=name) for name in wanted.values())))
    known = {name.casefold() for name in called.values_list("name", flat=True)}
    LeadTag.objects.bulk_create(
        [LeadTag(name=name) for key, name in wanted.items() if key not in known], ignore_conflicts=True
    )
    return list(called.select_for_update())
