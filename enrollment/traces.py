"""What people leave outside of their own record, for the purge to find."""

import json
from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.urls import reverse

from enrollment.models import Lead, Submission
from outbox.models import Message


def notices_about(leads: QuerySet[Lead]) -> QuerySet[Message]:
    """Return the mails to staff that name one of these leads by its address; reads the whole table."""
    named = Q(pk__in=[])
    for key in leads.values_list("pk", flat=True):
        named |= Q(text__contains=f"{reverse('leads:inspect', args=[key])}\n")
    return Message.objects.filter(named, purpose=Message.Purpose.NOTICE)


def forget_posts_from(addresses: Collection[str]) -> int:
    """Empty the posts from these addresses that no lead was made of; returns how many."""
    likely = Q(pk__in=[])
    for address in addresses:
        likely |= Q(payload__icontains=json.dumps(address)[1:-1])
    found = Submission.objects.filter(likely, lead=None).values_list("pk", "payload")
    keys = [key for key, payload in found.iterator() if _senders(payload) & set(addresses)]
    return Submission.objects.filter(pk__in=keys).update(
        payload=Submission.EMPTIED, address=None, account=None, attribution=None
    )


def _senders(payload: str) -> set[str]:
    return {address.strip().lower() for address in json.loads(payload).get("email", [])}
