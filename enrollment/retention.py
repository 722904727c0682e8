"""What is kept for a time only, without anybody asking: posts that no lead was made of."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from courses.models import InstituteSettings
from enrollment.models import Submission

EMPTIED_AT_ONCE = 1000
"""Posts that one transaction empties."""


def empty_old_posts() -> int:
    """Empty spam and refused posts that are older than the institute keeps them; return how many.

    The rows stay, without anything that was typed or tells who sent it, so that the count of their day
    still comes out even. Each batch is a transaction of its own; a post that somebody makes a lead of
    meanwhile is left alone. Running it twice changes nothing more.
    """
    keep = timedelta(days=InstituteSettings.current().forget_posts_after_days)
    unused = Submission.objects.filter(
        ~Q(payload=Submission.EMPTIED) | Q(address__isnull=False),
        outcome__in=Submission.UNUSED,
        received_at__lt=timezone.now() - keep,
    )
    count = 0
    while keys := list(unused.order_by("received_at").values_list("pk", flat=True)[:EMPTIED_AT_ONCE]):
        count += unused.filter(pk__in=keys).update(
            payload=Submission.EMPTIED, address=None, account=None, attribution=None
        )
    return count
