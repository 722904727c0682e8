"""The clock on the institute's wall, whatever time zone a member of staff chose for the CMS.

Screens may show times as the reader wants them. Days that are counted, and times in what others read
(mails, timelines, files), are the institute's.
"""

from datetime import date, datetime, time

from django.utils import timezone


def today() -> date:
    """Return the date where the institute is."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def local(moment: datetime) -> datetime:
    """Return the moment as the clock on the wall shows it."""
    return timezone.localtime(moment, timezone.get_default_timezone())


def midnight(day: date) -> datetime:
    """Return the first moment of the day where the institute is."""
    return datetime.combine(day, time.min, timezone.get_default_timezone())
